// `pct clone`: a copy of a container, or a linked clone of a template.

import { parsePropertyString, printPropertyString } from '../../../../src/proxmox/parameters/property-string.ts';
import { joinPool } from '../access/access.ts';
import { checkPool } from '../access/user-config.ts';
import { type Call, print, task } from '../call.ts';
import { copyGuest, removeBelongings } from '../guest/belongings.ts';
import { backing, type Disk, parseDisk, printDisk, withVolume } from '../guest/disks.ts';
import { emptyFile, type GuestFile, type Section } from '../guest/file.ts';
import { checkFree, checkLock, isTemplate, load, randomMac, removeFile, save, update } from '../guest/guest.ts';
import { running, withGuestLock } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { Refusal, refuse } from '../refusal.ts';
import { enabledStorage, splitVolumeId, storageNamed } from '../storage/storage.ts';
import { hasFeature } from '../storage/volume-features.ts';
import { activate, linkedClone } from '../storage/volumes.ts';
import { guestId, text } from '../verb-parameters.ts';
import { copyMount, freeVolume } from './disks.ts';

/** `pct clone`. */
export function cloneContainer(call: Call, parameters: Parameters): void {
  const id = guestId(parameters);
  const target = Number(parameters['newid']);
  const storage = text(parameters, 'storage');
  const snapshot = text(parameters, 'snapname');
  const pool = text(parameters, 'pool');
  checkPool(call.node, pool);
  if (storage !== undefined) enabledStorage(call.node, storage);
  update(call, 'lxc', id, (file) => {
    checkLock('lxc', file);
    file.options['lock'] = 'disk';
  });
  try {
    withGuestLock(call.node, 'lxc', target, 5, () => {
      checkFree(call, target);
      save(call, 'lxc', target, { ...emptyFile(), options: { lock: 'create' } });
    });
    const source = load(call, 'lxc', id);
    const { file, disks } = removingOnFailure(call, target, () => draft(call, id, source, parameters));
    const copy = (): void => {
      print(call, `creating a clone of container ${id} with ID ${target}`);
      const made: string[] = [];
      try {
        for (const { disk } of disks) activate(call.node, disk.volume);
        for (const { disk, full } of disks) {
          const next = full ? fullCopy(call, disk, target, storage) : linkedCopy(call, disk, target, snapshot);
          made.push(next.volume);
          file.options[disk.key] = printDisk('lxc', next);
        }
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        for (const volume of made) freeVolume(call, volume);
        refuse(`clone failed: ${error.message}`);
      }
      copyGuest(call, id, target, snapshot);
      save(call, 'lxc', target, file);
      joinPool(call.node, target, pool);
    };
    task(call, 'vzclone', id, () => removingOnFailure(call, target, copy));
  } finally {
    update(call, 'lxc', id, (file) => void delete file.options['lock']);
  }
}

/** Removes the target again when `work` is refused. */
function removingOnFailure<T>(call: Call, target: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    removeFile(call, 'lxc', target);
    removeBelongings(call, target);
    throw error;
  }
}

type Copy = { readonly disk: Disk; readonly full: boolean };

/** The clone's file without its disks, and how each disk is to be copied. */
function draft(call: Call, id: number, source: GuestFile, parameters: Parameters): { file: GuestFile; disks: Copy[] } {
  const snapshot = text(parameters, 'snapname');
  const storage = text(parameters, 'storage');
  const full = parameters['full'] === undefined ? !isTemplate(source) : parameters['full'] === '1';
  if (storage !== undefined && !full) refuse("parameter 'storage' not allowed for linked clones");
  const section: Section =
    snapshot === undefined ? source : (source.snapshots[snapshot] ?? refuse(`snapshot '${snapshot}' does not exist`));
  const file = { ...emptyFile(), raw: [...section.raw] };
  const disks: Copy[] = [];
  for (const name of Object.keys(section.options).sort()) {
    const value = section.options[name] ?? '';
    if (/^unused\d+$|^(parent|snaptime|snapstate|template|lock)$/.test(name)) continue;
    if (name === 'rootfs' || /^mp\d+$/.test(name)) {
      const disk = parseDisk('lxc', name, value);
      checkCopy(call, id, { disk, full }, storage, snapshot);
      disks.push({ disk, full });
    } else file.options[name] = /^net\d+$/.test(name) ? withNewMac(value) : value;
  }
  for (const name of ['hostname', 'description']) {
    const value = text(parameters, name);
    if (value) file.options[name] = value;
  }
  return { file, disks };
}

/** Refuses a disk that cannot be copied as asked. */
function checkCopy(
  call: Call,
  id: number,
  { disk, full }: Copy,
  storage: string | undefined,
  snapshot: string | undefined,
): void {
  const type = backing(disk.volume);
  if (type !== 'volume') refuse(`unable to clone mountpoint '${disk.key}' (type ${type})`);
  storageNamed(call.node, storage ?? splitVolumeId(disk.volume)?.storage ?? '');
  if (full && running(call.node, id) !== undefined && snapshot === undefined)
    refuse('Full clone of a running container is only possible from a snapshot');
  if (!full && !hasFeature(call.node, 'clone', disk.volume, snapshot, true))
    refuse(`Linked clone feature for '${disk.volume}' is not available`);
}

function withNewMac(value: string): string {
  const read = parsePropertyString('lxc/net', value);
  return read.ok ? printPropertyString('lxc/net', { ...read.properties, type: 'veth', hwaddr: randomMac() }) : value;
}

function fullCopy(call: Call, disk: Disk, target: number, storage: string | undefined): Disk {
  print(call, `create full clone of mountpoint ${disk.key} (${disk.volume})`);
  return copyMount(call, disk, target, storage ?? splitVolumeId(disk.volume)?.storage ?? '');
}

function linkedCopy(call: Call, disk: Disk, target: number, snapshot: string | undefined): Disk {
  print(call, `create linked clone of mount point ${disk.key} (${disk.volume})`);
  return withVolume('lxc', disk, linkedClone(call.node, disk.volume, target, snapshot));
}
