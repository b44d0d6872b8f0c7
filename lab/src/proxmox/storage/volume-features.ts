// The features of a volume by its storage type, and its snapshots.
import type { LabNode } from '../node.ts';
import { refuse } from '../refusal.ts';
import { located, type StorageFamily, splitVolumeId } from './storage.ts';
import { keep, volumeAt, volumeSize } from './volumes.ts';

type Feature = 'snapshot' | 'clone' | 'template' | 'copy' | 'rename';

type State = 'current' | 'base' | 'snap';

const FEATURES: Record<StorageFamily, Record<Feature, readonly State[]>> = {
  lvmthin: {
    snapshot: ['current'],
    clone: ['base', 'snap'],
    template: ['current'],
    copy: ['base', 'current', 'snap'],
    rename: ['current'],
  },
  zfspool: {
    snapshot: ['current', 'snap'],
    clone: ['base'],
    template: ['current'],
    copy: ['base', 'current'],
    rename: ['current'],
  },
  lvm: { snapshot: [], clone: [], template: [], copy: ['base', 'current'], rename: ['current'] },
  dir: {
    snapshot: ['current', 'snap'],
    clone: ['base'],
    template: ['current'],
    copy: ['base', 'current', 'snap'],
    rename: ['current'],
  },
};

/** Whether a volume supports snapshots, clones and so on; `forContainer` where only raw volumes and subvolumes are suitable. */
export function hasFeature(
  node: LabNode,
  feature: Feature,
  id: string,
  snapshot?: string,
  forContainer = false,
): boolean {
  if (splitVolumeId(id) === undefined) return false;
  const { storage, volume } = located(node, id);
  const state: State = snapshot !== undefined ? 'snap' : volume.isBase ? 'base' : 'current';
  if (!FEATURES[storage.family][feature].includes(state)) return false;
  if (storage.family !== 'dir') return true;
  if (feature === 'snapshot' || state === 'snap') return volume.format === 'qcow2';
  if (feature === 'clone') return !forContainer && volume.format !== 'subvol';
  return feature === 'template' || volume.format !== 'subvol';
}

/** Takes a snapshot of a volume; refused if one of that name exists, even if no guest's file lists it. */
export function takeSnapshot(node: LabNode, id: string, name: string): void {
  const volume = volumeAt(node, id);
  volumeSize(node, id);
  const { storage, volume: parts } = located(node, id);
  if (volume?.snapshots.includes(name)) {
    const dataset = `${storage.options['pool']}/${parts.name}@${name}`;
    if (storage.family === 'zfspool') refuse(`zfs error: cannot create snapshot '${dataset}': dataset already exists`);
    refuse(`snapshot '${name}' of '${id}' already exists`);
  }
  if (volume !== undefined) keep(node, id, { ...volume, snapshots: [...volume.snapshots, name] });
}

/** Deletes a snapshot of a volume. */
export function dropSnapshot(node: LabNode, id: string, name: string): void {
  const volume = volumeAt(node, id);
  if (volume !== undefined)
    keep(node, id, { ...volume, snapshots: volume.snapshots.filter((known) => known !== name) });
}

/** Refuses a rollback that the storage does not support: ZFS only rolls back to the newest snapshot. */
export function checkRollback(node: LabNode, id: string, name: string): void {
  const { storage } = located(node, id);
  if (storage.family === 'lvmthin') return;
  const snapshots = volumeAt(node, id)?.snapshots ?? [];
  const index = snapshots.indexOf(name);
  if (index < 0) refuse(`can't rollback, snapshot '${name}' does not exist on '${id}'`);
  if (storage.family === 'zfspool' && index < snapshots.length - 1)
    refuse(`can't rollback, '${name}' is not most recent snapshot on '${id}'`);
}
