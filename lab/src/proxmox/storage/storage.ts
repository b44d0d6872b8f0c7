// The node's storages and their volumes: names, formats and features by the rules of each storage type. A volume is a small file with its size, its
// snapshots, and whether an image was imported into it.

import { existsSync, readFileSync } from 'node:fs';
import { isShared } from '../../../../src/proxmox/storages/types.ts';
import { type LabNode, pathOf } from '../node.ts';
import { refuse } from '../refusal.ts';
import { parseVolumeName, type VolumeName } from './volume-name.ts';

export type StorageFamily = 'dir' | 'lvm' | 'lvmthin' | 'zfspool';

export type Storage = {
  readonly id: string;
  readonly type: string;
  /** The rules that its volumes follow; file-based types follow those of `dir`. */
  readonly family: StorageFamily;
  readonly content: ReadonlySet<string>;
  readonly shared: boolean;
  readonly disabled: boolean;
  readonly options: Readonly<Record<string, string>>;
};

const FILE_BASED = new Set(['dir', 'nfs', 'cifs', 'cephfs', 'btrfs', 'glusterfs']);

/** The storages of `storage.cfg`, by name. */
export function storages(node: LabNode): Map<string, Storage> {
  const file = pathOf(node, 'etc/pve/storage.cfg');
  const found = new Map<string, Storage>();
  let current: { type: string; id: string; options: Record<string, string> } | undefined;
  const finish = (): void => {
    if (current === undefined) return;
    const { id, type, options } = current;
    const content = new Set((options['content'] ?? 'images,rootdir').split(/[,;\s]+/));
    const family = FILE_BASED.has(type) ? 'dir' : type === 'lvm' || type === 'lvmthin' ? type : 'zfspool';
    const shared = options['shared'] === '1' || isShared(type);
    found.set(id, {
      id,
      type,
      family,
      content,
      shared,
      disabled: 'disable' in options && options['disable'] !== '0',
      options,
    });
  };
  for (const line of existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []) {
    const [, type, id] = /^(\S+):\s*(\S+)\s*$/.exec(line) ?? [];
    const [, key, value = ''] = /^\s+(\S+)(?:\s+(.*?))?\s*$/.exec(line) ?? [];
    if (type !== undefined && id !== undefined) {
      finish();
      current = { type, id, options: {} };
    } else if (key !== undefined && current !== undefined) current.options[key] = value;
  }
  finish();
  return found;
}

/** A storage by its name. */
export function storageNamed(node: LabNode, id: string): Storage {
  return storages(node).get(id) ?? refuse(`storage '${id}' does not exist`);
}

/** A storage that is enabled on this node. */
export function enabledStorage(node: LabNode, id: string): Storage {
  const storage = storageNamed(node, id);
  if (storage.disabled) refuse(`storage '${id}' is disabled`);
  const nodes = storage.options['nodes'];
  if (nodes !== undefined && !nodes.split(',').includes(node.name))
    refuse(`storage '${id}' is not available on node '${node.name}'`);
  return storage;
}

/** `local-lvm:4`: a new volume of 4 GiB on that storage. */
export const NEW_VOLUME = /^([^:/\s]+):(\d+(?:\.\d+)?)$/;

/** Splits `storage:name`; undefined for other texts, such as a path. */
export function splitVolumeId(id: string): { storage: string; name: string } | undefined {
  const [, storage, name] = /^([a-z][a-z0-9\-_.]*[a-z0-9]):(.+)$/i.exec(id) ?? [];
  return storage === undefined || name === undefined ? undefined : { storage, name };
}

/** A volume's storage and its parsed name; refuses names that are invalid on the storage. */
export function located(node: LabNode, id: string): { storage: Storage; volume: VolumeName } {
  const { storage: storageId, name } = splitVolumeId(id) ?? refuse(`unable to parse volume ID '${id}'`);
  const storage = storageNamed(node, storageId);
  return { storage, volume: parseVolumeName(storage.family, name) };
}

const FOLDER: Record<string, string> = {
  iso: 'template/iso',
  vztmpl: 'template/cache',
  backup: 'dump',
  snippets: 'snippets',
  import: 'import',
  images: 'images',
};

/** The path on the host of a volume, as Proxmox prints it. */
export function pathOfVolume(node: LabNode, id: string): string {
  const { storage, volume } = located(node, id);
  if (storage.family === 'lvm' || storage.family === 'lvmthin')
    return `/dev/${storage.options['vgname'] ?? 'pve'}/${volume.name}`;
  if (storage.family === 'zfspool') {
    const pool = storage.options['pool'] ?? storage.id;
    return volume.format === 'subvol'
      ? `${storage.options['mountpoint'] ?? `/${pool}`}/${volume.name}`
      : `/dev/zvol/${pool}/${volume.name}`;
  }
  const folder = `${storage.options['path'] ?? `/mnt/pve/${storage.id}`}/${FOLDER[volume.type] ?? volume.type}`;
  return `${folder}/${volume.owner !== undefined && volume.type === 'images' ? `${volume.owner}/` : ''}${volume.name}`;
}

/** Refuses a volume of another type, and an invalid storage or name. */
export function checkAccess(node: LabNode, id: string, type?: string): void {
  if (splitVolumeId(id) === undefined) return;
  const { volume } = located(node, id);
  if (type !== undefined && volume.type !== type && !(type === 'rootdir' && volume.type === 'images'))
    refuse(`unable to use volume ${id} - content type needs to be '${type}'`);
}
