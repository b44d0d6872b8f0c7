// Volumes made and removed by the API (pve-storage, PVE/API2/Storage/Content.pm).

import { rmSync } from 'node:fs';
import { type Call, print, task } from '../call.ts';
import { pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse, refuseParameters } from '../refusal.ts';
import { besideBackup, removeBackup } from './backups.ts';
import { allocationSize } from './content.ts';
import { enabledStorage, located, pathOfVolume, splitVolumeId } from './storage.ts';
import { allocate, free, volumeAt } from './volumes.ts';

/** `pvesm alloc`: creates a volume and returns its id. */
export function allocateVolume(call: Call, { storage, vmid, filename, size, format }: Parameters): string {
  const bytes = allocationSize(String(size));
  if (bytes === undefined) refuseParameters({ size: `unable to parse size '${size}'` });
  const named = /\.(raw|qcow2|vmdk)$/.exec(String(filename))?.[1];
  if (named !== undefined && format !== undefined && format !== named)
    refuseParameters({ format: `different storage formats (${format} != ${named})` });
  const place = enabledStorage(call.node, String(storage));
  const name = String(filename);
  const prefix = `${format === 'subvol' ? 'subvol' : 'vm'}-${vmid}-`;
  if (place.family !== 'dir' && name !== '' && !name.startsWith(prefix))
    refuse(`illegal name '${name}' - should be '${prefix}*'`);
  const id = allocate(call.node, place, Number(vmid), {
    format: named ?? String(format ?? 'raw'),
    size: bytes ?? 0,
    ...(name ? { name } : {}),
  });
  if (place.family.startsWith('lvm')) print(call, `  Logical volume "${splitVolumeId(id)?.name}" created.`);
  return id;
}

/** Removes a volume or a file as a task. */
export function freeVolume(call: Call, { volume, storage }: Parameters): void {
  const id = String(volume).includes(':') ? String(volume) : `${storage}:${volume}`;
  const { storage: place, volume: of } = located(call.node, id);
  const file = pathOf(call.node, pathOfVolume(call.node, id));
  const remove = (): void => {
    if (of.type === 'backup' && besideBackup(file).protected === 1)
      refuse(`cannot remove protected volume 'backup/${of.name}' on '${place.id}'`);
    if (of.type === 'backup') removeBackup(file);
    else if (volumeAt(call.node, id) === undefined) rmSync(file, { force: true });
    else free(call.node, id);
    print(call, `Removed volume '${id}'`);
  };
  task(call, 'imgdel', place.id, remove, 'print');
}
