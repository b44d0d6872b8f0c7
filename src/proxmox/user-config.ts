// /etc/pve/user.cfg: users, tokens, groups, roles, rights and pools, a line each, with fields between colons (PVE/AccessControl.pm).

import { splitList } from './perl.ts';
import { decodeText, encodeText, type Options } from './section-config.ts';

/** What stands between the colons of a line of a sort; what is in `ENCODED` is encoded. */
const FIELDS = {
  pool: ['comment', 'vms', 'storage'],
  group: ['users', 'comment'],
  user: ['enable', 'expire', 'firstname', 'lastname', 'email', 'comment', 'keys'],
  token: ['expire', 'privsep', 'comment'],
  role: ['privs'],
} as const;

export type UserConfigSort = keyof typeof FIELDS;

/** Encoded where people write them. */
const ENCODED: ReadonlySet<string> = new Set(['comment', 'firstname', 'lastname']);

/** The lines of one sort by their id; a field that is empty is not there. */
export function parseUserConfig(text: string, sort: UserConfigSort): Map<string, Options> {
  return new Map(
    text.split('\n').flatMap((line): [string, Options][] => {
      const [kind, id, ...values] = line.split(':');
      if (kind !== sort || id === undefined || id === '') return [];
      const fields = FIELDS[sort].flatMap((field, index) => {
        const value = values[index] ?? '';
        return value === '' ? [] : [[field, [ENCODED.has(field) ? decodeText(value) : value]]];
      });
      return [[id, Object.fromEntries(fields)]];
    }),
  );
}

/** The users, each with the groups that it is in. */
export function parseUsers(text: string): Map<string, Options> {
  const groups = [...parseUserConfig(text, 'group')].map(([group, line]) => [group, wordsOf(line, 'users')] as const);
  const users = [...parseUserConfig(text, 'user')].map(([user, options]): [string, Options] => {
    const own = groups.flatMap(([group, members]) => (members.includes(user) ? [group] : []));
    return [user, own.length === 0 ? options : { ...options, groups: [own.sort().join(',')] }];
  });
  return new Map(users);
}

/** One role of one user, group (`@ops`) or token on a path. */
export interface Right {
  readonly path: string;
  readonly who: string;
  readonly role: string;
  /** Also for what lies below the path. */
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

/** The words of a list of the file. */
export function wordsOf(options: Options, field: string): string[] {
  return splitList(options[field]?.[0] ?? '').filter((word) => word !== '');
}
