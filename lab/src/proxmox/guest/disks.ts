// The disks of a guest: mount points of containers, drives of machines, both property strings around a volume.

import { readDrive } from '../../../../src/proxmox/machine/read-drive.ts';
import {
  type Properties,
  parsePropertyString,
  printPropertyString,
} from '../../../../src/proxmox/parameters/property-string.ts';
import { parseSize } from '../../../../src/proxmox/storages/sizes.ts';
import { isCloudInit } from '../../../../src/proxmox/storages/volumes.ts';
import type { GuestKind } from '../node.ts';
import { Refusal } from '../refusal.ts';
import type { Options } from './file.ts';

export type Disk = {
  readonly key: string;
  /** The volume's id, a path of the host, or `none`. */
  readonly volume: string;
  /** `size` in bytes. */
  readonly properties: Properties;
};

const KEYS: Record<GuestKind, readonly string[]> = {
  lxc: ['rootfs', ...Array.from({ length: 256 }, (_, index) => `mp${index}`)],
  qemu: [
    ...Array.from({ length: 4 }, (_, index) => `ide${index}`),
    ...Array.from({ length: 31 }, (_, index) => `scsi${index}`),
    ...Array.from({ length: 16 }, (_, index) => `virtio${index}`),
    ...Array.from({ length: 6 }, (_, index) => `sata${index}`),
    'efidisk0',
    'tpmstate0',
  ],
};
const VOLUME: Record<GuestKind, string> = { lxc: 'volume', qemu: 'file' };
const KEY_SETS = { lxc: new Set(KEYS.lxc), qemu: new Set(KEYS.qemu) };

/** Whether an option holds a disk. */
export const isDisk = (kind: GuestKind, key: string): boolean => KEY_SETS[kind].has(key);
const formatOf = (kind: GuestKind, key: string): string =>
  `${kind}/${/^(efidisk0|tpmstate0)$/.test(key) ? key : key.replace(/\d+$/, '')}`;

/** Parses a disk; refuses with the errors of the format check, or with what Proxmox complains of in a drive. */
export function parseDisk(kind: GuestKind, key: string, text: string): Disk {
  if (key.startsWith('unused')) return { key, volume: text, properties: { [VOLUME[kind]]: text } };
  const read = parsePropertyString(formatOf(kind, key), text);
  if (!read.ok) throw new Refusal(read.errors.join('\n'));
  const drive = kind === 'qemu' ? readDrive(key, read.properties) : read;
  if (!drive.ok) throw new Refusal(drive.complaints.join('\n'));
  return diskOf(kind, key, drive.properties);
}

/**
 * Parses a drive of a VM that is in a file already. One that Proxmox complains of ends no call there: it counts as a drive without a volume. (qemu-server,
 * PVE/QemuServer/Drive.pm, parse_drive, and PVE/QemuServer.pm, vmconfig_delete_or_detach_drive)
 */
export function parseStoredDrive(key: string, text: string): Disk {
  const read = parsePropertyString(formatOf('qemu', key), text);
  if (!read.ok) throw new Refusal(read.errors.join('\n'));
  const drive = readDrive(key, read.properties);
  return drive.ok ? diskOf('qemu', key, drive.properties) : { key, volume: '', properties: {} };
}

function diskOf(kind: GuestKind, key: string, read: Properties): Disk {
  const { size, ...properties } = read;
  const bytes = size === undefined ? undefined : parseSize(size);
  return {
    key,
    volume: properties[VOLUME[kind]] ?? '',
    properties: bytes === undefined ? properties : { ...properties, size: String(bytes) },
  };
}

/** Prints a disk as in a guest's file. */
export function printDisk(kind: GuestKind, { key, properties }: Disk): string {
  return printPropertyString(formatOf(kind, key), properties);
}

/** The same disk on another volume, or of another size (bytes). */
export function withVolume(kind: GuestKind, disk: Disk, volume: string, size?: number): Disk {
  const { format: _, ...kept } = disk.properties;
  const properties = { ...(kind === 'qemu' ? kept : disk.properties), [VOLUME[kind]]: volume };
  return { ...disk, volume, properties: size === undefined ? properties : { ...properties, size: String(size) } };
}

/** The disks among a guest's options in Proxmox's order; invalid values are skipped. */
export function disksOf(kind: GuestKind, options: Readonly<Options>): Disk[] {
  return KEYS[kind].flatMap((key) => {
    const text = options[key];
    if (text === undefined) return [];
    try {
      return [parseDisk(kind, key, text)];
    } catch (error) {
      if (error instanceof Refusal) return [];
      throw error;
    }
  });
}

/** The unused volumes of a guest. */
export function unusedOf(options: Readonly<Options>): Disk[] {
  return Object.keys(options)
    .sort()
    .flatMap((key) => (/^unused\d+$/.test(key) ? [{ key, volume: options[key] ?? '', properties: {} }] : []));
}

/** What a mount point is backed by. */
export function backing(volume: string): 'volume' | 'bind' | 'device' {
  if (!volume.startsWith('/')) return 'volume';
  return volume.startsWith('/dev/') ? 'device' : 'bind';
}

/** Whether a drive is a CD, cloud-init drives among them. */
export const isCdrom = (disk: Disk): boolean => disk.properties['media'] === 'cdrom';

/** Whether a disk is a volume: not a CD, not a path. */
export const isVolume = (kind: GuestKind, disk: Disk): boolean =>
  kind === 'lxc' ? backing(disk.volume) === 'volume' : !isCdrom(disk) || isCloudInit(disk.volume);

/** Adds a volume as the lowest free `unusedN`, unless it is there already. */
export function addUnused(options: Options, volume: string): void {
  if (unusedOf(options).some((disk) => disk.volume === volume)) return;
  for (let number = 0; ; number++) {
    if (options[`unused${number}`] !== undefined) continue;
    options[`unused${number}`] = volume;
    return;
  }
}
