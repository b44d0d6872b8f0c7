// Parses and prints /etc/pve/user.cfg: users, tokens, groups, roles, permissions and pools, one per line, with fields separated by colons
// (PVE/AccessControl.pm).

import { splitList } from '../parameters/perl.ts';
import { decodeText, encodeText, type Options } from './section-config.ts';

/** Fields of each kind of line; those in `ENCODED` are encoded. */
const FIELDS = {
  pool: ['comment', 'vms', 'storage'],
  group: ['users', 'comment'],
  user: ['enable', 'expire', 'firstname', 'lastname', 'email', 'comment', 'keys'],
  token: ['expire', 'privsep', 'comment'],
  role: ['privs'],
} as const;

export type UserConfigSort = keyof typeof FIELDS;

/** Encoded free-text fields. */
const ENCODED: ReadonlySet<string> = new Set(['comment', 'firstname', 'lastname']);

/** Lines of one kind by id; empty fields are omitted, and blanks around the others (PVE/AccessControl.pm, parse_user_config). */
export function parseUserConfig(text: string, sort: UserConfigSort): Map<string, Options> {
  return new Map(
    text.split('\n').flatMap((line): [string, Options][] => {
      const [kind, id, ...values] = line.split(':').map((field) => field.trim());
      if (kind !== sort || id === undefined || id === '') return [];
      const fields = FIELDS[sort].flatMap((field, index) => {
        const value = values[index] ?? '';
        return value === '' ? [] : [[field, [ENCODED.has(field) ? decodeText(value) : value]]];
      });
      return [[id, Object.fromEntries(fields)]];
    }),
  );
}

/** Users with their groups. */
export function parseUsers(text: string): Map<string, Options> {
  const groups = [...parseUserConfig(text, 'group')].map(([group, line]) => [group, wordsOf(line, 'users')] as const);
  const users = [...parseUserConfig(text, 'user')].map(([user, options]): [string, Options] => {
    const own = groups.flatMap(([group, members]) => (members.includes(user) ? [group] : []));
    return [user, own.length === 0 ? options : { ...options, groups: [own.sort().join(',')] }];
  });
  return new Map(users);
}

/** A role of a user, group (`@ops`) or token on a path. */
export interface Right {
  readonly path: string;
  readonly who: string;
  readonly role: string;
  /** Also applies below the path. */
  readonly propagate: boolean;
}

export function parseRights(text: string): Right[] {
  return text.split('\n').flatMap((line) => {
    const [kind, propagate, path = '', who = '', roles = ''] = line.split(':');
    if (kind !== 'acl') return [];
    return splitList(who).flatMap((each) =>
      splitList(roles).map((role) => ({ path, who: each, role, propagate: propagate === '1' })),
    );
  });
}

/** One line of the file. */
export function printUserConfig(sort: UserConfigSort, id: string, options: Options): string {
  const values = FIELDS[sort].map((field) => {
    const value = options[field]?.[0] ?? '';
    return ENCODED.has(field) ? encodeText(value) : value;
  });
  return `${[sort, id, ...values].join(':')}:`;
}

/** The elements of a list field. */
export function wordsOf(options: Options, field: string): string[] {
  return splitList(options[field]?.[0] ?? '').filter((word) => word !== '');
}
