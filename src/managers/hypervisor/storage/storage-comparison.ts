// How the storage of the host is compared: pools, datasets with their properties, Proxmox's storages on them, and the limit of ZFS's cache.

import {
  type ComparedField,
  type Comparison,
  difference,
  differenceAt,
  type FoundDifference,
  listField,
  type Step,
  textDifference,
} from '../../comparison.ts';
import { digest, MARK } from '../act.ts';
import { type Cache, CONF, COPIED, confText } from './cache.ts';
import { type DatasetSpec, type Datasets, resettable, sameValue } from './datasets.ts';
import { poolsOf, type StoragePart, storagesAt } from './part.ts';
import type { Storages } from './storages.ts';
import { contentsIn, NOTE_FILE, noteText, ours, placeIn, type StorageSpec, undeclaredOwn } from './storages.ts';

export interface SeenStorage {
  /** Null where ZFS did not answer. */
  readonly datasets: Datasets | null;
  readonly storages: Storages;
  readonly cache: Cache;
}

const DATASETS = ['zfs', 'datasets'];
const GIB = 1024 ** 3;

const pools: ComparedField<StoragePart, SeenStorage> = listField('zfs.pools', ['pools'], {
  by: ['name'],
  declared: (spec) => poolsOf(spec).map(({ name }) => ({ name })),
  observed: ({ datasets }, spec) =>
    datasets === null ? undefined : poolsOf(spec).flatMap(({ name }) => (datasets.has(name) ? [{ name }] : [])),
});

const datasets: ComparedField<StoragePart, SeenStorage> = {
  name: 'zfs.datasets.properties',
  of: ['datasets'],
  differences: ({ spec, before }, seen) =>
    spec.datasets.flatMap((dataset) =>
      datasetDifferences(
        dataset,
        before?.datasets.find(({ name }) => name === dataset.name),
        seen.datasets,
      ),
    ),
  /** A property that differs is no longer declared, and stays as it is. */
  asSeen: (spec, seen) => ({
    ...spec,
    datasets: spec.datasets.map(({ name, properties }) => {
      const known = seen.datasets?.get(name);
      const same = Object.entries(properties).filter(
        ([property, value]) => known === undefined || sameValue(property, value, known.get(property)?.value),
      );
      return { name, properties: Object.fromEntries(same) };
    }),
  }),
};

function datasetDifferences(
  { name, properties }: DatasetSpec,
  last: DatasetSpec | undefined,
  all: Datasets | null,
): FoundDifference[] {
  if (all === null) return [];
  const at = wayTo(name);
  const known = all.get(name);
  if (known === undefined) return [difference(at, { ...properties }, null)];
  const declared = Object.entries(properties).flatMap(([property, value]) => {
    const shown = known.get(property)?.value;
    return sameValue(property, value, shown) ? [] : [difference([...at, 'properties', property], value, shown ?? null)];
  });
  const left = resettable(properties, last?.properties ?? {}, known).map((property) =>
    difference([...at, 'properties', property], null, known.get(property)?.value ?? null),
  );
  const isUnmounted =
    known.get('canmount')?.value === 'on' &&
    known.get('mountpoint')?.value.startsWith('/') === true &&
    known.get('mounted')?.value === 'no';
  return [...declared, ...left, ...(isUnmounted ? [difference([...at, 'mounted'], 'yes', 'no')] : [])];
}

function wayTo(name: string): Step[] {
  const [pool = '', ...rest] = name.split('/');
  return [...DATASETS, { name, is: { pool, name: rest.join('/') } }];
}

/** Proxmox's storages on datasets, which have their entries in the file. */
const types: ComparedField<StoragePart, SeenStorage> = {
  name: 'zfs.datasets.proxmox_storage_type',
  of: ['storages'],
  differences: ({ spec }, { datasets, storages }) =>
    storagesAt(spec, datasets ?? new Map()).flatMap((storage) => {
      const entry = storages.entries.get(storage.id);
      const at = [...wayTo(storage.dataset), 'proxmox_storage_type'];
      const declared = `${storage.type} on ${storage.type === 'dir' ? storage.folder : storage.dataset}`;
      return differenceAt(at, declared, entry === undefined ? null : `${entry.type} on ${placeIn(entry)}`);
    }),
};

/** Storages of Phoenix's that are no longer declared. */
const others: ComparedField<StoragePart, SeenStorage> = {
  name: 'storages',
  of: ['storages'],
  derived: true,
  differences: ({ spec }, { storages: { entries, note } }) =>
    undeclaredOwn(spec.storages, entries, note).map((id) =>
      difference(['storages', id], null, entries.get(id)?.type ?? null),
    ),
};

const contents: ComparedField<StoragePart, SeenStorage> = {
  name: 'zfs.datasets.proxmox_content_type',
  of: ['storages'],
  differences: ({ spec }, { storages: { entries } }) =>
    spec.storages.flatMap(({ id, dataset, contents: declared }) => {
      const entry = entries.get(id);
      if (entry === undefined) return [];
      const at = [...wayTo(dataset), 'proxmox_content_type'];
      return differenceAt(at, [...declared].sort().join(','), contentsIn(entry).join(','));
    }),
  asSeen: (spec, { storages: { entries } }) => ({
    ...spec,
    storages: spec.storages.map((storage): StorageSpec => {
      const entry = entries.get(storage.id);
      return entry === undefined ? storage : { ...storage, contents: contentsIn(entry) };
    }),
  }),
};

/** The limit that ZFS has now; the one of the next start is in a file. */
const cacheLimit: ComparedField<StoragePart, SeenStorage> = {
  name: 'zfs.arc_max_gb',
  of: ['cacheBytes'],
  differences({ spec: { cacheBytes } }, { cache }) {
    if (cacheBytes === null) return [];
    return differenceAt(['zfs', 'arc_max_gb'], cacheBytes / GIB, (presentBytes(cache) ?? cacheBytes) / GIB);
  },
};

export const storageComparison: Comparison<StoragePart, SeenStorage> = {
  fields: [pools, datasets, types, contents, others, cacheLimit],
  rest: ({ spec }, { storages: { entries, note }, cache }) => {
    const there = spec.storages.filter(({ id }) => entries.has(id) && ours(note).includes(id)).map(({ id }) => id);
    const noted = [...there, ...undeclaredOwn(spec.storages, entries, note)];
    const stale = ours(note).some((id) => !noted.includes(id) && !spec.storages.some((storage) => storage.id === id));
    return [
      ...(stale ? textDifference(NOTE_FILE, noted.length === 0 ? null : noteText(noted), note) : []),
      ...cacheFiles(spec.cacheBytes, cache),
    ];
  },
};

/** The limit in the file for the next start, and in the copy of that file in the initramfs. */
function cacheFiles(bytes: number | null, cache: Cache): FoundDifference[] {
  const { conf, copied } = cache;
  const limit = ['zfs', 'arc_max_gb'];
  if (bytes === null) {
    const observed =
      conf?.startsWith(MARK) === true ? presentBytes(cache) : copied === null ? null : 'in the initramfs';
    return differenceAt(limit, null, typeof observed === 'number' ? observed / GIB : observed);
  }
  // A limit that was changed together with its file is named by its field.
  const present = presentBytes(cache) ?? bytes;
  if (present !== bytes && (conf === null || conf === confText(present))) return [];
  if (conf !== confText(bytes)) return textDifference(CONF, confText(bytes), conf);
  if (copied === `${digest(conf ?? '')}\n`) return [];
  return [difference([COPIED], 'as the file', copied === null ? null : 'another one')];
}

/** In bytes; null where it is neither in force nor in the file. */
function presentBytes({ live, conf }: Cache): number | null {
  const text = live ?? /zfs_arc_max=(\d+)/.exec(conf ?? '')?.[1];
  return text === undefined ? null : Number(text);
}
