// /etc/pve/user.cfg: users, groups, roles, rights and pools, a line each, with fields between colons (PVE/AccessControl.pm).

import { splitList } from './perl.ts';
import { decodeText, encodeText, type Options } from './section-config.ts';

/** What stands between the colons of a line of a sort; `comment` is encoded, those in `LISTS` hold several words. */
const FIELDS = {
  pool: ['comment', 'vms', 'storage'],
  group: ['users', 'comment'],
  user: ['enable', 'expire', 'firstname', 'lastname', 'email', 'comment', 'keys'],
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
