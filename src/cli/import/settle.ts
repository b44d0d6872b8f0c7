// Brings what was found into a form that validates: whatever a rule refuses is taken out and left, as little as possible of it at a
// time. Pure.

import { load } from '../../load/load.ts';
import type { Config } from '../../managers/config.ts';
import { ROWS } from '../../managers/datacenter/rows.ts';
import type { Imported, LeftOver } from '../../managers/importer.ts';
import { DATACENTER_FILE, HYPERVISOR_FILE, LXC_FILE, VM_FILE } from '../../managers/places.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Problem } from '../../model/problem.ts';
import type { SourceSettings } from '../../settings/source.ts';
import { snapshotOf } from '../host/written-snapshot.ts';

export interface Settled {
  readonly imported: Imported;
  readonly config: Config;
}

/** A field that is taken out may leave another without its reason: so often at most. */
const MOST_ROUNDS = 12;

/** @throws Error for what cannot be brought to validate, which is a fault of an importer */
export function settle(found: Imported, settings: SourceSettings): Settled {
  let imported = found;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const { config, problems } = load(snapshotOf(imported.files, imported.texts), settings);
    if (config !== null) return { imported, config };
    const errors = problems.filter(({ severity }) => severity === 'error');
    const beside = errors.some(({ code, target }) => code === 'BAD_ADDRESS' && target !== null);
    imported = (beside ? withoutHostAddress(imported) : null) ?? without(imported, errors);
  }
  throw new Error('what was found on the host cannot be written down: no configuration of it validates');
}

/**
 * Guests in another network than the host's own are as they are: then the configuration is not told what that is, and holds nobody to
 * it. Null where it is not told already.
 */
function withoutHostAddress(imported: Imported): Imported | null {
  const files = structuredClone(imported.files) as Record<string, JsonObject>;
  const removed = ['address', 'gateway'].flatMap((key) => {
    const path = ['network', 'interfaces', key];
    const isThere = path.reduce<unknown>(valueIn, files[HYPERVISOR_FILE]) !== undefined;
    return isThere ? (removeAt(files[HYPERVISOR_FILE], path) ?? []) : [];
  });
  if (removed.length === 0) return null;
  const why =
    'a guest on the same bridge has an address of another network, or that of the host or its gateway, which a declared one would refuse';
  return { ...imported, files: withoutGaps(files), left: [...imported.left, { what: removed.join(', '), why }] };
}

/** Without each value that a problem is at; of what is missing, without what lacks it. */
function without(imported: Imported, problems: readonly Problem[]): Imported {
  const files = structuredClone(imported.files) as Record<string, JsonObject>;
  const left: LeftOver[] = [...imported.left];
  for (const { file, path, target, message } of problems) {
    const removed = removeAt(files[file], path.split('/').slice(1).map(unescaped));
    if (removed === null) throw new Error(`${file}${path}: ${message}`);
    const what = target === null || removed === '' ? `${file} ${path}` : `${target} ${removed}`;
    left.push({ what: what.trim(), why: message });
  }
  return { ...imported, files: withoutGaps(files), left };
}

function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Leaves a gap, so that other paths still lead where they did; answers what was taken out, null where nothing could be. */
function removeAt(root: unknown, path: readonly string[]): string | null {
  // Nothing above an entry of a list or an object of entries is ever taken out.
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

function valueIn(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}

/** Files of guests that hold none any more are left out. */
function withoutGaps(files: Record<string, JsonObject>): Record<string, JsonObject> {
  const closed = Object.entries(files).map(
    ([path, value]) => [path, JSON.parse(JSON.stringify(closing(value))) as JsonObject] as const,
  );
  return Object.fromEntries(closed.filter(([path, value]) => !isEmptyGuestFile(path, value)));
}

function closing(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((entry) => entry !== undefined).map(closing);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, closing(entry)]));
}

function isEmptyGuestFile(path: string, value: JsonObject): boolean {
  if (path === LXC_FILE) return Object.keys(value['lxc_configs'] ?? {}).length === 0;
  return path === VM_FILE && Array.isArray(value['vms']) && value['vms'].length === 0;
}

/**
 * The same without what would be changed although it was written down as it is: the options of a guest that `why` speaks of, else the
 * whole target.
 */
export function withoutTarget(imported: Imported, target: string, why: string): Imported {
  const files = structuredClone(imported.files) as Record<string, JsonObject>;
  const [kind = '', name = ''] = target.split(/\/(.*)/s);
  const options = valueIn(entryOf(files, kind, name), 'options');
  const named = Object.keys(options ?? {}).filter((option) => new RegExp(`\\b${option}\\b`).test(why));
  if (named.length > 0) {
    for (const option of named) removeAt(options, [option]);
    const left = named.map((option) => ({ what: `${target} ${option}`, why }));
    return { ...imported, files: withoutGaps(files), left: [...imported.left, ...left] };
  }
  if (kind === 'lxc') removeAt(files[LXC_FILE], ['lxc_configs', name]);
  else if (kind === 'vm') removeMachine(files[VM_FILE], Number(name));
  else if (datacenterField(kind) !== null) removeAt(files[DATACENTER_FILE], placeOf(kind, name));
  else removeAt(files[HYPERVISOR_FILE], FIELD_OF_SECTION[name] ?? [name]);
  return { ...imported, files: withoutGaps(files), left: [...imported.left, { what: target, why }] };
}

/** The field of the datacenter's file that holds objects of a kind; null for other kinds. */
function datacenterField(kind: string): string | null {
  return ROWS.find((row) => row.kind === kind)?.field ?? null;
}

/** Keys of an object in it: the only one of its kind is the field itself. */
function placeOf(kind: string, name: string): string[] {
  const row = ROWS.find((one) => one.kind === kind);
  return row === undefined || row.single === name ? [row?.field ?? ''] : [row.field, name];
}

/** Where the hypervisor's file declares a part of the host. */
const FIELD_OF_SECTION: Readonly<Record<string, readonly string[]>> = {
  network: ['network'],
  time: ['timezone'],
  dns: ['dns_server'],
};

function entryOf(files: Readonly<Record<string, JsonObject>>, kind: string, name: string): unknown {
  if (kind === 'lxc') return ['lxc_configs', name].reduce<unknown>(valueIn, files[LXC_FILE]);
  const vms = (kind === 'vm' ? (files[VM_FILE]?.['vms'] ?? []) : []) as readonly (JsonObject | undefined)[];
  return vms.find((vm) => vm?.['vmid'] === Number(name));
}

function removeMachine(file: JsonObject | undefined, id: number): void {
  const vms = (file?.['vms'] ?? []) as (JsonObject | undefined)[];
  const at = vms.findIndex((vm) => vm?.['vmid'] === id);
  if (at >= 0) vms[at] = undefined;
}
