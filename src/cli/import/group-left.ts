// What is left on the host, by the reason: where hundreds are alike, one row says so. Pure.

import type { LeftOver } from '../../managers/importer.ts';

export interface LeftGroup {
  /** Of one its name, of several the first and how many more. */
  readonly what: string;
  /** Of the first: names and numbers in it may be others at the rest. */
  readonly why: string;
  readonly count: number;
  /** The first few. */
  readonly examples: readonly string[];
  /** Every one of them. */
  readonly all: readonly string[];
}

const MOST_EXAMPLES = 5;

/** The largest first; of the same size in the order in which they were found. */
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
        examples: all.slice(0, MOST_EXAMPLES),
        all,
      };
    })
    .sort((one, other) => other.count - one.count);
}

/** What it is of a kind of target, without whose: `lxc firewall` of `lxc/101 firewall (/etc/pve/firewall/101.fw)`. */
function partOf(what: string): string {
  const [target = '', field = ''] = what.replace(/ \(.*$/, '').split(' ', 2);
  return `${target.replace(/\/.*$/, '')} ${field.replace(/[:\d].*$/, '')}`;
}

/** Without what is only of one of them. */
function reasonOf(why: string): string {
  return why.replaceAll(/"[^"]*"/g, '""').replaceAll(/\d+/g, '0');
}
