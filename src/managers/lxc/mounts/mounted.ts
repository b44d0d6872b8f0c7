// Parses the mounts of a container from its settings. The index (`mp3`) only says in which entry Proxmox stores a mount.

import type { Settings } from '../../guest/proxmox/conf.ts';
import { normalFlag, type Properties, parseProperties } from '../../guest/proxmox/property-string.ts';
import { indexesOf } from '../../guest/proxmox/settings.ts';

export interface Mounted {
  readonly key: string;
  readonly path: string;
  /** `storage:name`, or a path of the host. */
  readonly volume: string;
  readonly size: string | undefined;
  readonly readOnly: boolean;
  /** All keys, including volume and path. */
  readonly properties: Properties;
}

export function mountedIn(settings: Settings): Mounted[] {
  return indexesOf(settings, 'mp')
    .sort((a, b) => a - b)
    .map((index) => mountedAs(`mp${index}`, settings[`mp${index}`] ?? ''));
}

export function mountedAs(key: string, value: string): Mounted {
  const properties = parseProperties(value, 'volume');
  return {
    key,
    path: withoutSlash(properties['mp'] ?? ''),
    volume: properties['volume'] ?? '',
    size: properties['size'],
    readOnly: normalFlag(properties['ro'] ?? '0') === '1',
    properties,
  };
}

/** Proxmox treats `/data/` and `/data` as the same path. */
function withoutSlash(path: string): string {
  return path.replace(/(?<=.)\/+$/, '');
}

/** Whether it is a folder or device of the host. */
export function isOfHost(volume: string): boolean {
  return volume.startsWith('/');
}

/** Whether it is a disk of the host, which Proxmox mounts by itself. (pve-container, PVE/LXC/Config.pm, classify_mountpoint) */
export function isDevice(volume: string): boolean {
  return volume.startsWith('/dev/');
}

/** `rpool:8` requests a new volume of that many GB, which Proxmox has not created yet. */
export function isToBeMade(volume: string): boolean {
  return /:\d+(\.\d+)?$/.test(volume);
}

export function storageOf(volume: string): string {
  return volume.slice(0, Math.max(0, volume.indexOf(':')));
}
