// Changing a machine's options: at once, by hot-plugging, or at its next start, by the rules of Proxmox.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type Call, print, warn } from './call.ts';
import { type Disk, isCdrom, isDisk, parseDisk } from './disks.ts';
import {
  checkLock,
  checkProtection,
  cleanPending,
  forgetDelete,
  load,
  pendingDeletes,
  randomMac,
  save,
  setPendingDeletes,
  uniqueTags,
} from './guest.ts';
import { type GuestFile, isCloudInit, type Options, optionSchema } from './guest-file.ts';
import { currentMemory } from './guest-status.ts';
import { bridges, running, withGuestLock } from './node.ts';
import type { Parameters } from './parameters/check.ts';
import { splitList } from './parameters/perl.ts';
import { type Properties, parsePropertyString, printPropertyString } from './parameters/property-string.ts';
import { freeVolume } from './pct-disks.ts';
import { checkHookScript } from './pct-set.ts';
import { checkDrives, createDrives, isOwner, isSnapshotted, registerUnused } from './qm-drives.ts';
import { Refusal, refuse, refuseParameters } from './refusal.ts';
import { splitVolumeId } from './storage.ts';
import { clampWeight, guestId, optionsFrom, text } from './verb-parameters.ts';

/** Options that cloud-init hands to the guest. */
const CLOUD_INIT = /^(cicustom|cipassword|citype|ciupgrade|ciuser|nameserver|searchdomain|sshkeys|ipconfig\d+)$/;
/** Options that take effect at once, whether the machine runs or not. */
const IMMEDIATE = new Set(
  'description hookscript lock migrate_downtime migrate_speed name onboot protection shares startup tags vmstatestorage'.split(
    ' ',
  ),
);
const isImmediate = (name: string): boolean => IMMEDIATE.has(name) || CLOUD_INIT.test(name);
/** What the guest learns from its cloud-init drive only when that is made anew. */
const isRecorded = (name: string): boolean => name === 'name' || CLOUD_INIT.test(name) || /^net\d+$/.test(name);

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

/** A machine's network device with a MAC address. */
export function withMac(value: string): string {
  const properties = networkOf(value);
  return printPropertyString('qemu/net', { ...properties, macaddr: properties['macaddr'] ?? randomMac() });
}

/** The properties of a network device. */
export function networkOf(value: string): Properties {
  const read = parsePropertyString('qemu/net', value);
  return read.ok ? read.properties : refuse(read.errors.join('\n'));
}

/** `qm set`, and `qm disk unlink` as the deletions it is. */
export function setMachine(call: Call, parameters: Parameters): void {
  const id = guestId(parameters);
  const set = optionsFrom(parameters, NOT_OPTIONS);
  const shown = optionsFrom(parameters, ['vmid', 'node', 'digest', 'background_delay', 'import-working-storage']);
  const words = Object.keys(shown)
    .sort()
    .flatMap((name) => [`-${name}`, name === 'cipassword' ? '<hidden>' : (shown[name] ?? '')]);
  clampWeight(set);
  const deletes = splitList(text(parameters, 'delete') ?? '').map((name) => (name === 'cdrom' ? 'ide2' : name));
  const reverts = splitList(text(parameters, 'revert') ?? '');
  if (deletes.length + reverts.length + Object.keys(set).length === 0) refuse('no options specified');
  if (set['cdrom'] !== undefined) {
    set['ide2'] = `${set['cdrom']},media=cdrom`;
    delete set['cdrom'];
  }
  checkNames(set, deletes, reverts);
  checkDrives(call, set);
  for (const [name, value] of Object.entries(set)) {
    if (/^net\d+$/.test(name)) set[name] = withMac(value);
    else if (name === 'vmgenid' && value === '1') set[name] = randomUUID();
    else if (name === 'hookscript') checkHook(call, value);
  }
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
    print(call, `update VM ${id}: ${words.join(' ')}`);
    for (const name of reverts) {
      const now = file.options[name];
      if (now !== undefined) set[name] = now;
      else if (file.pending.options[name] !== undefined) deletes.push(name);
    }
    change(call, id, set, deletes, parameters['force'] === '1');
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

/** Puts every change among the pending ones, option by option and each saved, then applies what can be. */
function change(call: Call, id: number, set: Readonly<Options>, deletes: readonly string[], force: boolean): void {
  const selected = new Set<string>();
  const boot = parsePropertyString('qemu/boot', load(call, 'qemu', id).options['boot'] ?? '');
  let order = boot.ok ? splitList(boot.properties['order'] ?? '') : [];
  const reorder = (file: GuestFile, next: string[]): void => {
    order = next;
    file.pending.options['boot'] = order.length === 0 ? '' : `order=${order.join(';')}`;
    selected.add('boot');
  };
  for (const name of deletes) {
    const file = load(call, 'qemu', id);
    const value = file.options[name] ?? file.pending.options[name];
    if (value === undefined) {
      warn(call, `cannot delete '${name}' - not set in current configuration!`);
      continue;
    }
    selected.add(name);
    const waiting = file.pending.options[name];
    delete file.pending.options[name];
    if (order.includes(name))
      reorder(
        file,
        order.filter((device) => device !== name),
      );
    if (name.startsWith('unused')) dropUnused(call, id, file, name, value);
    else if (name === 'tags') delete file.options[name];
    else {
      if (isDisk('qemu', name)) checkProtection(file, `can't remove drive '${name}'`);
      if (isDisk('qemu', name) && waiting !== undefined)
        registerUnused(call, id, file, parseDisk('qemu', name, waiting));
      setPendingDeletes(file, pendingDeletes(file).set(name, force));
    }
    save(call, 'qemu', id, file);
  }
  for (const name of Object.keys(set).sort()) {
    selected.add(name);
    const file = load(call, 'qemu', id);
    const value = set[name] ?? '';
    const waiting = file.pending.options[name];
    if (waiting === value) continue;
    if (isDisk('qemu', name)) {
      if (waiting !== undefined) registerUnused(call, id, file, parseDisk('qemu', name, waiting));
      Object.assign(file.pending.options, createDrives(call, id, { [name]: value }, file).options);
      const drive = parseDisk('qemu', name, value);
      if (order.length > 0 && isCdrom(drive) && !isCloudInit(drive.volume) && !order.includes(name))
        reorder(file, [...order, name]);
    } else if (name === 'tags') file.pending.options[name] = uniqueTags(value);
    else if (name === 'cipassword')
      file.options[name] = file.options['ostype']?.startsWith('w') ? value : encrypted(value);
    else {
      if (name === 'boot') checkBootOrder(file, value, set, deletes);
      if (name === 'boot' && value.startsWith('order=') && file.options['bootdisk'] !== undefined)
        setPendingDeletes(file, pendingDeletes(file).set('bootdisk', false));
      file.pending.options[name] = value;
    }
    forgetDelete(file, name);
    save(call, 'qemu', id, file);
  }
  const file = load(call, 'qemu', id);
  cleanPending(file);
  save(call, 'qemu', id, file);
  if (Object.keys(file.pending.options).length === 0) return;
  const errors =
    running(call.node, id) === undefined ? applyPending(call, id, file) : hotplug(call, id, file, selected);
  if (Object.keys(errors).length > 0) refuseParameters(errors);
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

/** A password as cloud-init keeps it; one that is encrypted already stays. */
function encrypted(password: string): string {
  if (/^\$(?:[156]|2[ay])(\$.+){2}/.test(password)) return password;
  const salt = randomBytes(6).toString('base64').replaceAll('+', '.');
  return `$5$${salt}$${createHash('sha256')
    .update(salt + password)
    .digest('base64')
    .slice(0, 43)
    .replaceAll('+', '.')}`;
}

/** Runs a step for an option; a refusal is kept for it, `skip` leaves the change pending. */
function attempt(
  errors: Record<string, string>,
  name: string,
  describe: (problem: string) => string,
  step: () => unknown,
): boolean {
  try {
    return step() !== 'skip';
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    errors[name] = describe(error.message);
    return false;
  }
}

/** Applies what waits, as at a start. */
export function applyPending(call: Call, id: number, file: GuestFile): Record<string, string> {
  const errors: Record<string, string> = {};
  const apply = (name: string, step: () => void): boolean => {
    const done = attempt(errors, name, (problem) => `unable to apply pending change ${name} : ${problem}\n`, step);
    if (!done) warn(call, (errors[name] ?? '').trimEnd());
    return done;
  };
  for (const [name, force] of [...pendingDeletes(file)].sort()) {
    if (apply(name, () => detach(call, id, file, name, force))) remove(file, name);
  }
  cleanPending(file);
  let isNewCloudInit = false;
  for (const name of Object.keys(file.pending.options).sort()) {
    if (name === 'delete') continue;
    const old = file.options[name];
    const done = apply(name, () => {
      if (old !== undefined && isDisk('qemu', name)) registerUnused(call, id, file, parseDisk('qemu', name, old));
    });
    if (!done) continue;
    isNewCloudInit ||=
      isDisk('qemu', name) && isCloudInit(parseDisk('qemu', name, file.pending.options[name] ?? '').volume);
    commit(file, name);
  }
  if (isNewCloudInit) delete file.special['cloudinit'];
  save(call, 'qemu', id, file);
  return errors;
}

function commit(file: GuestFile, name: string): void {
  file.options[name] = file.pending.options[name] ?? '';
  delete file.pending.options[name];
}

function remove(file: GuestFile, name: string): void {
  delete file.options[name];
  forgetDelete(file, name);
}

function detach(call: Call, id: number, file: GuestFile, name: string, force: boolean): void {
  const value = file.options[name];
  if (value === undefined || !isDisk('qemu', name)) return;
  const drive = parseDisk('qemu', name, value);
  if (!force) registerUnused(call, id, file, drive);
  else if ((!isCdrom(drive) || isCloudInit(drive.volume)) && isOwner(call, id, drive.volume)) {
    if (isSnapshotted(file, drive)) refuse(`unable to delete '${drive.volume}' - volume is still in use (snapshot?)`);
    freeVolume(call, drive.volume);
  }
}

/** Notes what the cloud-init drive still says, when an option changes under a running machine. */
function record(file: GuestFile, name: string, old: string | undefined, next: string | undefined): void {
  if (!isRecorded(name) || (old === undefined && next === undefined)) return;
  file.special['cloudinit'] ??= {};
  const held = file.special['cloudinit'];
  const added = new Set(splitList(held['added'] ?? ''));
  if (held[name] !== undefined) {
    if (next === held[name]) delete held[name];
  } else if (added.has(name)) {
    if (next === undefined) added.delete(name);
  } else if (old === undefined) added.add(name);
  else held[name] = old;
  if (added.size === 0) delete held['added'];
  else held['added'] = [...added].sort().join(',');
}

/** Changes a running machine: what is immediate or can be hot-plugged is done, the rest waits for its next start. */
function hotplug(call: Call, id: number, file: GuestFile, selected: ReadonlySet<string>): Record<string, string> {
  const errors: Record<string, string> = {};
  const describe = (problem: string): string => `hotplug problem - ${problem}\n`;
  for (const name of Object.keys(file.pending.options).sort()) {
    if (!isImmediate(name)) continue;
    record(file, name, file.options[name], file.pending.options[name]);
    commit(file, name);
  }
  const setting = file.options['hotplug'] ?? '1';
  const features = new Set(setting === '0' ? [] : setting === '1' ? ['network', 'disk', 'usb'] : splitList(setting));
  for (const [name, force] of [...pendingDeletes(file)].sort()) {
    if (!selected.has(name)) continue;
    const step = (): unknown => (canUnplug(file, name, features) ? detach(call, id, file, name, force) : 'skip');
    if (!attempt(errors, name, describe, step)) continue;
    record(file, name, file.options[name], undefined);
    remove(file, name);
  }
  for (const name of Object.keys(file.pending.options).sort()) {
    if (name === 'delete' || !selected.has(name)) continue;
    const value = file.pending.options[name] ?? '';
    if (!attempt(errors, name, describe, () => plug(call, id, file, name, value, features))) continue;
    record(file, name, file.options[name], value);
    commit(file, name);
  }
  save(call, 'qemu', id, file);
  if (features.has('cloudinit') && Object.keys(file.special['cloudinit'] ?? {}).length > 0) {
    delete file.special['cloudinit'];
    save(call, 'qemu', id, file);
  }
  return errors;
}

const canPlugUsb = (file: GuestFile): boolean => /^(l26|win8|win10|win11)$/.test(file.options['ostype'] ?? '');

function canUnplug(file: GuestFile, name: string, features: ReadonlySet<string>): boolean {
  if (name === 'hotplug') return !/cpu|memory/.test(file.options['hotplug'] ?? '');
  if (name === 'tablet') return features.has('usb');
  if (/^usb\d+$/.test(name)) return features.has('usb') && canPlugUsb(file);
  if (name === 'vcpus') return features.has('cpu');
  if (name === 'balloon') return file.options['balloon'] !== '0';
  if (/^net\d+$/.test(name)) return features.has('network');
  if (isDisk('qemu', name)) return features.has('disk') && !/^(efidisk|ide|sata|tpmstate)/.test(name);
  if (name === 'memory') return features.has('memory');
  return name === 'cpuunits' || name === 'cpulimit' || isImmediate(name);
}

function plug(
  call: Call,
  id: number,
  file: GuestFile,
  name: string,
  value: string,
  features: ReadonlySet<string>,
): unknown {
  const old = file.options[name];
  const when = (can: boolean): unknown => (can ? undefined : 'skip');
  if (name === 'hotplug') return when(!/cpu|memory/.test(value) && !/cpu|memory/.test(old ?? ''));
  if (name === 'tablet') return when(features.has('usb'));
  if (/^usb\d+$/.test(name)) return when(features.has('usb') && canPlugUsb(file));
  if (name === 'vcpus') return when(features.has('cpu'));
  if (name === 'balloon') return when((old === '0') === (value === '0'));
  if (/^net\d+$/.test(name)) return plugNetwork(call, old, value, features);
  if (isDisk('qemu', name)) return plugDrive(call, id, file, parseDisk('qemu', name, value), features);
  if (name === 'memory') return when(features.has('memory'));
  if (name === 'agent') return when(old !== undefined && sameAgent(old, value));
  return when(name === 'cpuunits' || name === 'cpulimit');
}

function sameAgent(old: string, value: string): boolean {
  const [before, after] = [old, value].map((text) => {
    const read = parsePropertyString('qemu/agent', text);
    const { fstrim_cloned_disks: _, ...rest } = read.ok ? read.properties : {};
    return JSON.stringify(rest['enabled'] === '1' ? Object.entries(rest).sort() : []);
  });
  return before === after;
}

function plugNetwork(call: Call, old: string | undefined, value: string, features: ReadonlySet<string>): unknown {
  const after = networkOf(value);
  const before = old === undefined ? undefined : networkOf(old);
  const isSameDevice =
    before !== undefined && ['model', 'macaddr', 'queues', 'mtu'].every((key) => before[key] === after[key]);
  if (!isSameDevice || before['bridge'] === undefined || after['bridge'] === undefined)
    return features.has('network') ? undefined : 'skip';
  if (before['bridge'] !== after['bridge'] && !bridges(call.node).has(after['bridge']))
    refuse(`bridge '${after['bridge']}' does not exist`);
  return undefined;
}

/** Properties of a drive that only a restart changes. */
const FIXED = ['aio', 'discard', 'iothread', 'queues', 'product', 'cache', 'ssd', 'vendor', 'ro'];

function plugDrive(call: Call, id: number, file: GuestFile, drive: Disk, features: ReadonlySet<string>): unknown {
  if (/^(efidisk0|tpmstate0)$/.test(drive.key)) return 'skip';
  const text = file.options[drive.key];
  const old = text === undefined ? undefined : parseDisk('qemu', drive.key, text);
  if (old !== undefined) {
    if ((drive.properties['media'] ?? 'disk') !== (old.properties['media'] ?? 'disk'))
      refuse('unable to change media type');
    if (isCdrom(old)) {
      if (drive.volume === 'none' && isCloudInit(old.volume)) registerUnused(call, id, file, old);
      return undefined;
    }
    if (drive.volume === old.volume)
      return FIXED.some((key) => drive.properties[key] !== old.properties[key]) ? 'skip' : undefined;
    if (!features.has('disk')) return 'skip';
    registerUnused(call, id, file, old);
  }
  return !features.has('disk') || /^(ide|sata)/.test(drive.key) ? 'skip' : undefined;
}

/** Attaches an imported volume as a drive. */
export function attachImported(call: Call, id: number, file: GuestFile, key: string, volume: string): void {
  if (splitVolumeId(volume) === undefined) return;
  file.pending.options[key] = volume;
  if (running(call.node, id) === undefined) applyPending(call, id, file);
  else hotplug(call, id, file, new Set([key]));
}
