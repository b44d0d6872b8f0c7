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

/**
 * A table in Markdown.
 * @param theirs what another program has for an option, by the name of the option
 */
export function coverageTable(kind: GuestKind, theirs: Theirs): string {
  const rows = coverageOf(kind).map(({ option, declared }) => [
    `\`${option}\``,
    declared,
    inTicks(theirs[option] ?? []),
  ]);
  return markdownTable(['option', 'declared by', PEER], rows);
}

type Theirs = Readonly<Record<string, readonly string[]>>;

/** The program beside which the tables stand. */
export const PEER = "bpg's Terraform provider";

/** Nothing where it has none. */
export function inTicks(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[], fill = ' ') =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(' | ')} |`;
  return [
    line(head),
    line(
      head.map(() => ''),
      '-',
    ),
    ...rows.map((row) => line(row)),
  ].join('\n');
}
