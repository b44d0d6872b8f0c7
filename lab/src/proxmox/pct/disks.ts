// Mount points of containers: creates, copies, grows and moves their volumes.

import { newDiskBytes, parseSize } from '../../../../src/proxmox/storages/sizes.ts';
import { type Call, print, task, warn } from '../call.ts';
import { addUnused, backing, type Disk, disksOf, parseDisk, printDisk, withVolume } from '../guest/disks.ts';
import type { GuestFile, Options } from '../guest/file.ts';
import { checkLock, isTemplate, load, save, update } from '../guest/guest.ts';
import { running, withGuestLock } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse, refuseParameters } from '../refusal.ts';
import { located, NEW_VOLUME, splitVolumeId, storageNamed } from '../storage/storage.ts';
import { hasFeature } from '../storage/volume-features.ts';
import { activate, allocate, free, makeBase, resize, volumeSize } from '../storage/volumes.ts';
import { checkDigest, text } from '../verb-parameters.ts';

/** Creates a volume for a mount point; on file-based storages one of size zero is a folder. */
function allocateMount(call: Call, storageId: string, owner: number, size: number): string {
  const storage = storageNamed(call.node, storageId);
  if (storage.family !== 'zfspool' && !storage.content.has('rootdir'))
    refuse(`content type 'rootdir' is not available or configured on storage '${storageId}'`);
  const format = storage.family === 'zfspool' || (storage.family === 'dir' && size === 0) ? 'subvol' : 'raw';
  const id = allocate(call.node, storage, owner, { format, size });
  if (storage.family.startsWith('lvm')) print(call, `  Logical volume "${splitVolumeId(id)?.name}" created.`);
  if (format === 'raw') print(call, 'Creating filesystem');
  return id;
}

/** Removes a volume, with LVM's message. */
export function freeVolume(call: Call, id: string): void {
  const { storage } = located(call.node, id);
  free(call.node, id);
  if (storage.family.startsWith('lvm'))
    print(call, `  Logical volume "${splitVolumeId(id)?.name}" successfully removed.`);
}

/** Removes a volume that belongs to the container; warns about one of another guest and leaves it. */
export function freeOwned(call: Call, id: number, volume: string): void {
  if (backing(volume) !== 'volume') return;
  if (located(call.node, volume).volume.owner === id) freeVolume(call, volume);
  else warn(call, `ignore deletion of '${volume}', CT ${id} isn't the owner!`);
}

/**
 * Creates the volumes of new mount points (`storage:GiB`) and writes all of them into `options`.
 *
 * @returns the ids of the new volumes; when one fails, all are removed
 */
export function createMounts(call: Call, id: number, mounts: Readonly<Options>, options: Options): string[] {
  const made: string[] = [];
  try {
    for (const disk of disksOf('lxc', mounts)) {
      const [, storage, gib] = NEW_VOLUME.exec(disk.volume) ?? [];
      if (storage !== undefined) {
        const size = newDiskBytes(Number(gib));
        const volume = allocateMount(call, storage, id, size);
        made.push(volume);
        options[disk.key] = printDisk('lxc', withVolume('lxc', disk, volume, size));
      } else {
        if (backing(disk.volume) === 'volume') activate(call.node, disk.volume);
        options[disk.key] = printDisk('lxc', disk);
      }
    }
  } catch (error) {
    for (const volume of made) freeVolume(call, volume);
    throw error;
  }
  return made;
}

/** Copies a mount point's volume for another container; the size is read from the storage. */
export function copyMount(call: Call, disk: Disk, owner: number, storage: string): Disk {
  const size = volumeSize(call.node, disk.volume);
  return withVolume('lxc', disk, allocateMount(call, storage, owner, size), size);
}

/** `pct resize`: fails for invalid parameters, but not if growing fails. */
export function resizeMount(call: Call, id: number, parameters: Parameters): void {
  const key = text(parameters, 'disk') ?? '';
  const wanted = text(parameters, 'size') ?? '';
  const check = (): { file: GuestFile; disk: Disk; size: number } => {
    const file = load(call, 'lxc', id);
    checkLock('lxc', file);
    checkDigest(parameters, file);
    const disk = parseDisk('lxc', key, file.options[key] ?? '');
    const { owner } = located(call.node, disk.volume).volume;
    if (owner !== id)
      refuse(
        `can't resize mount point owned by another container (${owner}) at /usr/share/perl5/PVE/API2/LXC.pm line 2386.`,
      );
    activate(call.node, disk.volume);
    const now = volumeSize(call.node, disk.volume);
    const size = Math.trunc(
      (wanted.startsWith('+') ? now : 0) + (parseSize(wanted.replace(/^\+/, '')) ?? refuse('invalid size string')),
    );
    if (size < now) refuse('unable to shrink disk size');
    if (size === now) refuse('disk is already at specified size');
    return { file, disk, size };
  };
  check();
  const work = (): void => {
    const { file, disk, size } = check();
    resize(call.node, disk.volume, size);
    file.options[key] = printDisk('lxc', withVolume('lxc', disk, disk.volume, size));
    save(call, 'lxc', id, file);
  };
  task(call, 'resize', id, () => withGuestLock(call.node, 'lxc', id, 10, work), 'print');
}

/** `pct template`: volumes become bases of linked clones; a failure of that does not fail the call. */
export function makeTemplate(call: Call, id: number): void {
  withGuestLock(call.node, 'lxc', id, 10, () => {
    const file = load(call, 'lxc', id);
    checkLock('lxc', file);
    if (Object.keys(file.snapshots).length > 0) refuse('unable to create template, because CT contains snapshots');
    if (isTemplate(file)) refuse("you can't convert a template to a template");
    if (running(call.node, id) !== undefined) refuse("you can't convert a CT to template if the CT is running");
    const work = (): void => {
      const disks = disksOf('lxc', file.options);
      for (const disk of disks)
        if (!hasFeature(call.node, 'template', disk.volume))
          refuse(`Template feature is not available for '${disk.volume}'`);
      for (const disk of disks)
        file.options[disk.key] = printDisk('lxc', withVolume('lxc', disk, makeBase(call.node, disk.volume)));
      file.options['template'] = '1';
      save(call, 'lxc', id, file);
    };
    task(call, 'vztemplate', id, work, 'print');
  });
}

/** `pct move-volume` to another storage; the old volume becomes an unused one unless it is to be deleted. */
export function moveVolume(call: Call, id: number, parameters: Parameters): void {
  const key = text(parameters, 'volume') ?? '';
  const missing = "both 'storage' and 'target-vmid' missing, either needs to be set";
  const storage = text(parameters, 'storage') ?? refuseParameters({ 'target-vmid': missing, storage: missing });
  const remove = parameters['delete'] === '1';
  update(call, 'lxc', id, (file) => {
    checkLock('lxc', file);
    if (running(call.node, id) !== undefined) refuse('cannot move volumes of a running container');
    if (key.startsWith('unused'))
      refuse(`cannot move volume '${key}', only configured volumes can be moved to another storage`);
    const disk = parseDisk('lxc', key, file.options[key] ?? '');
    const inSnapshot = Object.values(file.snapshots).some(({ options }) =>
      disksOf('lxc', options).some(({ volume }) => volume === disk.volume),
    );
    if (remove && inSnapshot) refuse("you can't move a volume with snapshots and delete the source");
    checkDigest(parameters, file);
    task(call, 'move_volume', id, () => {
      const copy = copyMount(call, disk, id, storage);
      const moved = isTemplate(file) ? withVolume('lxc', copy, makeBase(call.node, copy.volume)) : copy;
      file.options[key] = printDisk('lxc', moved);
      if (remove) freeVolume(call, disk.volume);
      else addUnused(file.options, disk.volume);
    });
  });
}
