// The options of a datacenter object's row, as Proxmox's API methods accept them, and its API paths.

import type { JsonObject } from '../../../model/json.ts';
import { methodSchemas, type Schema } from '../../../proxmox/parameters/table.ts';
import type { ObjectRow } from '../row.ts';

/** Options that belong to the call and not to the object. */
const CALL_OPTIONS = ['delete', 'digest', 'append', 'allow-move', 'check-connection', 'regenerate'];

/** All options with their schema; those that only the create call has are fixed. */
interface KnownOptions {
  readonly all: ReadonlyMap<string, Schema>;
  readonly fixed: ReadonlySet<string>;
}

const optionsByRow = new WeakMap<ObjectRow, KnownOptions>();

/** The options that may be declared, by Proxmox's own names; secrets are not among them. */
export function optionsOf(row: ObjectRow): ReadonlyMap<string, Schema> {
  return known(row).all;
}

/** Whether an option can only be set at creation. */
export function isFixed(row: ObjectRow, option: string, options: JsonObject): boolean {
  const type = String(options[typeOptionOf(row)]);
  const isOnlyToMake = row.secrets?.[option]?.onlyAtCreation !== undefined;
  return isOnlyToMake || known(row).fixed.has(option) || row.types?.[type]?.fixed?.includes(option) === true;
}

/** Whether Proxmox accepts an option and never shows it: its value at creation is in the note of the secret that it belongs to. */
export function isUnread({ secrets }: ObjectRow, option: string): boolean {
  return Object.values(secrets ?? {}).some(({ onlyAtCreation }) => onlyAtCreation?.beside === option);
}

/** The option that holds the type of an object. */
export function typeOptionOf({ typeOption }: ObjectRow): string {
  return typeOption ?? 'type';
}

function known(row: ObjectRow): KnownOptions {
  const found = optionsByRow.get(row);
  if (found !== undefined) return found;
  const secrets = Object.keys(row.secrets ?? {});
  const own = [row.id, row.rename].flatMap((option) => (option == null ? [] : [option]));
  // A placeholder that is also a required option gets its value from that option.
  const fromName = placeholders(row).filter((option) => !row.required.includes(option));
  const without = [...own, ...fromName, ...CALL_OPTIONS, ...row.without, ...secrets];
  const method = `${row.rename === undefined ? 'PUT' : 'POST'} ${changeOf(row).path}`;
  const changed = methodSchemas(method, without);
  if (changed === undefined) throw new Error(`Proxmox has no method ${method}`);
  const { create, createOtherwise } = row.paths;
  const calls = [...(createOtherwise === undefined ? [] : [createOtherwise]), create];
  const made = new Map(
    calls.flatMap((path) => [...(methodSchemas(`POST ${path}`, without) ?? new Map<string, Schema>())]),
  );
  const options = new Map([...made, ...changed].sort(([a], [b]) => (a < b ? -1 : 1)));
  const entry = { all: options, fixed: new Set([...made.keys()].filter((option) => !changed.has(option))) };
  optionsByRow.set(row, entry);
  return entry;
}

function placeholders({ paths }: ObjectRow): string[] {
  return [...`${paths.create}${paths.change}`.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
}

/** The `pvesh` call that changes an object, with its path template as in Proxmox's table. */
function changeOf({ paths, rename }: ObjectRow): { readonly verb: 'set' | 'create'; readonly path: string } {
  return rename === undefined ? { verb: 'set', path: paths.change } : { verb: 'create', path: paths.create };
}

/** An API path with its placeholders filled in. */
export function pathOf(row: ObjectRow, template: string, name: string): string {
  const parts = row.placeholderValues?.(name) ?? {};
  return template.replace(/\{(\w+)\}/g, (_, key: string) => parts[key] ?? name);
}

/** Whether an API path of the row contains the object's name; otherwise the name is passed as an option. */
export function isAddressed({ id }: ObjectRow, path: string): boolean {
  return id === null || path.replace('/nodes/{node}/', '/').includes('{');
}

/** Whether such an object is never created or deleted by itself, so that nobody owns it. */
export function isInherent({ single, comesWith }: ObjectRow): boolean {
  return single !== undefined || comesWith !== undefined;
}

/** The option that carries the owner mark; null where there is none. */
export function markOf(row: ObjectRow): string | null {
  return row.mark === undefined ? 'comment' : row.mark;
}

export function isList({ format }: Schema): boolean {
  return format?.endsWith('-list') === true;
}
