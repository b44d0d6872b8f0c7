// Groups objects that were not imported by reason, so that hundreds of similar ones are one row. Pure.

import type { LeftOver } from '../../managers/importer.ts';

export interface LeftGroup {
  /** The name, or the first name and the number of others. */
  readonly what: string;
  /** Reason of the first one; names and numbers may differ for the others. */
  readonly why: string;
  readonly count: number;
  /** The first few names. */
  readonly examples: readonly string[];
  /** All names. */
  readonly all: readonly string[];
}

const MAX_EXAMPLES = 5;

/** By decreasing size, then in order of discovery. */
export function groupLeft(left: readonly LeftOver[]): LeftGroup[] {
  const groups = Map.groupBy(left, ({ what, why }) => `${partOf(what)} ${reasonOf(why)}`);
  return [...groups.values()]
    .map((alike): LeftGroup => {
      const all = [...new Set(alike.map(({ what }) => what))];
      const [what = ''] = all;
      const [first] = alike;
      return {
        what: all.length === 1 ? what : `${what} and ${all.length - 1} more alike`,
        why: first?.why ?? '',
        count: all.length,
        examples: all.slice(0, MAX_EXAMPLES),
        all,
      };
    })
    .sort((one, other) => other.count - one.count);
}

/** The kind and part without the owner: `lxc firewall` of `lxc/101 firewall (/etc/pve/firewall/101.fw)`. */
function partOf(what: string): string {
  const [target = '', field = ''] = what.replace(/ \(.*$/, '').split(' ', 2);
  return `${target.replace(/\/.*$/, '')} ${field.replace(/[:\d].*$/, '')}`;
}

/** The reason without individual names and numbers. */
function reasonOf(why: string): string {
  return why.replaceAll(/"[^"]*"/g, '""').replaceAll(/\d+/g, '0');
}
