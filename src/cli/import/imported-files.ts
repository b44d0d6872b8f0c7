// The files of an import as values are removed from them: gaps that keep other paths valid, and names that are listed where they are declared no
// longer. Pure.

import { DATACENTER_FILE, HYPERVISOR_FILE, LXC_FILE, VM_FILE } from '../../managers/places.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import { isObject } from '../../plan/diff/canonical.ts';

/** Removes a value and leaves a gap, so that other paths stay valid; returns the removed path, null if there was none. */
export function removeAt(root: unknown, path: readonly string[]): string | null {
  // Never removes more than an entry of a list or map.
  for (let length = path.length; length > 0; length -= 1) {
    const parent = path.slice(0, length - 1).reduce(valueIn, root);
    const key = path[length - 1] ?? '';
    if (typeof parent !== 'object' || parent === null || valueIn(parent, key) === undefined) continue;
    (parent as Record<string, unknown>)[key] = undefined;
    return path
      .slice(0, length)
      .filter((part) => !/^(lxc_configs|vms|\d+)$/.test(part))
      .join('.');
  }
  return null;
}

export function valueIn(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}

/** Fields of the datacenter's file and the corresponding lists of unmanaged names in the hypervisor's file. */
const NAMED = [
  ['aliases', 'known_aliases'],
  ['ip_sets', 'known_ip_sets'],
  ['storages', 'proxmox_storage_ids'],
] as const;

type Files = Readonly<Record<string, JsonObject>>;

/** Declared objects are not also listed as unmanaged. */
export function withoutDeclaredNames(files: Files): Files {
  const hypervisor = files[HYPERVISOR_FILE];
  if (hypervisor === undefined) return files;
  const fields = NAMED.map(([field, known]): [string, Json] => {
    const declared = namesIn(files, field);
    const is = hypervisor[known] ?? [];
    if (Array.isArray(is)) return [known, is.filter((name) => !declared.includes(String(name).toLowerCase()))];
    return [known, Object.fromEntries(Object.entries(is).filter(([name]) => !declared.includes(name)))];
  });
  return { ...files, [HYPERVISOR_FILE]: withoutEmpty({ ...hypervisor, ...Object.fromEntries(fields) }) };
}

/** Objects removed from the datacenter's file are listed as unmanaged again. */
export function closed(before: Files, after: Record<string, JsonObject>): Files {
  const files = withoutGaps(after);
  const hypervisor = files[HYPERVISOR_FILE];
  if (hypervisor === undefined) return files;
  const fields = NAMED.flatMap(([field, known]): [string, Json][] => {
    const gone = namesIn(before, field).filter((name) => !namesIn(files, field).includes(name));
    const is = hypervisor[known] ?? (field === 'storages' ? {} : []);
    if (gone.length === 0) return [];
    if (Array.isArray(is)) return [[known, [...is, ...gone]]];
    return [[known, { ...(is as JsonObject), ...Object.fromEntries(gone.map((name) => [name, name])) }]];
  });
  return { ...files, [HYPERVISOR_FILE]: { ...hypervisor, ...Object.fromEntries(fields) } };
}

function namesIn(files: Files, field: string): string[] {
  return Object.keys(valueIn(files[DATACENTER_FILE], field) ?? {});
}

/** Removes empty fields. */
function withoutEmpty(file: JsonObject): JsonObject {
  const known: readonly string[] = NAMED.map(([, field]) => field);
  return Object.fromEntries(
    Object.entries(file).filter(([key, value]) => !known.includes(key) || Object.keys(value ?? {}).length > 0),
  );
}

/** Removes gaps, and files without guests or objects. */
export function withoutGaps(files: Record<string, JsonObject>): Record<string, JsonObject> {
  const closed = Object.entries(files).map(
    ([path, value]) => [path, JSON.parse(JSON.stringify(closedFile(path, value))) as JsonObject] as const,
  );
  const full = closed.map(
    ([path, value]) => [path, path === DATACENTER_FILE ? withoutEmptyFields(value) : value] as const,
  );
  return Object.fromEntries(full.filter(([path, value]) => !isEmptyFile(path, value)));
}

/** Of the datacenter's file, fields and their objects: one without options, such as a pool, is declared by its name. */
const OBJECT_DEPTH = 2;

function closedFile(path: string, file: JsonObject): unknown {
  return closing(numbered(path, file), path === DATACENTER_FILE ? OBJECT_DEPTH : 0) ?? {};
}

/** Further interfaces of guests with their numbers where one of them is a gap: without a number, they are numbered by their places. */
function numbered(path: string, file: JsonObject): unknown {
  const list = path === LXC_FILE ? 'lxc_configs' : path === VM_FILE ? 'vms' : null;
  const guests: unknown = list === null ? undefined : file[list];
  if (list === null || typeof guests !== 'object' || guests === null) return file;
  const entries = Object.entries(guests).map(([key, guest]) => [key, withNumbers(guest)] as const);
  return { ...file, [list]: Array.isArray(guests) ? entries.map(([, guest]) => guest) : Object.fromEntries(entries) };
}

function withNumbers(guest: unknown): unknown {
  const networks = valueIn(guest, 'networks');
  if (!Array.isArray(networks)) return guest;
  const left = networks.map((one) => closing(one, -1));
  if (!left.includes(undefined)) return guest;
  const withNumber = (one: unknown, at: number) =>
    one === undefined ? undefined : { index: at + 1, ...(one as object) };
  return { ...(guest as object), networks: left.map(withNumber) };
}

/** Without fields of the datacenter of which every object was removed. */
function withoutEmptyFields(file: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(file).filter(([, objects]) => Object.keys(objects ?? {}).length > 0));
}

/** Without gaps; undefined for a list or an object of which nothing else is left. @param keeping levels of which also the empty stays */
function closing(value: unknown, keeping: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const closed = Object.entries(value).map(([key, entry]) => [key, closing(entry, keeping - 1)] as const);
  const kept = closed.filter(([, entry]) => entry !== undefined);
  if (keeping < 0 && kept.length === 0 && closed.length > 0) return undefined;
  return Array.isArray(value) ? kept.map(([, entry]) => entry) : Object.fromEntries(kept);
}

function isEmptyFile(path: string, value: JsonObject): boolean {
  if (path === DATACENTER_FILE) return Object.keys(value).length === 0;
  if (path === LXC_FILE) return Object.keys(value['lxc_configs'] ?? {}).length === 0;
  return path === VM_FILE && Object.keys(value['vms'] ?? {}).length === 0;
}

/** The entry of a guest; null for another target, and for one that the files do not declare. */
export function guestEntry(files: Files, target: string): JsonObject | null {
  const [kind = '', name = ''] = target.split(/\/(.*)/s);
  const entry = kind === 'lxc' ? ['lxc_configs', name].reduce<unknown>(valueIn, files[LXC_FILE]) : machine(files, name);
  return (kind === 'lxc' || kind === 'vm') && isObject(entry as Json) ? (entry as JsonObject) : null;
}

/** The files with another entry of this guest, which they declare. */
export function withGuest(files: Files, target: string, entry: JsonObject): Files {
  const [kind = '', name = ''] = target.split(/\/(.*)/s);
  const path = kind === 'lxc' ? LXC_FILE : VM_FILE;
  const file = files[path] ?? {};
  if (kind === 'lxc') {
    const guests = valueIn(file, 'lxc_configs') as JsonObject;
    return { ...files, [path]: { ...file, lxc_configs: { ...guests, [name]: entry } } };
  }
  const vms = machines(files).map((vm) => (vm === machine(files, name) ? entry : vm));
  return { ...files, [path]: { ...file, vms } };
}

function machines(files: Files): readonly JsonObject[] {
  return (files[VM_FILE]?.['vms'] ?? []) as readonly JsonObject[];
}

function machine(files: Files, name: string): JsonObject | undefined {
  return machines(files).find((vm) => vm['vmid'] === Number(name));
}

/** The guest of whose entry a path of these files leads to a part, and the rest of the path; null for another path. */
export function guestAt(
  files: Files,
  file: string,
  [list, at = '', ...way]: readonly string[],
): { readonly target: string; readonly entry: JsonObject; readonly way: readonly string[] } | null {
  const id = file === VM_FILE && list === 'vms' ? machines(files)[Number(at)]?.['vmid'] : undefined;
  const target = file === LXC_FILE && list === 'lxc_configs' ? `lxc/${at}` : `vm/${id}`;
  const entry = guestEntry(files, target);
  return entry === null ? null : { target, entry, way };
}
