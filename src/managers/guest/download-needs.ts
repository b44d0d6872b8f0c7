// Files that a guest is made from, or has in a drive, come first where the node downloads them.

import { type TargetId, targetId } from '../../model/ids.ts';
import { fileVolume } from '../../proxmox/storage-files.ts';
import type { Config } from '../config.ts';

/**
 * Targets of declared downloads among these files.
 *
 * @param named ids of volumes, paths, or nothing, as the guest's fields have them
 */
export function downloadNeeds(named: readonly (string | null)[], { datacenter }: Config): TargetId[] {
  return (datacenter?.get('download') ?? []).flatMap(({ name, options: { storage, content, filename } }) =>
    named.includes(fileVolume(String(storage), String(content), String(filename))) ? [targetId('download', name)] : [],
  );
}
