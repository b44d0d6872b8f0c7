// What is said of a kind of object of a datacenter: one row, from which its schema, its observation and its commands follow.

import type { Options } from '../../proxmox/section-config.ts';
import { methodSchemas, type Schema } from '../../proxmox/table.ts';
import type { Part } from './part.ts';

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
  /** What a name may be. Default: letters, digits and `_ . -`. */
  readonly name?: { readonly pattern: RegExp; readonly expects: string };
  /** Paths of the API, as in Proxmox's table; where one has no name in it, that is given as an option. */
  readonly paths: { readonly create: string; readonly change: string };
  /** The option by which what has no call for a change is made anew under the name that it has. */
  readonly rename?: string;
  /** Where Proxmox keeps them, and what stands there by name. */
  readonly file: string;
  readonly read: (text: string) => ReadonlyMap<string, Options>;
  /** A list in it that has calls of its own. */
  readonly part?: Part;
  /** Options of the API that nobody declares, with the reason in the table. */
  readonly without: readonly string[];
  /** Options that must be declared. */
  readonly required: readonly string[];
  /** Options that go with every change, since Proxmox takes it for the whole of what they say. */
  readonly always?: readonly string[];
  /** What Proxmox takes an option for that is not there. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Options that exclude each other: exactly one of them is declared. */
  readonly oneOf: readonly string[];
  /** How an option is taken away: by `--delete`, or by an empty text. */
  readonly clear: 'delete' | 'empty';
  /** Lists whose words are added and taken away one by one, after it is made; what others put there stays. */
  readonly members: readonly string[];
  readonly names: Readonly<Record<string, Named>>;
  /** Of the files of firewalls, those that name it: where there is one, it is not deleted, though Proxmox would. */
  readonly namedBy?: (name: string, firewalls: ReadonlyMap<string, string>) => readonly string[];
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
  const without = [row.id, ...OF_CALLS, ...(row.rename === undefined ? [] : [row.rename]), ...row.without];
  const { verb, path } = changeOf(row);
  const method = `${verb === 'set' ? 'PUT' : 'POST'} ${path}`;
  const schemas = methodSchemas(method, without);
  if (schemas === undefined) throw new Error(`Proxmox has no method ${method}`);
  const options = new Map([...schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  optionsByRow.set(row, options);
  return options;
}

/** The call of `pvesh` that changes an object, with its path as in Proxmox's table. */
export function changeOf({ paths, rename }: ObjectRow): { readonly verb: 'set' | 'create'; readonly path: string } {
  return rename === undefined ? { verb: 'set', path: paths.change } : { verb: 'create', path: paths.create };
}

export function isList({ format }: Schema): boolean {
  return format?.endsWith('-list') === true;
}
