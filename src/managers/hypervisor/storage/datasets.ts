// Compares ZFS filesystems, as `zfs get -Hp` prints them, with declared datasets. They are created and changed, never destroyed.

import type { Action } from '../../../model/action.ts';
import type { Decision, HostReader } from '../../manager.ts';
import { act, outputOf, run } from '../act.ts';

export interface DatasetSpec {
  /** Including its pool: `tank/lxc-disks`. */
  readonly name: string;
  /** As written. */
  readonly properties: Readonly<Record<string, string>>;
}

interface Value {
  readonly value: string;
  /** `local`, `default`, `inherited from …`, `-`. */
  readonly source: string;
}

/** Filesystems by name, each with its properties by name. */
export type Datasets = ReadonlyMap<string, ReadonlyMap<string, Value>>;

/** Properties that the inventory reads for all filesystems: those that are usually declared. Others need a full observation. */
export const USUAL = [
  'type',
  'mounted',
  'mountpoint',
  'canmount',
  'recordsize',
  'compression',
  'quota',
  'refquota',
  'reservation',
  'refreservation',
  'sync',
  'atime',
  'relatime',
  'xattr',
  'acltype',
  'dedup',
  'copies',
  'logbias',
  'primarycache',
  'secondarycache',
  'exec',
  'setuid',
  'devices',
  'readonly',
  'checksum',
  'dnodesize',
  'snapdir',
] as const;

/** Properties that are needed beside the declared ones. */
export const NEEDED = ['type', 'mounted', 'mountpoint', 'canmount'] as const;

/** One command for all filesystems of the host. Fails where ZFS does not answer. */
export async function observeDatasets(host: HostReader, properties: readonly string[]): Promise<Datasets> {
  const list = [...new Set(properties)].join(',');
  const args = ['get', '-Hp', '-t', 'filesystem', '-o', 'name,property,value,source', list];
  const datasets = new Map<string, Map<string, Value>>();
  for (const line of (await outputOf(host, 'zfs', args)).split('\n')) {
    const [name = '', property = '', value = '', source = ''] = line.split('\t');
    if (property === '') continue;
    const known = datasets.get(name) ?? new Map<string, Value>();
    datasets.set(name, known.set(property, { value, source }));
  }
  return datasets;
}

/** Properties that can only be set at creation. */
const ONCE = new Set(['casesensitivity', 'normalization', 'utf8only', 'encryption', 'keyformat']);

/** Why a declared dataset cannot be realised; null when all can. */
export function datasetsRefusal(declared: readonly DatasetSpec[], datasets: Datasets): Decision | null {
  for (const { name, properties } of declared) {
    const known = datasets.get(name);
    const fixed = Object.entries(properties).find(
      ([property, value]) => ONCE.has(property) && known !== undefined && known.get(property)?.value !== value,
    );
    if (fixed !== undefined) {
      const [property, value] = fixed;
      const reason = `${property} of ${name} is ${known?.get(property)?.value ?? 'not told'} and is taken only when a dataset is made: ${value} needs a new one`;
      return { kind: 'impossible', reason };
    }
  }
  return null;
}

/** @param before the spec that was applied last: a property in it that is no longer declared is reset to its inherited value or default */
export function datasetActions(
  declared: readonly DatasetSpec[],
  before: readonly DatasetSpec[],
  datasets: Datasets,
): Action[] {
  return declared
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((dataset) => {
      const known = datasets.get(dataset.name);
      if (known === undefined) return [create(dataset)];
      const last = before.find(({ name }) => name === dataset.name)?.properties ?? {};
      return [...setProperties(dataset, known), ...reset(dataset, last, known), ...mount(dataset.name, known)];
    });
}

function create({ name, properties }: DatasetSpec): Action {
  const options = Object.entries(properties).flatMap(([property, value]) => ['-o', `${property}=${value}`]);
  return act(`create dataset ${name}`, run('zfs', ['create', '-p', ...options, name]));
}

function setProperties({ name, properties }: DatasetSpec, known: ReadonlyMap<string, Value>): Action[] {
  const pairs = Object.entries(properties)
    .filter(([property, value]) => !sameValue(property, value, known.get(property)?.value))
    .map(([property, value]) => `${property}=${value}`);
  return pairs.length === 0 ? [] : [act(`set ${pairs.join(', ')} on ${name}`, run('zfs', ['set', ...pairs, name]))];
}

/** Properties that are not inherited from the parent, with their defaults. */
const OWN: Readonly<Record<string, string>> = {
  quota: 'none',
  refquota: 'none',
  reservation: 'none',
  refreservation: 'none',
  canmount: 'on',
};

function reset(
  { name, properties }: DatasetSpec,
  last: Readonly<Record<string, string>>,
  known: ReadonlyMap<string, Value>,
): Action[] {
  return resettable(properties, last, known).map((property) => {
    const own = OWN[property];
    const args = own === undefined ? ['inherit', property, name] : ['set', `${property}=${own}`, name];
    return act(`reset ${property} of ${name}`, run('zfs', args));
  });
}

/** Properties that were declared and still have a value of their own. @param last those that were applied last */
export function resettable(
  properties: Readonly<Record<string, string>>,
  last: Readonly<Record<string, string>>,
  known: ReadonlyMap<string, Value>,
): string[] {
  return Object.keys(last)
    .filter((property) => !Object.hasOwn(properties, property) && known.get(property)?.source === 'local')
    .filter((property) => {
      const own = OWN[property];
      return !ONCE.has(property) && (own === undefined || !sameValue(property, own, known.get(property)?.value));
    });
}

function mount(name: string, known: ReadonlyMap<string, Value>): Action[] {
  const isMeant = known.get('canmount')?.value === 'on' && known.get('mountpoint')?.value.startsWith('/');
  return isMeant && known.get('mounted')?.value === 'no' ? [act(`mount ${name}`, run('zfs', ['mount', name]))] : [];
}

/** ZFS prints sizes in bytes, whatever unit they were written in. */
export function sameValue(property: string, written: string, shown: string | undefined): boolean {
  if (shown === undefined) return false;
  if (shown === written) return true;
  if (Object.hasOwn(OWN, property) && written === 'none') return shown === '0';
  if (property === 'acltype') return plainAcl(written) === plainAcl(shown);
  const size = sizeOf(written);
  return size !== undefined && /^\d+$/.test(shown) && String(size) === shown;
}

/** Two values of ACL properties have an alias each. */
function plainAcl(value: string): string {
  return value === 'posixacl' ? 'posix' : value === 'noacl' ? 'off' : value;
}

const UNITS = 'BKMGTPE';

/** `1.5T` in bytes, rounded down as ZFS does. */
function sizeOf(written: string): number | undefined {
  const [, digits, unit = 'B'] = /^(\d+(?:\.\d+)?)([BKMGTPE])?(?:i?B)?$/i.exec(written) ?? [];
  return digits === undefined ? undefined : Math.floor(Number(digits) * 1024 ** UNITS.indexOf(unit.toUpperCase()));
}
