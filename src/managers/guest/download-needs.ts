// Finds the declared downloads that a guest depends on: the file that it is created from, and files in its drives.

import { type TargetId, targetId } from '../../model/ids.ts';
import { archiveOf, fileVolume } from '../../proxmox/storages/files.ts';
import type { Config } from '../config.ts';

/**
 * Targets of declared downloads among these files.
 *
 * @param named volume ids, paths or null, from the guest's fields
 */
export function downloadNeeds(named: readonly (string | null)[], { datacenter }: Config): TargetId[] {
  const files = named.map((volume) => (volume === null ? null : archiveOf(volume)));
  return (datacenter?.get('download') ?? []).flatMap(({ name, options: { storage, content, filename } }) =>
    files.includes(fileVolume(String(storage), String(content), String(filename))) ? [targetId('download', name)] : [],
  );
}
