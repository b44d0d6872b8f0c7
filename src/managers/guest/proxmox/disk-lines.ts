// Finds every entry of a guest's file that names a volume, in any section: what Proxmox would free when it destroys the guest.

import { type GuestConf, isPending } from './conf.ts';
import { parseProperties } from './property-string.ts';

export interface DiskLine {
  /** `''` for current values, `pending` for pending ones, else the name of a snapshot. */
  readonly section: string;
  readonly key: string;
  readonly value: string;
  /** The volume, or a path of the host. */
  readonly volume: string;
  readonly isCdrom: boolean;
}

const ENTRY = /^(rootfs|(?:mp|unused|scsi|virtio|sata|ide)\d+|efidisk0|tpmstate0|vmstate):\s*(\S.*?)\s*$/;

export function diskLines({ text }: Pick<GuestConf, 'text'>): DiskLine[] {
  let section = '';
  return text.split('\n').flatMap((line) => {
    const header = /^\[([^\]]+)\]\s*$/.exec(line)?.[1];
    if (header !== undefined) section = isPending(header) ? 'pending' : header;
    return header === undefined ? (entryOf(section, line) ?? []) : [];
  });
}

function entryOf(section: string, line: string): DiskLine | undefined {
  const [, key, value] = ENTRY.exec(line) ?? [];
  if (key === undefined || value === undefined) return undefined;
  const properties = parseProperties(value, '');
  const volume = properties[''] ?? properties['volume'] ?? properties['file'] ?? '';
  return { section, key, value, volume, isCdrom: properties['media'] === 'cdrom' };
}

/** The file without the entries of these volumes in any section, so that destroying the guest leaves the volumes. */
export function withoutVolumes(text: string, volumes: ReadonlySet<string>): string {
  return text
    .split('\n')
    .filter((line) => {
      const volume = entryOf('', line)?.volume;
      return volume === undefined || !volumes.has(volume);
    })
    .join('\n');
}

/** A volume's storage, by the names that storages may have. (pve-storage, PVE/Storage/Plugin.pm, parse_volume_id) */
const VOLUME_ID = /^([a-z][a-z0-9._-]*[a-z0-9]):./i;

/**
 * Whether it is an existing volume: not a path of the host, not a drive without a medium, not a request for a new volume (`rpool:8`), and nothing that an
 * edited file has in a volume's place.
 */
export function isVolume(volume: string): boolean {
  return VOLUME_ID.test(volume) && !/^[^/:]+:\d+(\.\d+)?$/.test(volume);
}

/** The storage of a volume; empty for a folder or device of the host, and for what is no volume. */
export function storageOfVolume(volume: string | undefined): string {
  return VOLUME_ID.exec(volume ?? '')?.[1] ?? '';
}
