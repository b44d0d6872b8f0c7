// Reduces imported files until they are valid: rejected values are removed and reported, as little as possible at a time. Pure.

import { load } from '../../load/load.ts';
import type { Config } from '../../managers/config.ts';
import { ROWS } from '../../managers/datacenter/rows.ts';
import { type Imported, type LeftOver, NO_FIELD } from '../../managers/importer.ts';
import { DATACENTER_FILE, HYPERVISOR_FILE, LXC_FILE, VM_FILE } from '../../managers/places.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Problem } from '../../model/problem.ts';
import type { SourceSettings } from '../../settings/source.ts';
import type { KindObservations } from '../host/observe-kinds.ts';
import { snapshotOf } from '../host/written-snapshot.ts';
import { closed, guestAt, removeAt, valueIn, withoutDeclaredNames, withoutGaps } from './imported-files.ts';

export interface ValidImport {
  readonly imported: Imported;
  readonly config: Config;
}

/** Maximum number of rounds: removing a field may invalidate another. */
const MAX_ROUNDS = 12;

type PlaceOf = KindObservations['placeOf'];

/**
 * @param placeOf tells where on the host a field of a guest was read
 * @throws Error if it stays invalid, which is a bug of an importer
 */
export function reduceUntilValid(found: Imported, settings: SourceSettings, placeOf: PlaceOf): ValidImport {
  let imported = { ...found, files: withoutDeclaredNames(found.files) };
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { config, problems } = load(snapshotOf(imported.files, imported.texts), settings);
    const stacks = refusedStacks(imported, problems);
    if (stacks.size > 0) {
      imported = withoutStacks(imported, stacks);
      continue;
    }
    if (config !== null) return { imported, config };
    const errors = problems.filter(({ severity }) => severity === 'error');
    const refusing = storagesRefusing(imported, errors);
    if (refusing.length > 0) {
      const why =
        'a guest has on it, or is written as made from, what it does not take: it stays as it is, and is only named';
      imported = refusing.reduce((rest, name) => withoutTarget(rest, `storage/${name}`, why, placeOf), imported);
      continue;
    }
    const beside = errors.some(
      ({ code, target, file }) => code === 'BAD_ADDRESS' && target !== null && (file === LXC_FILE || file === VM_FILE),
    );
    imported = (beside ? withoutHostAddress(imported) : null) ?? without(imported, errors, placeOf);
  }
  throw new Error('what was found on the host cannot be written down: no configuration of it validates');
}

/** Removes the host's address if guests are in another network, so that the rule about it does not apply. Null if it is not declared. */
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

/** Removes values with problems, and the owners of missing values. */
function without(imported: Imported, problems: readonly Problem[], placeOf: PlaceOf): Imported {
  const files = structuredClone(imported.files) as Record<string, JsonObject>;
  let left: readonly LeftOver[] = imported.left;
  for (const { file, path, target, message } of problems) {
    const keys = file === DATACENTER_FILE ? wholeObject(keysIn(path), files[file]) : wholeOf(keysIn(path));
    // Values already removed with their parent.
    const isThere = (root: unknown) => keys.reduce<unknown>(valueIn, root) !== undefined;
    if (isThere(imported.files[file]) && !isThere(files[file])) continue;
    const removed = removeAt(files[file], keys);
    if (removed === null) throw new Error(`${file}${path}: ${message}`);
    const guest = guestAt(imported.files, file, keys);
    if (guest !== null) {
      left = partOfGuestLeft(left, guest, removed, message, placeOf);
      continue;
    }
    const own = file === DATACENTER_FILE ? objectAt(keys, imported.places) : interfaceAt(keys, imported);
    const what = own ?? (target === null || removed === '' ? `${file} ${path}` : `${target} ${removed}`);
    left = joinedLeft(left, objectOf(keys), { what: what.trim(), why: message });
  }
  return { ...imported, files: closed(imported.files, files), left };
}

/** The object of the datacenter at a path; null where the path leads to a part of one, or elsewhere. */
function objectOf([field = '', name = '', ...more]: readonly string[]): string | null {
  const row = ROWS.find((one) => one.field === field);
  return row === undefined || row.single !== undefined || more.length > 0 ? null : `${row.kind}/${name}`;
}

/** A whole object takes the place of its parts that were refused before, and goes for the first of them. */
function joinedLeft(left: readonly LeftOver[], whole: string | null, one: LeftOver): LeftOver[] {
  const parts = whole === null ? [] : left.filter(({ what, why }) => what.startsWith(`${whole} `) && why !== NO_FIELD);
  return [...left.filter((each) => !parts.includes(each)), { ...one, why: parts[0]?.why ?? one.why }];
}

/** Stacks that cannot be imported, with the reason: a rejected value or a plain-text secret. */
function refusedStacks({ texts }: Imported, problems: readonly Problem[]): ReadonlyMap<string, string> {
  const all = problems.flatMap(({ file, severity, code, message, line }): [string, string][] => {
    const [, name] = /^stacks\/([^/]+)\//.exec(file) ?? [];
    const isRefused = severity === 'error' || code === 'PLAINTEXT_SECRET';
    return name === undefined || !isRefused || texts[`stacks/${name}/docker-compose.yml`] === undefined
      ? []
      : [[name, `${message} (line ${line} of ${file.replace(/^.*\//, '')})`]];
  });
  return new Map(all.toReversed());
}

function withoutStacks(imported: Imported, refused: ReadonlyMap<string, string>): Imported {
  const isRefused = (path: string) => refused.has(/^stacks\/([^/]+)\//.exec(path)?.[1] ?? '');
  const kept = <Value>(all: Readonly<Record<string, Value>>) =>
    Object.fromEntries(Object.entries(all).filter(([path]) => !isRefused(path)));
  const left = [...refused].map(([name, why]) => ({ what: `stack ${name}`, why }));
  return { ...imported, files: kept(imported.files), texts: kept(imported.texts), left: [...imported.left, ...left] };
}

/** Declared storages that do not accept the content on them. */
function storagesRefusing({ files }: Imported, problems: readonly Problem[]): string[] {
  const storages = valueIn(files[DATACENTER_FILE], 'storages');
  const named = problems.flatMap(({ code, file, path }) => {
    const value = code === 'UNKNOWN_STORAGE' ? keysIn(path).reduce<unknown>(valueIn, files[file]) : undefined;
    // A disk names only the storage, a template also the file.
    const [storage = ''] = typeof value === 'string' ? value.split(':') : [];
    return valueIn(storages, storage) === undefined ? [] : [storage];
  });
  return [...new Set(named)];
}

function keysIn(path: string): string[] {
  return path.split('/').slice(1).map(unescaped);
}

function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Lists that are only valid as a whole: a firewall without one of its rules would be a different one. */
const WHOLE = /^(entries|rules|firewall)$/;

function wholeOf(path: readonly string[]): readonly string[] {
  if (isInterface(path)) return path.slice(0, 3);
  const at = path.findIndex((key) => WHOLE.test(key));
  return at < 0 ? path : path.slice(0, at + 1);
}

/** Interfaces of the host are left as a whole: without its address it would be another one. */
const INTERFACES = ['bridges', 'bonds', 'vlans', 'ovs_bridges', 'ovs_bonds', 'ovs_ports'];

function isInterface([top = '', field = '', index]: readonly string[]): boolean {
  return top === 'network' && INTERFACES.includes(field) && index !== undefined;
}

/** Display name of an interface of the host, null for other paths: `hypervisor/network vmbr5`. */
function interfaceAt(path: readonly string[], { files, places }: Imported): string | null {
  if (!isInterface(path)) return null;
  const name = String([...path.slice(0, 3), 'name'].reduce<unknown>(valueIn, files[HYPERVISOR_FILE]));
  return `hypervisor/network ${name} (${places?.[`hypervisor/network ${name}`] ?? '/etc/network/interfaces'})`;
}

/** Datacenter objects without required fields are removed completely. */
function wholeObject(path: readonly string[], file: JsonObject | undefined): readonly string[] {
  const [field = '', name = '', option = ''] = path;
  const row = ROWS.find((one) => one.field === field);
  if (row === undefined || row.single !== undefined) return wholeOf(path);
  const type = valueIn(valueIn(valueIn(file, field), name), 'type');
  const needed = ['type', ...row.required, ...(row.types?.[String(type)]?.required ?? [])];
  return needed.includes(option) ? [field, name] : wholeOf(path);
}

/** Display name of a path in the datacenter's file: `storage/media options (/etc/pve/storage.cfg)`. */
function objectAt([field = '', name = '', ...more]: readonly string[], places: Imported['places']): string | null {
  const row = ROWS.find((one) => one.field === field);
  if (row === undefined || row.single !== undefined) return null;
  const place = places?.[`${row.kind}/${name}`] ?? row.file;
  return [`${row.kind}/${name}`, more.join('.'), `(${place})`].filter((part) => part !== '').join(' ');
}

/**
 * A part of a guest that was removed. Where it went because something in it is missing, the reason is that for which this was left before, or what the
 * guest's file says instead.
 *
 * @param removed its name, such as `networks.ip`; empty for the whole guest
 */
function partOfGuestLeft(
  left: readonly LeftOver[],
  { target, entry, way }: NonNullable<ReturnType<typeof guestAt>>,
  removed: string,
  message: string,
  placeOf: PlaceOf,
): LeftOver[] {
  const place = placeOf(target, entry, way);
  const missing = [removed, way.at(-1)].filter((part) => part !== '').join('.');
  const refused = left.find(({ what }) => what.startsWith(`${target} ${missing} `));
  if (removed === '') {
    const instead = left.find(({ what }) => place?.includes(':') === true && what.endsWith(`(${place})`));
    const untold = instead === undefined ? message : `${message}: no field can say what the file has, ${instead.what}`;
    return wholeGuestLeft(left, target, refused?.why ?? untold, placeOf);
  }
  if (refused !== undefined) return [...left];
  return [...left, { what: `${target} ${removed}${place === null ? '' : ` (${place})`}`, why: message }];
}

/** A whole guest takes the place of its parts that were left before. */
function wholeGuestLeft(left: readonly LeftOver[], target: string, why: string, placeOf: PlaceOf): LeftOver[] {
  const place = placeOf(target, {}, []);
  const what = place === null ? target : `${target} (${place})`;
  return [...left.filter((one) => !one.what.startsWith(`${target} `)), { what, why }];
}

/** Removes a whole target that would be changed although it was imported as it is. */
export function withoutTarget(imported: Imported, target: string, why: string, placeOf: PlaceOf): Imported {
  const files = structuredClone(imported.files) as Record<string, JsonObject>;
  const [kind = '', name = ''] = target.split(/\/(.*)/s);
  if (kind === 'lxc') removeAt(files[LXC_FILE], ['lxc_configs', name]);
  else if (kind === 'vm') removeMachine(files[VM_FILE], Number(name));
  else if (kind === 'sdn') for (const field of SDN_FIELDS) removeAt(files[DATACENTER_FILE], [field]);
  else if (datacenterField(kind) !== null) removeAt(files[DATACENTER_FILE], keysOfObject(kind, name));
  else for (const path of FIELDS_OF_SECTION[name] ?? [[name]]) removeAt(files[HYPERVISOR_FILE], path);
  if (kind === 'lxc' || kind === 'vm') {
    const left = wholeGuestLeft(imported.left, target, why, placeOf);
    return { ...imported, files: closed(imported.files, files), left };
  }
  const place = imported.places?.[target];
  const what = place === undefined ? target : `${target} (${place})`;
  const whole = datacenterField(kind) === null ? null : target;
  return { ...imported, files: closed(imported.files, files), left: joinedLeft(imported.left, whole, { what, why }) };
}

/** The field of the datacenter's file for a kind; null for other kinds. */
function datacenterField(kind: string): string | null {
  return ROWS.find((row) => row.kind === kind)?.field ?? null;
}

/** Fields that form a single target. */
const SDN_FIELDS = ROWS.filter(({ appliedTogether }) => appliedTogether === true).map(({ field }) => field);

/** Keys of an object in the file: singletons are the field itself. */
function keysOfObject(kind: string, name: string): string[] {
  const row = ROWS.find((one) => one.kind === kind);
  return row === undefined || row.single === name ? [row?.field ?? ''] : [row.field, name];
}

/** Fields of the hypervisor's file for each section. */
const FIELDS_OF_SECTION: Readonly<Record<string, readonly (readonly string[])[]>> = {
  network: ['interfaces', ...INTERFACES].map((field) => ['network', field]),
  hosts: [['network', 'hosts']],
  page: [['page_certificate']],
  repositories: [['package_repositories']],
  time: [['timezone']],
  dns: [['dns_server']],
};

function removeMachine(file: JsonObject | undefined, id: number): void {
  const vms = (file?.['vms'] ?? []) as (JsonObject | undefined)[];
  const at = vms.findIndex((vm) => vm?.['vmid'] === id);
  if (at >= 0) vms[at] = undefined;
}
