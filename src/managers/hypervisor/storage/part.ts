// The declared storage of the host, and what follows from it. Pure.

import type { DatasetSpec, Datasets } from './datasets.ts';
import type { StorageSpec } from './storages.ts';

export type StoragePart = {
  readonly pools: readonly { readonly name: string; readonly disks: readonly string[] }[];
  readonly datasets: readonly DatasetSpec[];
  readonly storages: readonly StorageSpec[];
  readonly cacheBytes: number | null;
};

export const NOTHING: StoragePart = { pools: [], datasets: [], storages: [], cacheBytes: null };

/** Declared pools, and pools that declared datasets are in. */
export function poolsOf({ pools, datasets }: StoragePart): StoragePart['pools'] {
  const named = datasets.map(({ name }) => name.split('/')[0] ?? name);
  const others = [...new Set(named)].filter((name) => !pools.some((pool) => pool.name === name));
  return [...pools, ...others.map((name) => ({ name, disks: [] }))];
}

/** The storages with the mount points of their datasets. */
export function storagesAt({ storages }: StoragePart, datasets: Datasets): StorageSpec[] {
  return storages.map((each) => ({ ...each, folder: folderOf(each, datasets) }));
}

/** The mount point of the dataset according to ZFS, once it exists. */
function folderOf({ dataset, folder }: StorageSpec, datasets: Datasets): string {
  const shown = datasets.get(dataset)?.get('mountpoint')?.value;
  return shown?.startsWith('/') ? shown : folder;
}
