// How each option of Proxmox's guests is declared, as the tables of docs/coverage.md.

import { configOptions } from '../../../proxmox/table.ts';
import type { GuestKind } from '../settings/setting.ts';
import { fieldsOf, insteadOf } from './fields.ts';
import { PROXMOX_KIND } from './option.ts';
import { optionNames } from './shape.ts';

export interface Coverage {
  /** A numbered one as `net[n]`. */
  readonly option: string;
  /** In words for the table. */
  readonly declared: string;
}

/** Every option that `pct set` or `qm set` takes, in order, and how it is declared or why it is not. */
export function coverageOf(kind: GuestKind): Coverage[] {
  const open = new Set(optionNames(kind));
  return configOptions(PROXMOX_KIND[kind])
    .toSorted()
    .map((option) => ({ option, declared: declaredBy(kind, option, open) }));
}

function declaredBy(kind: GuestKind, option: string, open: ReadonlySet<string>): string {
  const isNumbered = option.endsWith('[n]');
  const stem = isNumbered ? option.slice(0, -'[n]'.length) : option;
  // The first may be said elsewhere than the others.
  const names = isNumbered ? [`${stem}0`, `${stem}1`] : [option];
  const ways = names.flatMap((name) => {
    const instead = insteadOf(kind, name);
    if (instead !== undefined) return [asWords(instead)];
    const fields = fieldsOf(kind, name).map((field) => `\`${field}\``);
    return [...fields, ...(open.has(name) ? ['`options`'] : [])];
  });
  return [...new Set(ways)].join(', ');
}

/** `write "name"` is the field; `leave it out, it is …` says why there is none. */
function asWords(instead: string): string {
  const why = /^leave it out, (.+)$/.exec(instead)?.[1];
  if (why !== undefined) return `not declared: ${why}`;
  return instead.replace(/^write /, '').replaceAll(/"([^"]+)"/g, '`$1`');
}

/** A table in Markdown. */
export function coverageTable(kind: GuestKind): string {
  const rows = coverageOf(kind).map(({ option, declared }) => [`\`${option}\``, declared] as const);
  const all = [['option', 'declared by'] as const, ...rows];
  const [first, second] = [0, 1].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = ([option = '', declared = '']: readonly string[], fill = ' ') =>
    `| ${option.padEnd(first ?? 0, fill)} | ${declared.padEnd(second ?? 0, fill)} |`;
  const [head = [], ...others] = all;
  return [line(head), line(['', ''], '-'), ...others.map((row) => line(row))].join('\n');
}
