// Why a guest cannot be snapshotted. A snapshot covers all its disks, so each of them must support it.

import type { HostFacts } from '../observe/observation.ts';
import type { GuestConf } from '../proxmox/conf.ts';
import { type DiskLine, diskLines } from '../proxmox/disk-lines.ts';
import { parseProperties } from '../proxmox/property-string.ts';

/** Storage types that can snapshot every volume. */
const ALL: ReadonlySet<string> = new Set(['zfspool', 'zfs', 'lvmthin', 'btrfs', 'rbd']);
/** Storage types that can snapshot volumes that are qcow2 files. */
const QCOW2: ReadonlySet<string> = new Set(['dir', 'nfs', 'cifs']);

/** Null: it can be snapshotted. */
export function snapshotObstacle(host: HostFacts, conf: GuestConf): string | null {
  const disks = diskLines(conf).filter(
    ({ section, key, isCdrom }) => section === '' && !isCdrom && !key.startsWith('unused') && key !== 'vmstate',
  );
  for (const disk of disks) {
    const obstacle = obstacleOf(host, disk);
    if (obstacle !== null) return obstacle;
  }
  return null;
}

function obstacleOf({ storages }: HostFacts, { key, value, volume }: DiskLine): string | null {
  if (volume.startsWith('/'))
    return `${parseProperties(value)['mp'] ?? key} is ${volume} of the host, and Proxmox snapshots no guest that has such a disk`;
  const storage = volume.slice(0, Math.max(0, volume.indexOf(':')));
  const type = storages?.[storage] ?? '';
  if (ALL.has(type) || (QCOW2.has(type) && volume.endsWith('.qcow2'))) return null;
  return `storage ${storage}${type === '' ? '' : ` (${type})`} cannot snapshot ${volume}`;
}
