// `qm create` and `qm clone`.

import { randomUUID } from 'node:crypto';
import { clipboardProblem } from '../../../../src/proxmox/machine/start.ts';
import { encodedKeys } from '../../../../src/proxmox/parameters/code-checks.ts';
import { printPropertyString } from '../../../../src/proxmox/parameters/property-string.ts';
import { isCloudInit } from '../../../../src/proxmox/storages/volumes.ts';
import { joinPool } from '../access/access.ts';
import { checkPool } from '../access/user-config.ts';
import { type Call, print, task, warn } from '../call.ts';
import { copyGuest, removeBelongings } from '../guest/belongings.ts';
import { type Disk, disksOf, isCdrom, isDisk, parseDisk, printDisk, withVolume } from '../guest/disks.ts';
import { emptyFile, emptySection, type GuestFile, type Section } from '../guest/file.ts';
import { checkFree, checkLock, isTemplate, load, randomMac, removeFile, save, uniqueTags } from '../guest/guest.ts';
import { guestTree, kindOf, running, withGuestLock } from '../node.ts';
import { addToHa } from '../objects/ha/ha.ts';
import type { Parameters } from '../parameters/check.ts';
import { freeVolume } from '../pct/disks.ts';
import { Refusal, refuse, refuseParameters } from '../refusal.ts';
import { enabledStorage } from '../storage/storage.ts';
import { hasFeature } from '../storage/volume-features.ts';
import { activate, linkedClone, volumeSize } from '../storage/volumes.ts';
import { checkKeys, clampWeight, guestId, optionsFrom, text } from '../verb-parameters.ts';
import { checkDriveOptions, checkDriveStorages, cloneDrive, createDrives } from './drives.ts';
import { startMachine } from './lifecycle.ts';
import { pinnedMachine } from './machine-type.ts';
import { networkOf, withMac } from './pending.ts';

/** Parameters that are not options of the machine. */
const NOT_OPTIONS =
  'vmid node archive bwlimit force pool start storage unique ha-managed live-restore import-working-storage'.split(' ');
const QEMU_VERSION = '10.1.2';

/** `qm create`. */
export function createMachine(call: Call, parameters: Parameters): void {
  const id = guestId(parameters);
  const storage = text(parameters, 'storage');
  const options = optionsFrom(parameters, NOT_OPTIONS);
  const pool = text(parameters, 'pool');
  checkKeys(encodedKeys(options['sshkeys'] ?? ''));
  clampWeight(options);
  checkPool(call.node, pool);
  if (options['cdrom'] !== undefined) {
    options['ide2'] = `${options['cdrom']},media=cdrom`;
    delete options['cdrom'];
  }
  checkDriveStorages(call, options, storage, text(parameters, 'import-working-storage'));
  checkDriveOptions(call, options);
  for (const [name, value] of Object.entries(options)) if (/^net\d+$/.test(name)) options[name] = withMac(value);
  const prefix = `unable to create VM ${id} - `;
  withGuestLock(call.node, 'qemu', id, 5, () => {
    checkFree(call, id, prefix);
    save(call, 'qemu', id, { ...emptyFile(), options: { lock: 'create' } });
  });
  task(call, 'qmcreate', id, () => {
    withGuestLock(call.node, 'qemu', id, 1, () => fill(call, id, { ...emptyFile(), options }, storage, prefix));
    joinPool(call.node, id, pool);
    if (parameters['ha-managed'] === '1') addToHa(call, `vm:${id}`, parameters['start'] === '1');
    if (parameters['start'] !== '1') return;
    print(call, 'Execute autostart');
    startMachine(call, id, {});
  });
}

function fill(call: Call, id: number, file: GuestFile, storage: string | undefined, prefix: string): void {
  let volumes: string[] = [];
  try {
    const { options } = file;
    options['meta'] = `creation-qemu=${QEMU_VERSION},ctime=${Math.floor(Date.now() / 1000)}`;
    const drives = Object.fromEntries(Object.entries(options).filter(([name]) => isDisk('qemu', name)));
    const created = createDrives(call, id, drives, { ...file, options: withoutDrives(options) }, storage);
    volumes = created.made;
    Object.assign(options, created.options);
    options['boot'] ??= defaultBoot(options);
    const problem = clipboardProblem(options['vga'] ?? '');
    if (problem !== undefined) refuse(problem);
    options['smbios1'] ??= `uuid=${randomUUID()}`;
    if ((options['vmgenid'] ?? '1') === '1') options['vmgenid'] = randomUUID();
    const machine = pinnedMachine(options['machine'], options['ostype']);
    if (machine !== undefined) options['machine'] = machine;
    if (options['tags'] !== undefined) options['tags'] = uniqueTags(options['tags']);
    save(call, 'qemu', id, file);
    guestTree(call.node, id);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    for (const volume of volumes) freeVolume(call, volume);
    removeFile(call, 'qemu', id);
    refuse(prefix + error.message);
  }
}

const withoutDrives = (options: GuestFile['options']): GuestFile['options'] =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !isDisk('qemu', name)));

/** The first disk, the first CD and the first network device. */
function defaultBoot(options: GuestFile['options']): string {
  const drives = disksOf('qemu', options).filter((disk) => !/^(efidisk|tpmstate)/.test(disk.key));
  const network = Object.keys(options)
    .filter((name) => /^net\d+$/.test(name))
    .sort((a, b) => Number(a.slice(3)) - Number(b.slice(3)))[0];
  const order = [drives.find((disk) => !isCdrom(disk))?.key, drives.find(isCdrom)?.key, network].filter(
    (name) => name !== undefined,
  );
  return order.length === 0 ? '' : `order=${order.join(';')}`;
}

/** Options that belong to the source's snapshots. */
const NOT_CLONED =
  /^(parent|snaptime|vmstate|snapstate|runningcpu|runningmachine|running-nets-host-mtu|unused\d+|lock)$/;

/** `qm clone`. */
export function cloneMachine(call: Call, parameters: Parameters): void {
  const id = guestId(parameters);
  const target = Number(parameters['newid']);
  if (kindOf(call.node, id) !== 'qemu')
    refuse(`unable to find configuration file for VM ${id} on node '${call.node.name}'`);
  checkPool(call.node, text(parameters, 'pool'));
  draft(call, id, target, parameters);
  task(call, 'qmclone', id, () =>
    withGuestLock(call.node, 'qemu', target, 1, () => fillClone(call, id, target, parameters)),
  );
}

function fillClone(call: Call, id: number, target: number, parameters: Parameters): void {
  const snapshot = text(parameters, 'snapname');
  const { file, copies } = draft(call, id, target, parameters);
  print(call, `creating a clone of VM ${id} with ID ${target}`);
  const changes = Object.keys(load(call, 'qemu', id).pending.options);
  save(call, 'qemu', target, { ...emptyFile(), options: { lock: 'clone' } });
  const made: string[] = [];
  try {
    for (const { disk } of copies) if (!isCloudInit(disk.volume)) activate(call.node, disk.volume);
    for (const copy of copies) {
      const next = copied(call, copy, target, parameters);
      made.push(next.volume);
      file.options[copy.disk.key] = printDisk('qemu', next);
    }
    if (changes.length > 0 && snapshot === undefined)
      warn(call, `found pending changes for '${changes.join(',')}', discarding for clone`);
    copyGuest(call, id, target, snapshot);
    save(call, 'qemu', target, file);
    joinPool(call.node, target, text(parameters, 'pool'));
  } catch (error) {
    for (const volume of made) freeVolume(call, volume);
    removeFile(call, 'qemu', target);
    removeBelongings(call, target);
    if (error instanceof Refusal) refuse(`clone failed: ${error.message}`);
    throw error;
  }
}

function copied(call: Call, { disk, full }: Copy, target: number, parameters: Parameters): Disk {
  print(call, `create ${full ? 'full' : 'linked'} clone of drive ${disk.key} (${disk.volume})`);
  return full
    ? cloneDrive(call, disk, target, text(parameters, 'storage'), text(parameters, 'format'))
    : linked(call, disk, target, text(parameters, 'snapname'));
}

type Copy = { readonly disk: Disk; readonly full: boolean };

/** The clone's file without its disks, and how each disk is to be copied. */
function draft(call: Call, id: number, target: number, parameters: Parameters): { file: GuestFile; copies: Copy[] } {
  const snapshot = text(parameters, 'snapname');
  checkImages(call, text(parameters, 'storage'));
  const source = load(call, 'qemu', id);
  checkLock('qemu', source);
  const section: Section =
    snapshot === undefined ? source : (source.snapshots[snapshot] ?? refuse(`snapshot '${snapshot}' does not exist`));
  const full = parameters['full'] === undefined ? !isTemplate(source) : parameters['full'] === '1';
  if (!full) checkLinked(parameters);
  checkTarget(call, target);
  if (full && snapshot === undefined && section.options['tpmstate0'] !== undefined) checkStopped(call, id);
  const file: GuestFile = { ...emptyFile(), special: structuredClone(snapshot === undefined ? source.special : {}) };
  const copies: Copy[] = [];
  for (const name of Object.keys(section.options).sort()) {
    const value = section.options[name] ?? '';
    if (NOT_CLONED.test(name)) continue;
    const disk = isDisk('qemu', name) ? parseDisk('qemu', name, value) : null;
    if (disk !== null && isCopied(disk)) copies.push(copyOf(call, disk, full, snapshot));
    else file.options[name] = clonedValue(name, value, disk);
  }
  file.options = withIdentity(file.options, text(parameters, 'name') || `Copy-of-VM-${section.options['name'] ?? id}`);
  const description = text(parameters, 'description');
  if (description) file.options['description'] = description;
  file.pending = emptySection();
  return { file, copies };
}

function checkImages(call: Call, storage: string | undefined): void {
  if (storage !== undefined && !enabledStorage(call.node, storage).content.has('images'))
    refuseParameters({ storage: `storage '${storage}' does not support vm images` });
}

function checkStopped(call: Call, id: number): void {
  if (running(call.node, id) !== undefined) refuse('cannot clone TPM state while VM is running');
}

/** Refuses parameters that only a full clone has. */
function checkLinked(parameters: Parameters): void {
  for (const name of ['storage', 'format'])
    if (text(parameters, name) !== undefined) refuse(`parameter '${name}' not allowed for linked clones`);
}

function checkTarget(call: Call, target: number): void {
  const taken = kindOf(call.node, target);
  if (taken === 'qemu') refuse(`unable to create VM ${target}: config file already exists`);
  if (taken === 'lxc') checkFree(call, target, `unable to create VM ${target} - `);
}

/** Gives a clone its own name and UUIDs; it is no template. */
function withIdentity({ template: _, ...options }: GuestFile['options'], name: string): GuestFile['options'] {
  const smbios = (options['smbios1'] ?? '').split(',').filter((part) => part !== '' && !part.startsWith('uuid='));
  return {
    ...options,
    name,
    smbios1: [...smbios, `uuid=${randomUUID()}`].sort().join(','),
    ...(options['vmgenid'] === undefined ? {} : { vmgenid: randomUUID() }),
  };
}

/** What a CD-ROM drive holds is shared by a clone. */
function isCopied(disk: Disk): boolean {
  return !isCdrom(disk) || isCloudInit(disk.volume);
}

function clonedValue(name: string, value: string, cdrom: Disk | null): string {
  if (cdrom !== null) return printDisk('qemu', cdrom);
  return /^net\d+$/.test(name) ? printPropertyString('qemu/net', { ...networkOf(value), macaddr: randomMac() }) : value;
}

function copyOf(call: Call, disk: Disk, wantsFull: boolean, snapshot: string | undefined): Copy {
  const full = wantsFull || isCloudInit(disk.volume) || disk.key === 'tpmstate0';
  const of = snapshot === undefined ? '' : ' a snapshot of';
  if (!hasFeature(call.node, full ? 'copy' : 'clone', disk.volume, isCloudInit(disk.volume) ? undefined : snapshot))
    refuse(`${full ? 'Full' : 'Linked'} clone feature is not supported for${of} '${disk.volume}' (${disk.key})`);
  return { disk, full };
}

function linked(call: Call, disk: Disk, target: number, snapshot: string | undefined): Disk {
  const volume = linkedClone(call.node, disk.volume, target, snapshot);
  return withVolume('qemu', disk, volume, volumeSize(call.node, volume));
}
