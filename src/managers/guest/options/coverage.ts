// How each of Proxmox's guest options is declared: the tables of docs/coverage.md.

import { configOptions } from '../../../proxmox/parameters/table.ts';
import type { GuestKind } from '../settings/setting.ts';
import { type DriveKeys, driveKeys } from './drive-options.ts';
import { fieldsOf, insteadOf } from './fields.ts';
import { PROXMOX_KIND } from './option.ts';
import { optionNames } from './shape.ts';

export interface Coverage {
  /** A numbered option as `net[n]`. */
  readonly option: string;
  /** How it is declared, as text for the table. */
  readonly declared: string;
}

/** Every option that `pct set` or `qm set` accepts, in order, and how it is declared or why it cannot be. */
export function coverageOf(kind: GuestKind): Coverage[] {
  const open = new Set(optionNames(kind));
  return configOptions(PROXMOX_KIND[kind])
    .toSorted()
    .map((option) => ({ option, declared: declaredBy(kind, option, open) }));
}

function declaredBy(kind: GuestKind, option: string, open: ReadonlySet<string>): string {
  const isNumbered = option.endsWith('[n]');
  const stem = isNumbered ? option.slice(0, -'[n]'.length) : option;
  // The first of a numbered option may be declared elsewhere than the others.
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
 *
 * @param theirs what the other program has for each option, by the option's name
 */
export function coverageTable(kind: GuestKind, theirs: Theirs): string {
  const rows = coverageOf(kind).map(({ option, declared }) => [
    `\`${option}\``,
    declared,
    inTicks(theirs[option] ?? []),
  ]);
  return markdownTable(['option', 'declared by', PEER], rows);
}

/**
 * How each key of the property strings of drives or mounts is declared, as a table in Markdown.
 *
 * @param all the drives, or the mounts, with the name of each place in the file
 */
export function driveKeysTable(all: readonly DriveKeysAt[]): string {
  const names = all.flatMap(({ keys }) => [...driveKeys(keys).keys(), ...Object.keys(keys.instead)]);
  const rows = [...new Set(names)]
    .toSorted()
    .map((name) => [`\`${name}\``, ...all.map(({ keys }) => declaredInDrive(keys, name))]);
  return markdownTable(['key', ...all.map(({ at }) => `in ${at}`)], rows);
}

export interface DriveKeysAt {
  readonly at: string;
  readonly keys: DriveKeys;
}

function declaredInDrive(keys: DriveKeys, name: string): string {
  const instead = keys.instead[name];
  if (instead !== undefined) return asWords(instead);
  if (!driveKeys(keys).has(name)) return 'Proxmox has none';
  const field = keys.fields[name];
  return [...(field === undefined ? [] : [`\`${field}\``]), '`options`'].join(', ');
}

type Theirs = Readonly<Record<string, readonly string[]>>;

/** The program that the tables compare with. */
export const PEER = "bpg's Terraform provider";

/** Names in code quotes; empty where there are none. */
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
