// Changes a machine's options: immediately, by hot-plugging, or at its next start, by Proxmox's rules.

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { clipboardProblem, machineProblem } from '../../../../src/proxmox/machine/start.ts';
import { encodedKeys } from '../../../../src/proxmox/parameters/code-checks.ts';
import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { parsePropertyString } from '../../../../src/proxmox/parameters/property-string.ts';
import { isCloudInit } from '../../../../src/proxmox/storages/volumes.ts';
import { type Call, print, task, warn } from '../call.ts';
import { isCdrom, isDisk, parseDisk, parseStoredDrive } from '../guest/disks.ts';
import type { GuestFile, Options } from '../guest/file.ts';
import {
  checkLock,
  checkProtection,
  cleanPending,
  forgetDelete,
  load,
  pendingDeletes,
  save,
  setPendingDeletes,
  uniqueTags,
} from '../guest/guest.ts';
import { optionSchema } from '../guest/options.ts';
import { currentMemory } from '../guest/status.ts';
import { running, withGuestLock } from '../node.ts';
import { checkStaysReplicable } from '../objects/replication.ts';
import type { Parameters } from '../parameters/check.ts';
import { freeVolume } from '../pct/disks.ts';
import { checkHookScript } from '../pct/host.ts';
import { Refusal, refuse, refuseParameters } from '../refusal.ts';
import { checkKeys, clampWeight, guestId, optionsFrom, text } from '../verb-parameters.ts';
import {
  checkDriveOptions,
  checkDriveStorages,
  createDrives,
  isOwner,
  isSnapshotted,
  registerUnused,
} from './drives.ts';
import { hotplug } from './hotplug.ts';
import { pinnedMachine } from './machine-type.ts';
import { applyPending, withMac } from './pending.ts';

const NOT_OPTIONS = [
  'vmid',
  'node',
  'digest',
  'delete',
  'revert',
  'force',
  'skiplock',
  'background_delay',
  'import-working-storage',
  'skip_cloud_init',
];

/** `qm set`; `qm disk unlink` is a deletion. @param asTask as by a POST of the API: what fails then is the task, not the call that began it */
export function setMachine(call: Call, parameters: Parameters, asTask = false): void {
  const id = guestId(parameters);
  const set = optionsFrom(parameters, NOT_OPTIONS);
  const shown = optionsFrom(parameters, ['vmid', 'node', 'digest', 'background_delay', 'import-working-storage']);
  const words = Object.keys(shown)
    .sort()
    .flatMap((name) => [`-${name}`, name === 'cipassword' ? '<hidden>' : (shown[name] ?? '')]);
  checkKeys(encodedKeys(set['sshkeys'] ?? ''));
  clampWeight(set);
  const deletes = splitList(text(parameters, 'delete') ?? '').map((name) => (name === 'cdrom' ? 'ide2' : name));
  const reverts = splitList(text(parameters, 'revert') ?? '');
  if (deletes.length + reverts.length + Object.keys(set).length === 0) refuse('no options specified');
  if (set['cdrom'] !== undefined) {
    set['ide2'] = `${set['cdrom']},media=cdrom`;
    delete set['cdrom'];
  }
  checkNames(set, deletes, reverts);
  checkDriveOptions(call, set);
  for (const [name, value] of Object.entries(set)) {
    if (/^net\d+$/.test(name)) set[name] = withMac(value);
    else if (name === 'vmgenid' && value === '1') set[name] = randomUUID();
    else if (name === 'hookscript') checkHook(call, value);
  }
  checkDriveStorages(call, set);
  checkStaysReplicable(call.node, 'qemu', id, set);
  const check = (): GuestFile => {
    const file = load(call, 'qemu', id);
    if (parameters['digest'] !== undefined && parameters['digest'] !== file.digest)
      refuse('checksum mismatch (file change by other user?)');
    if (parameters['skiplock'] !== '1') checkLock('qemu', file);
    checkBalloon(set, file);
    return file;
  };
  check();
  withGuestLock(call.node, 'qemu', id, 10, () => {
    const file = check();
    const work = (): void => {
      print(call, `update VM ${id}: ${words.join(' ')}`);
      for (const name of reverts) {
        const now = file.options[name];
        if (now !== undefined) set[name] = now;
        else if (file.pending.options[name] !== undefined) deletes.push(name);
      }
      change(call, id, set, deletes, parameters['force'] === '1');
    };
    if (asTask) task(call, 'qmconfig', id, work);
    else work();
  });
}

function checkNames(set: Readonly<Options>, deletes: readonly string[], reverts: readonly string[]): void {
  for (const name of reverts) {
    if (optionSchema('qemu', name) === undefined) refuseParameters({ revert: `unknown option '${name}'` });
    if (set[name] !== undefined)
      refuseParameters({ delete: `you can't use '-${name}' and -revert ${name}' at the same time` });
  }
  for (const name of deletes) {
    if (set[name] !== undefined)
      refuseParameters({ delete: `you can't use '-${name}' and -delete ${name}' at the same time` });
    if (reverts.includes(name))
      refuseParameters({ revert: `you can't use '-delete ${name}' and -revert ${name}' at the same time` });
    if (optionSchema('qemu', name) === undefined) refuseParameters({ delete: `unknown option '${name}'` });
  }
}

function checkHook(call: Call, value: string): void {
  try {
    checkHookScript(call.node, value);
  } catch (error) {
    if (error instanceof Refusal) refuseParameters({ hookscript: error.message });
    throw error;
  }
}

function checkBalloon(set: Readonly<Options>, { options, pending }: GuestFile): void {
  if (set['memory'] === undefined && set['balloon'] === undefined) return;
  const memory = currentMemory(set['memory'] ?? pending.options['memory'] ?? options['memory']);
  const balloon = Number(set['balloon'] ?? pending.options['balloon'] ?? options['balloon'] ?? 0);
  if (balloon > memory) refuse('balloon value too large (must be smaller than assigned memory)');
}

/** A change of several options, which Proxmox carries out one by one. */
interface Changing {
  readonly call: Call;
  readonly id: number;
  readonly set: Readonly<Options>;
  readonly deletes: readonly string[];
  /** Deleted volumes are removed too, and not kept as unused. */
  readonly force: boolean;
  /** The options that are changed, or that follow from one that is. */
  readonly selected: Set<string>;
  /** The boot order, with the changes so far. */
  order: readonly string[];
}

/** Adds every change to the pending ones, saving after each option, then applies those that can be applied. */
function change(call: Call, id: number, set: Readonly<Options>, deletes: readonly string[], force: boolean): void {
  const boot = parsePropertyString('qemu/boot', load(call, 'qemu', id).options['boot'] ?? '');
  const order = boot.ok ? splitList(boot.properties['order'] ?? '') : [];
  const changing: Changing = { call, id, set, deletes, force, selected: new Set(), order };
  for (const name of deletes) deleteOption(changing, name);
  for (const name of Object.keys(set).sort()) setOption(changing, name, set[name] ?? '');
  const file = load(call, 'qemu', id);
  cleanPending(file);
  save(call, 'qemu', id, file);
  if (Object.keys(file.pending.options).length === 0) return;
  const errors =
    running(call.node, id) === undefined ? applyPending(call, id, file) : hotplug(call, id, file, changing.selected);
  if (Object.keys(errors).length > 0) refuseParameters(errors);
}

function deleteOption(changing: Changing, name: string): void {
  const { call, id, order, selected, force } = changing;
  const file = load(call, 'qemu', id);
  const value = file.options[name] ?? file.pending.options[name];
  if (value === undefined) {
    warn(call, `cannot delete '${name}' - not set in current configuration!`);
    return;
  }
  selected.add(name);
  const waiting = file.pending.options[name];
  delete file.pending.options[name];
  if (order.includes(name)) {
    const others = order.filter((device) => device !== name);
    reorder(changing, file, others);
  }
  if (name.startsWith('unused')) dropUnused(call, id, file, name, value);
  else if (name === 'tags') delete file.options[name];
  else {
    if (isDisk('qemu', name)) {
      checkProtection(file, `can't remove drive '${name}'`);
      if (waiting !== undefined) registerUnused(call, id, file, parseStoredDrive(name, waiting));
    }
    setPendingDeletes(file, pendingDeletes(file).set(name, force));
  }
  save(call, 'qemu', id, file);
}

/** Some options have no pending value: they are set at once. */
function setOption(changing: Changing, name: string, value: string): void {
  const { call, id, selected } = changing;
  selected.add(name);
  const file = load(call, 'qemu', id);
  if (file.pending.options[name] === value) return;
  if (isDisk('qemu', name)) setDrive(changing, file, name, value);
  else if (name === 'tags') file.pending.options[name] = uniqueTags(value);
  else if (name === 'cipassword')
    file.options[name] = file.options['ostype']?.startsWith('w') ? value : encrypted(value);
  else {
    checkOption(changing, file, name, value);
    file.pending.options[name] = value;
    addFollowing(changing, file, name, value);
  }
  forgetDelete(file, name);
  save(call, 'qemu', id, file);
}

/** A pending drive that is replaced becomes an unused one; a new CD drive is appended to the boot order. */
function setDrive(changing: Changing, file: GuestFile, name: string, value: string): void {
  const { call, id, order } = changing;
  const waiting = file.pending.options[name];
  if (name === 'tpmstate0') checkTpmVersion(file.options[name], value);
  if (waiting !== undefined) registerUnused(call, id, file, parseStoredDrive(name, waiting));
  Object.assign(file.pending.options, createDrives(call, id, { [name]: value }, file).options);
  const drive = parseDisk('qemu', name, value);
  const isBootable = isCdrom(drive) && !isCloudInit(drive.volume);
  if (order.length > 0 && isBootable && !order.includes(name)) reorder(changing, file, [...order, name]);
}

function checkOption({ set, deletes }: Changing, file: GuestFile, name: string, value: string): void {
  if (name === 'boot') checkBootOrder(file, value, set, deletes);
  const problem = name === 'machine' ? machineProblem(value) : name === 'vga' ? clipboardProblem(value) : undefined;
  if (problem !== undefined) refuse(problem);
}

/** The pending changes of other options that follow from this one. */
function addFollowing({ selected }: Changing, file: GuestFile, name: string, value: string): void {
  if (name === 'boot' && value.startsWith('order=') && file.options['bootdisk'] !== undefined)
    setPendingDeletes(file, pendingDeletes(file).set('bootdisk', false));
  if (name === 'ostype' && !selected.has('machine') && file.pending.options['machine'] === undefined) {
    const machine = pinnedMachine(file.options['machine'], value);
    if (machine !== undefined) file.pending.options['machine'] = machine;
  }
}

function reorder(changing: Changing, file: GuestFile, order: readonly string[]): void {
  changing.order = order;
  file.pending.options['boot'] = order.length === 0 ? '' : `order=${order.join(';')}`;
  changing.selected.add('boot');
}

/** PVE/API2/Qemu.pm, prohibit_tpm_version_change. */
function checkTpmVersion(old: string | undefined, value: string): void {
  if (old === undefined) return;
  const [before, after] = [old, value].map((text) => parseDisk('qemu', 'tpmstate0', text));
  const versionOf = (disk: typeof before): string => disk?.properties['version'] ?? 'v1.2';
  if (before?.volume === after?.volume && versionOf(before) !== versionOf(after))
    refuse('cannot change TPM state version after creation');
}

function dropUnused(call: Call, id: number, file: GuestFile, name: string, volume: string): void {
  checkProtection(file, `can't remove unused disk '${volume}'`);
  if (isOwner(call, id, volume)) {
    if (isSnapshotted(file, { key: name, volume, properties: {} }))
      refuse(`unable to delete '${volume}' - volume is still in use (snapshot?)`);
    freeVolume(call, volume);
  }
  delete file.options[name];
}

function checkBootOrder(file: GuestFile, value: string, set: Readonly<Options>, deletes: readonly string[]): void {
  const boot = parsePropertyString('qemu/boot', value);
  for (const device of boot.ok ? splitList(boot.properties['order'] ?? '') : []) {
    const exists = file.options[device] ?? file.pending.options[device] ?? set[device];
    if (exists === undefined || deletes.includes(device))
      refuse(`invalid bootorder: device '${device}' does not exist'`);
  }
}

/** The hash of a password for cloud-init; a hash is returned unchanged. */
function encrypted(password: string): string {
  if (/^\$(?:[156]|2[ay])(\$.+){2}/.test(password)) return password;
  const salt = randomBytes(6).toString('base64').replaceAll('+', '.');
  return `$5$${salt}$${createHash('sha256')
    .update(salt + password)
    .digest('base64')
    .slice(0, 43)
    .replaceAll('+', '.')}`;
}
