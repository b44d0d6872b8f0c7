// Normalises pools and datasets, and derives the storages of Proxmox from them.

import type { z } from 'zod';
import type { Place } from '../../../config/read/place.ts';
import { placeIn } from '../../../config/read/place.ts';
import { sortedSet } from '../../guest/normalise.ts';
import type { Storage, Zfs, ZfsDataset } from '../declared.ts';
import type { hypervisorFile } from '../schema/hypervisor.ts';
import { longName } from '../storage/property-names.ts';

type Written = z.output<typeof hypervisorFile>;

export function normaliseZfs({ zfs }: Written, at: Place): Zfs {
  return {
    arcMaxGb: zfs.arc_max_gb ?? null,
    pools: zfs.pools.map((pool) => ({ name: pool.name, raidLevel: pool.raid_level, disks: pool.disks })),
    datasets: zfs.datasets.map((dataset, index) => {
      const properties = propertiesOf(dataset.properties);
      return {
        writtenAt: placeIn(at, 'zfs', 'datasets', index),
        pool: dataset.pool,
        name: dataset.name,
        properties,
        quotaGb: gigabytes(properties.quota),
        storageType: dataset.proxmox_storage_type ?? null,
        contents: sortedSet((dataset.proxmox_content_type ?? 'images,rootdir').split(',').map((part) => part.trim())),
        contentsAreNamed: dataset.proxmox_content_type !== undefined,
      };
    }),
    allowDestructive: zfs.settings?.allow_destructive_operations ?? false,
  };
}

/** Default storages of a Proxmox host; their contents depend on the installer. */
export const BUILT_IN: readonly Storage[] = [
  { id: 'local', type: 'dir', contents: ['backup', 'iso', 'vztmpl'], dataset: null, snapshots: false },
  { id: 'local-lvm', type: 'lvmthin', contents: ['images', 'rootdir'], dataset: null, snapshots: true },
  { id: 'local-zfs', type: 'zfspool', contents: ['images', 'rootdir'], dataset: null, snapshots: true },
];

/** The storages, each id once: one for each dataset that is a storage, those that are only named, and Proxmox's defaults. */
export function storagesOf(datasets: readonly ZfsDataset[], ids: Readonly<Record<string, string>>): Storage[] {
  const storages = new Map<string, Storage>();
  for (const dataset of datasets) {
    if (dataset.storageType === null) continue;
    const key = storageKey(dataset.pool, dataset.name);
    const id =
      (Object.hasOwn(ids, key) ? ids[key] : undefined) ?? `${dataset.pool}-${dataset.name.replaceAll('/', '-')}`;
    storages.set(id, {
      id,
      type: dataset.storageType,
      contents: dataset.contents,
      dataset: `${dataset.pool}/${dataset.name}`,
      snapshots: dataset.storageType === 'zfspool',
    });
  }
  for (const id of Object.values(ids)) {
    if (!storages.has(id)) storages.set(id, { id, type: null, contents: null, dataset: null, snapshots: null });
  }
  for (const storage of BUILT_IN) if (!storages.has(storage.id)) storages.set(storage.id, storage);
  return [...storages.values()];
}

/** Where each declared storage is written in the file. */
export function storagePlacesOf(
  datasets: readonly ZfsDataset[],
  ids: Readonly<Record<string, string>>,
  storages: readonly Storage[],
  at: Place,
): { readonly id: string; readonly writtenAt: Place }[] {
  const onDatasets = datasets.flatMap(({ pool, name, writtenAt }) =>
    storages.flatMap(({ id, dataset }) => (dataset === `${pool}/${name}` ? [{ id, writtenAt }] : [])),
  );
  const named = Object.entries(ids).map(([key, id]) => ({ id, writtenAt: placeIn(at, 'proxmox_storage_ids', key) }));
  return [...onDatasets, ...named.filter(({ id }) => !onDatasets.some((storage) => storage.id === id))];
}

/** The key of `proxmox_storage_ids` that gives the id of a dataset's storage. */
export function storageKey(pool: string, dataset: string): string {
  return `${pool}_${dataset.replaceAll(/[-/]/g, '_')}`;
}

function propertiesOf(written: string | Readonly<Record<string, string>> | undefined): Record<string, string> {
  const pairs =
    typeof written === 'string'
      ? written.split(',').flatMap((part) => {
          const at = part.indexOf('=');
          return at < 0 ? [] : [[part.slice(0, at).trim(), part.slice(at + 1).trim()] as const];
        })
      : Object.entries(written ?? {});
  const named = pairs.map(([name, value]) => [longName(name), value] as const);
  return Object.fromEntries(named.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Units of a size: the index is the power of 1024. */
const UNITS = 'BKMGTPEZ';

/** `1.4T`, or a number of bytes, in GB; null for no quota. */
function gigabytes(size: string | undefined): number | null {
  const [, number, unit = 'B'] = /^(\d+(?:\.\d+)?)([BKMGTPEZ])?(?:i?B)?$/i.exec(size ?? '') ?? [];
  return number === undefined ? null : Number(number) * 1024 ** (UNITS.indexOf(unit.toUpperCase()) - 3);
}
