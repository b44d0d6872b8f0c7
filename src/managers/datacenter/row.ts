// What is said of a kind of object of a datacenter: one row, from which its schema, its observation and its commands follow.

import type { Options } from '../../proxmox/section-config.ts';
import { methodSchemas, type Schema } from '../../proxmox/table.ts';

/** What an option may name that has to be there first. */
export type Named = 'guest' | 'storage' | 'pool';

export interface ObjectRow {
  /** Of its targets: `backup` of `backup/nightly`. */
  readonly kind: string;
  /** Of the file. */
  readonly field: string;
  /** For people: `backup job`. */
  readonly what: string;
  /** A sentence. */
  readonly describes: string;
  /** The option of the API that holds its name. */
  readonly id: string;
  /** Paths of the API; where one has no `{id}` in it, the name is given as an option. */
  readonly paths: { readonly create: string; readonly change: string };
  /** Where Proxmox keeps them, and what stands there by name. */
  readonly file: string;
  readonly read: (text: string) => ReadonlyMap<string, Options>;
  /** Options of the API that nobody declares, with the reason in the table. */
  readonly without: readonly string[];
  /** Options that must be declared. */
  readonly required: readonly string[];
  /** What Proxmox takes an option for that is not there. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Options that exclude each other: exactly one of them is declared. */
  readonly oneOf: readonly string[];
  /** How an option is taken away: by `--delete`, or by an empty text. */
  readonly clear: 'delete' | 'empty';
  /** Lists whose words are added and taken away one by one, after it is made; what others put there stays. */
  readonly members: readonly string[];
  readonly names: Readonly<Record<string, Named>>;
  /** What goes along when it is deleted: the end of a sentence. */
  readonly lost: string;
}

/** Options that belong to the call and not to the object. */
const OF_CALLS = ['delete', 'digest', 'append', 'allow-move'];

const optionsByRow = new WeakMap<ObjectRow, ReadonlyMap<string, Schema>>();

/** What may be declared of an object, by Proxmox's own names. */
export function optionsOf(row: ObjectRow): ReadonlyMap<string, Schema> {
  const known = optionsByRow.get(row);
  if (known !== undefined) return known;
  const without = [row.id, ...OF_CALLS, ...row.without];
  const schemas = methodSchemas(`PUT ${row.paths.change}`, without);
  if (schemas === undefined) throw new Error(`Proxmox has no method PUT ${row.paths.change}`);
  const options = new Map([...schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  optionsByRow.set(row, options);
  return options;
}

export function isList({ format }: Schema): boolean {
  return format?.endsWith('-list') === true;
}
