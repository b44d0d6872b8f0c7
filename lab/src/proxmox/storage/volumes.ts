// The volumes on the node's storages. A volume is a small file with its size, its snapshots, and whether an image was imported into it; its features
// follow from its storage type.

import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../lock.ts';
import { type LabNode, pathOf } from '../node.ts';
import { refuse } from '../refusal.ts';
import { located, pathOfVolume, type Storage, splitVolumeId } from './storage.ts';

/** A volume; sizes in bytes, snapshots oldest first. */
export type Volume = {
  readonly size: number;
  readonly snapshots: readonly string[];
  readonly image?: boolean;
};

const folderOf = (node: LabNode, storage: string): string => pathOf(node, `var/lib/lab/volumes/${storage}`);

const fileOf = (node: LabNode, id: string): string => {
  const { storage, name } = splitVolumeId(id) ?? refuse(`unable to parse volume ID '${id}'`);
  return join(folderOf(node, storage), `${encodeURIComponent(name)}.json`);
};

/** The volume with this id; undefined if there is none. */
export function volumeAt(node: LabNode, id: string): Volume | undefined {
  const file = fileOf(node, id);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Volume) : undefined;
}

export const keep = (node: LabNode, id: string, volume: Volume): void =>
  replaceFile(fileOf(node, id), JSON.stringify(volume));

/** The volumes of a storage that belong to guests, by their ids, sorted. */
export function volumesOf(node: LabNode, storage: string): Map<string, Volume> {
  const folder = folderOf(node, storage);
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  const ids = names.flatMap((name) =>
    name.endsWith('.json') ? [`${storage}:${decodeURIComponent(name.slice(0, -5))}`] : [],
  );
  return new Map(
    ids.flatMap((id) =>
      [[id, volumeAt(node, id)] as const].flatMap(([key, volume]) => (volume === undefined ? [] : [[key, volume]])),
    ),
  );
}

/** Whether a volume or a file exists on a storage. */
function volumeExists(node: LabNode, id: string): boolean {
  if (volumeAt(node, id) !== undefined) return true;
  const { volume } = located(node, id);
  return volume.type !== 'images' && existsSync(pathOf(node, pathOfVolume(node, id)));
}

/** A volume's size in bytes; refuses a missing volume with the message of its storage type. */
export function volumeSize(node: LabNode, id: string): number {
  const known = volumeAt(node, id);
  if (known !== undefined) return known.size;
  const { storage, volume } = located(node, id);
  const path = pathOfVolume(node, id);
  if (volume.type !== 'images' && existsSync(pathOf(node, path))) return statSync(pathOf(node, path)).size;
  if (storage.family === 'dir') return refuse(`volume ${id} does not exist`);
  if (storage.family === 'zfspool')
    return refuse(`zfs error: cannot open '${storage.options['pool']}/${volume.name}': dataset does not exist`);
  return refuse(
    `can't get size of '${path}':   Failed to find logical volume "${storage.options['vgname']}/${volume.name}"`,
  );
}

const MIB = 1024 ** 2;

/** LVM allocates extents of 4 MiB, ZFS block devices have whole MiB. */
const EXTENT = 4 * MIB;

const rounded = (storage: Storage, size: number, format: string): number => {
  const unit = storage.family.startsWith('lvm') ? EXTENT : storage.family === 'zfspool' && format === 'raw' ? MIB : 1;
  return Math.ceil(size / unit) * unit;
};

/** The lowest free disk name of a guest. */
function freeName(node: LabNode, storage: Storage, owner: number, format: string): string {
  const taken = new Set(
    [...volumesOf(node, storage.id).keys()].flatMap(
      (id) => new RegExp(`(?:vm|base|subvol|basevol)-${owner}-disk-(\\d+)`).exec(id)?.[1] ?? [],
    ),
  );
  for (let number = 0; ; number++) {
    if (!taken.has(String(number)))
      return `${format === 'subvol' ? 'subvol' : 'vm'}-${owner}-disk-${number}${storage.family === 'dir' ? `.${format}` : ''}`;
  }
}

/** A volume that is to be created. */
export interface NewVolume extends Partial<Omit<Volume, 'size'>> {
  readonly format: string;
  /** In bytes; rounded up to whole extents on LVM. */
  readonly size: number;
  /** Otherwise the lowest free one of its owner. */
  readonly name?: string;
}

/**
 * Creates a volume.
 *
 * @returns the volume's id
 */
export function allocate(
  node: LabNode,
  storage: Storage,
  owner: number,
  { format, size, name, ...more }: NewVolume,
): string {
  if (storage.family.startsWith('lvm') && format !== 'raw') refuse(`unsupported format '${format}'`);
  if (storage.family === 'dir' && format === 'subvol' && size !== 0) refuse('storage does not support subvol quotas');
  const wanted = name ?? freeName(node, storage, owner, format);
  const id = `${storage.id}:${storage.family === 'dir' ? `${owner}/` : ''}${wanted}`;
  if (volumeAt(node, id) !== undefined) {
    if (storage.family === 'dir') refuse(`disk image '${pathOfVolume(node, id)}' already exists`);
    refuse(
      `lvcreate '${storage.options['vgname']}/${wanted}' error:   Logical Volume "${wanted}" already exists in volume group "${storage.options['vgname']}"`,
    );
  }
  return create(node, id, { size: rounded(storage, size, format), snapshots: [], ...more });
}

function create(node: LabNode, id: string, volume: Volume): string {
  keep(node, id, volume);
  return id;
}

/** Refuses a missing volume, with the message of its storage type. */
export function activate(node: LabNode, id: string): void {
  if (volumeExists(node, id)) return;
  const { storage, volume } = located(node, id);
  if (storage.family === 'dir') refuse(`volume '${id}' does not exist`);
  if (storage.family === 'zfspool') volumeSize(node, id);
  const name = `${storage.options['vgname']}/${volume.name}`;
  refuse(`can't activate LV '/dev/${name}':   Failed to find logical volume "${name}"`);
}

/** Whether the storage knows of linked clones of a base volume (LVM-thin never does). */
export function isBaseInUse(node: LabNode, id: string): boolean {
  const { storage, volume } = located(node, id);
  if (!volume.isBase) return false;
  return [...volumesOf(node, storage.id).keys()].some((other) => {
    const { volume: clone } = located(node, other);
    return clone.base === volume.name && clone.baseOwner === volume.owner;
  });
}

/** Removes a volume; a missing one is not an error. */
export function free(node: LabNode, id: string): void {
  const { name } = splitVolumeId(id) ?? refuse(`unable to parse volume ID '${id}'`);
  if (isBaseInUse(node, id)) refuse(`base volume '${name}' is still in use by linked clones`);
  rmSync(fileOf(node, id), { force: true });
}

/** Turns a volume into the base of linked clones. */
export function makeBase(node: LabNode, id: string): string {
  const { storage, volume } = located(node, id);
  if (volume.isBase) refuse('create_base not possible with base image');
  if (storage.family === 'dir' && volume.format === 'subvol') return id;
  const target = id.replace(/(?<=[:/])(vm|subvol)-(?=[^/]*$)/, (_, kind: string) =>
    kind === 'vm' ? 'base-' : 'basevol-',
  );
  const size = volumeSize(node, id);
  create(node, target, { ...volumeAt(node, id), size, snapshots: [] });
  rmSync(fileOf(node, id), { force: true });
  return target;
}

/** Creates a linked clone of a base volume, or of a snapshot where the storage supports that. */
export function linkedClone(node: LabNode, id: string, owner: number, snapshot?: string): string {
  const { storage, volume } = located(node, id);
  if (!volume.isBase && snapshot === undefined) refuse('clone_image only works on base images');
  const source = volumeAt(node, id);
  const name = freeName(node, storage, owner, storage.family === 'dir' ? 'qcow2' : volume.format);
  const linked =
    storage.family === 'zfspool'
      ? `${volume.name}/${name}`
      : storage.family === 'dir'
        ? `${volume.owner}/${volume.name}/${owner}/${name}`
        : name;
  return create(node, `${storage.id}:${linked}`, { ...source, size: volumeSize(node, id), snapshots: [] });
}

/** Sets a volume's size in bytes. */
export function resize(node: LabNode, id: string, size: number): void {
  const volume = volumeAt(node, id);
  if (volume === undefined) return;
  const { storage, volume: name } = located(node, id);
  keep(node, id, { ...volume, size: rounded(storage, size, name.format) });
}
