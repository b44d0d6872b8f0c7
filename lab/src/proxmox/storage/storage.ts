// The node's storages and their volumes: names, formats and features by the rules of each storage type. A volume is a small file with its size, its
// snapshots, and whether an image was imported into it.

import { existsSync, readFileSync } from 'node:fs';
import { parseSections, type Section } from '../../../../src/proxmox/files/section-config.ts';
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

/** What a storage holds where its section does not say it; of other types only disks of VMs. */
const USUAL_CONTENT: Readonly<Record<string, string>> = {
  btrfs: 'images,rootdir',
  cephfs: 'backup',
  dir: 'images,rootdir',
  esxi: 'import',
  lvmthin: 'images,rootdir',
  pbs: 'backup',
  zfspool: 'images,rootdir',
};

const LOCAL_PATH = '/var/lib/vz';
const NEW_LOCAL: Section = {
  type: 'dir',
  options: {
    path: [LOCAL_PATH],
    content: ['backup,images,iso,rootdir,snippets,vztmpl'],
    'prune-backups': ['keep-all=1'],
  },
};

/** The storages of `storage.cfg`, by name. */
export function storages(node: LabNode): Map<string, Storage> {
  const file = pathOf(node, 'etc/pve/storage.cfg');
  const read = parseSections(existsSync(file) ? readFileSync(file, 'utf8') : '');
  return new Map([...withLocal(read)].map(([id, section]) => [id, storageOf(id, section)]));
}

function storageOf(id: string, { type, options: written }: Section): Storage {
  const lines = Object.entries(written).map(([key, values]) => [key, values.at(-1) ?? '']);
  const options: Record<string, string> = Object.fromEntries(lines);
  options['content'] ||= USUAL_CONTENT[type] ?? 'images';
  return {
    id,
    type,
    family: FILE_BASED.has(type) ? 'dir' : type === 'lvm' || type === 'lvmthin' ? type : 'zfspool',
    content: new Set(options['content'].split(/[,;\s]+/)),
    shared: options['shared'] === '1' || isShared(type),
    disabled: 'disable' in options && options['disable'] !== '0',
    options,
  };
}

/** There is always a storage `local`, on all nodes: another one of this name is not read (PVE/Storage/Plugin.pm, parse_config). */
function withLocal(sections: ReadonlyMap<string, Section>): ReadonlyMap<string, Section> {
  const found = sections.get('local');
  const path = found?.options['path']?.[0] ?? LOCAL_PATH;
  if (found?.type !== 'dir' || path !== LOCAL_PATH) return new Map(sections).set('local', NEW_LOCAL);
  const { nodes: _, ...options } = found.options;
  return new Map(sections).set('local', { type: 'dir', options: { ...options, path: [path] } });
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
