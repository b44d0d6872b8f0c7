// The verbs of qm for drives: resize, template, move and import.
import { statSync } from 'node:fs';
import { parseSize } from '../../../../src/proxmox/storages/sizes.ts';
import { type Call, print, task, warn } from '../call.ts';
import { addUnused, type Disk, disksOf, isCdrom, parseDisk, printDisk, withVolume } from '../guest/disks.ts';
import type { GuestFile } from '../guest/file.ts';
import { checkLock, isTemplate, load, save, update } from '../guest/guest.ts';
import { hostFile, running, withGuestLock } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { freeVolume } from '../pct/disks.ts';
import { Refusal, refuse, refuseParameters } from '../refusal.ts';
import { enabledStorage, located } from '../storage/storage.ts';
import { hasFeature } from '../storage/volume-features.ts';
import { activate, makeBase, resize, volumeSize } from '../storage/volumes.ts';
import { checkDigest, text } from '../verb-parameters.ts';
import { cloneDrive, imageSize, isSnapshotted, makeVolume } from './drives.ts';

/** `qm resize`: the call always succeeds; errors are only printed. */
export function resizeDrive(call: Call, id: number, parameters: Parameters): void {
  const key = text(parameters, 'disk') ?? '';
  const work = (file: GuestFile): void => {
    if (parameters['digest'] !== undefined && parameters['digest'] !== file.digest)
      refuse('checksum mismatch (file change by other user?)');
    if (parameters['skiplock'] !== '1') checkLock('qemu', file);
    const disk = parseDisk('qemu', key, file.options[key] ?? refuse(`disk '${key}' does not exist`));
    located(call.node, disk.volume);
    if (isCdrom(disk)) refuse("you can't resize a cdrom");
    activate(call.node, disk.volume);
    const now = volumeSize(call.node, disk.volume);
    const wanted = text(parameters, 'size') ?? '';
    const size = Math.trunc((wanted.startsWith('+') ? now : 0) + (parseSize(wanted.replace(/^\+/, '')) ?? 0));
    if (size < now) refuse('shrinking disks is not supported');
    if (size === now) return;
    resize(call.node, disk.volume, size);
    file.options[key] = printDisk('qemu', withVolume('qemu', disk, disk.volume, size));
  };
  task(call, 'resize', id, () => update(call, 'qemu', id, work), 'print');
}

/** `qm disk move` to another storage; the old volume becomes an unused one unless it is to be deleted. */
export function moveDrive(call: Call, id: number, parameters: Parameters): void {
  const key = text(parameters, 'disk') ?? '';
  if (parameters['target-vmid'] !== undefined) refuse("the lab does not carry out 'qm disk move' to another machine");
  const missing = "both 'storage' and 'target-vmid' missing, either needs to be set";
  const storage = text(parameters, 'storage') ?? refuseParameters({ 'target-vmid': missing, storage: missing });
  const remove = parameters['delete'] === '1';
  const format = text(parameters, 'format');
  const check = (): { file: GuestFile; disk: Disk } => {
    const file = load(call, 'qemu', id);
    checkLock('qemu', file);
    checkDigest(parameters, file);
    const disk = parseDisk('qemu', key, file.options[key] ?? refuse(`disk '${key}' does not exist`));
    if (isCdrom(disk)) refuse("you can't move a cdrom");
    const here = located(call.node, disk.volume);
    if (here.storage.id === storage && (format === undefined || format === here.volume.format))
      refuse("you can't move to the same storage with same format");
    if (!enabledStorage(call.node, storage).content.has('images'))
      refuseParameters({ storage: `storage '${storage}' does not support vm images` });
    if (remove && isSnapshotted(file, disk)) refuse("you can't move a disk with snapshots and delete the source");
    return { file, disk };
  };
  check();
  const work = (): void => {
    const { file, disk } = check();
    const from = located(call.node, disk.volume).storage.id;
    print(call, `copying volume '${disk.volume}' from current storage '${from}' to target storage '${storage}'`);
    const copy = cloneDrive(call, disk, id, storage, format);
    const moved = isTemplate(file) ? withVolume('qemu', copy, makeBase(call.node, copy.volume)) : copy;
    file.options[key] = printDisk('qemu', moved);
    if (!remove) addUnused(file.options, disk.volume);
    save(call, 'qemu', id, file);
    if (remove) freeVolume(call, disk.volume);
  };
  task(call, 'qmmove', id, () => withGuestLock(call.node, 'qemu', id, 10, work));
}

/** `qm template`: drives become bases of linked clones; a failure of that does not fail the call. */
export function makeTemplate(call: Call, id: number, parameters: Parameters): void {
  const only = text(parameters, 'disk');
  const check = (file: GuestFile): void => {
    checkLock('qemu', file);
    if (Object.keys(file.snapshots).length > 0) refuse('unable to create template, because VM contains snapshots');
    if (isTemplate(file) && only === undefined) refuse("you can't convert a template to a template");
    if (running(call.node, id) !== undefined) refuse("you can't convert a VM to template if VM is running");
  };
  check(load(call, 'qemu', id));
  const work = (file: GuestFile): void => {
    check(file);
    file.options['template'] = '1';
    for (const disk of disksOf('qemu', file.options)) {
      if (isCdrom(disk) || (only !== undefined && only !== disk.key) || !hasFeature(call.node, 'template', disk.volume))
        continue;
      file.options[disk.key] = printDisk('qemu', withVolume('qemu', disk, makeBase(call.node, disk.volume)));
    }
  };
  task(call, 'qmtemplate', id, () => update(call, 'qemu', id, work), 'print');
}

/** `qm disk import`: an image file becomes a volume, unused unless a drive is named. */
export function importDisk(
  call: Call,
  id: number,
  parameters: Parameters,
  attach: (file: GuestFile, key: string, volume: string) => void,
): void {
  const source = text(parameters, 'source') ?? '';
  const storageId = text(parameters, 'storage') ?? '';
  const target = text(parameters, 'target-disk');
  checkLock('qemu', load(call, 'qemu', id));
  const path = hostFile(call.node, source);
  if (path === undefined || !statSync(path).isFile()) throw new Refusal(`${source}: non-existent or non-regular file`);
  const storage = enabledStorage(call.node, storageId);
  if (!storage.content.has('images')) refuse(`storage ${storageId} does not support vm images`);
  print(call, `importing disk '${source}' to VM ${id} ...`);
  const format = text(parameters, 'format');
  if (format !== undefined && format !== 'raw' && storage.family !== 'dir')
    warn(call, `format '${format}' is not supported by the target storage - using 'raw' instead`);
  const volume = makeVolume(call, storage, id, { format: format ?? 'raw', size: imageSize(path), image: true });
  try {
    update(call, 'qemu', id, (file) => {
      checkLock('qemu', file);
      const key = target === undefined || target.startsWith('unused') ? undefined : target;
      if (key !== undefined && file.options[key] !== undefined)
        refuse(`cowardly refusing to overwrite existing entry: ${key}`);
      if (key === undefined) addUnused(file.options, volume);
      else attach(file, key, volume);
      const name =
        key ??
        Object.keys(file.options).find((option) => option.startsWith('unused') && file.options[option] === volume);
      print(call, `${name}: successfully imported disk '${file.options[name ?? ''] ?? volume}'`);
    });
  } catch (error) {
    if (error instanceof Refusal) freeVolume(call, volume);
    throw error;
  }
}
