// Storage of the host for guests: datasets in existing pools, and Proxmox's storages on them. Nothing is ever destroyed here; pools are created by
// `phoenix setup --allow-destructive` on the host.

import type { Config } from '../../config.ts';
import type { Decision, HostReader, Wanted } from '../../manager.ts';
import { actions, textOf } from '../act.ts';
import { mountFolder } from '../folders.ts';
import { idleOnly, type Section } from '../section.ts';
import { cacheActions, cacheRefusal, observeCache } from './cache.ts';
import { type Datasets, datasetActions, datasetsRefusal, NEEDED, observeDatasets, USUAL } from './datasets.ts';
import { NOTHING, poolsOf, type StoragePart, storagesAt } from './part.ts';
import type { SeenStorage } from './storage-comparison.ts';
import { storageComparison } from './storage-comparison.ts';
import {
  NOTE_FILE,
  parseStorages,
  STORAGE_FILE,
  type StorageSpec,
  storageActions,
  storagesRefusal,
} from './storages.ts';

const GUESTS = ['/etc/pve/lxc', '/etc/pve/qemu-server'];

export const storage: Section<StoragePart, SeenStorage, SeenStorage> = {
  name: 'storage',
  declared(config) {
    const spec = partOf(config);
    const isEmpty = spec.pools.length + spec.datasets.length === 0 && spec.cacheBytes === null;
    return isEmpty ? null : { spec, needs: [] };
  },
  impact: () => 'live',
  async inventory(host) {
    const files = await observeFiles(host);
    // ZFS is queried only where a note says that Phoenix manages storages.
    const datasets = files.storages.note === null ? null : await observeDatasets(host, USUAL).catch(() => null);
    return { datasets, ...files };
  },
  quickCheck: (facts, wanted) => (facts.datasets === null ? null : quickCheckOf(facts, wanted)),
  async observe(host, wanted) {
    const files = await observeFiles(host);
    const guests = await host.readFolders(GUESTS);
    const properties = [wanted.spec ?? NOTHING, wanted.before ?? NOTHING].flatMap((part) =>
      part.datasets.flatMap((dataset) => Object.keys(dataset.properties)),
    );
    const needsZfs = wanted.spec !== undefined && wanted.spec.datasets.length + wanted.spec.pools.length > 0;
    const datasets = needsZfs ? await observeDatasets(host, [...NEEDED, ...properties]) : new Map();
    return { ...files, datasets, storages: { ...files.storages, guests } };
  },
  decide,
  compares: storageComparison,
  health: () => null,
};

/** A property that the inventory does not read counts as different, so that the section is observed fully. */
const quickCheckOf = idleOnly<StoragePart, SeenStorage, SeenStorage>((facts) => facts, decide);

function partOf({ hypervisor }: Config): StoragePart {
  const { zfs, storages } = hypervisor;
  const declared = storages.flatMap((each): StorageSpec[] => {
    const { id, type, dataset: name, contents } = each;
    const dataset = zfs.datasets.find((one) => `${one.pool}/${one.name}` === name);
    if (dataset === undefined || name === null || (type !== 'zfspool' && type !== 'dir')) return [];
    return [{ id, type, dataset: name, folder: mountFolder(dataset), contents: contents ?? [] }];
  });
  return {
    pools: zfs.pools.map(({ name, disks }) => ({ name, disks: [...disks] })),
    datasets: zfs.datasets.map(({ pool, name, properties }) => ({ name: `${pool}/${name}`, properties })),
    storages: declared,
    cacheBytes: zfs.arcMaxGb === null ? null : Math.round(zfs.arcMaxGb * 1024 ** 3),
  };
}

async function observeFiles(host: HostReader): Promise<Omit<SeenStorage, 'datasets'>> {
  const [text, note, cache] = await Promise.all([
    textOf(host, STORAGE_FILE),
    textOf(host, NOTE_FILE),
    observeCache(host),
  ]);
  return { storages: { entries: parseStorages(text ?? ''), note, guests: null }, cache };
}

function decide(
  { spec, before, adopt = false }: Wanted<StoragePart>,
  { datasets, storages, cache }: SeenStorage,
): Decision {
  const part = spec ?? NOTHING;
  const known: Datasets = datasets ?? new Map();
  const missing = poolsOf(part).find(({ name }) => !known.has(name));
  if (missing !== undefined) return { kind: 'blocked', reason: missingPoolReason(missing) };
  const foreign = cacheRefusal(part.cacheBytes, cache, adopt);
  if (foreign !== null) return { kind: 'blocked', reason: foreign };
  const declared = storagesAt(part, known);
  const refused = datasetsRefusal(part.datasets, known) ?? storagesRefusal(declared, storages, adopt);
  if (refused !== null) return refused;
  return actions(
    datasetActions(part.datasets, (before ?? NOTHING).datasets, known),
    storageActions(declared, storages, adopt),
    cacheActions(part.cacheBytes, cache),
  );
}

function missingPoolReason({ name, disks }: StoragePart['pools'][number]): string {
  if (disks.length === 0) return `pool ${name} is not there, and nothing declares its disks`;
  const how = `phoenix setup --allow-destructive ${disks.join(' ')}`;
  return `pool ${name} is not there: bring it back with zpool import ${name}, or make it on the host with ${how}`;
}
