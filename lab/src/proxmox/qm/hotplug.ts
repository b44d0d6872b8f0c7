// Changes of a running machine by Proxmox's rules for hot-plugging.

import { hotplugFeatures } from '../../../../src/proxmox/guests/guest-options.ts';
import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { parsePropertyString } from '../../../../src/proxmox/parameters/property-string.ts';
import { isCloudInit } from '../../../../src/proxmox/storages/volumes.ts';
import { bridges } from '../../host/links/links.ts';
import type { Call } from '../call.ts';
import { type Disk, isCdrom, isDisk, parseStoredDrive } from '../guest/disks.ts';
import type { GuestFile } from '../guest/file.ts';
import { pendingDeletes, save } from '../guest/guest.ts';
import { running } from '../node.ts';
import { attempt, refuse } from '../refusal.ts';
import { splitVolumeId } from '../storage/storage.ts';
import { registerUnused } from './drives.ts';
import { applyPending, commit, detach, networkOf, remove } from './pending.ts';

/** Options that reach the guest by cloud-init. */
const CLOUD_INIT = /^(cicustom|cipassword|citype|ciupgrade|ciuser|nameserver|searchdomain|sshkeys|ipconfig\d+)$/;

/** Options that take effect at once, whether the machine runs or not. */
const IMMEDIATE = new Set(
  'description hookscript lock migrate_downtime migrate_speed name onboot protection shares startup tags vmstatestorage'.split(
    ' ',
  ),
);

const isImmediate = (name: string): boolean => IMMEDIATE.has(name) || CLOUD_INIT.test(name);

/** Options that reach the guest only when its cloud-init drive is regenerated. */
const isRecorded = (name: string): boolean => name === 'name' || CLOUD_INIT.test(name) || /^net\d+$/.test(name);

/** Records the value that is still on the cloud-init drive when an option changes. */
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

/** Applies immediate and hot-pluggable changes; the rest stays pending until the next start. */
export function hotplug(
  call: Call,
  id: number,
  file: GuestFile,
  selected: ReadonlySet<string>,
): Record<string, string> {
  const errors: Record<string, string> = {};
  const describe = (problem: string): string => `hotplug problem - ${problem}\n`;
  for (const name of Object.keys(file.pending.options).sort()) {
    if (!isImmediate(name)) continue;
    record(file, name, file.options[name], file.pending.options[name]);
    commit(file, name);
  }
  const features = new Set(hotplugFeatures(file.options['hotplug']));
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
    if (!attempt(errors, name, describe, () => plug(call, id, file, { name, value }, features))) continue;
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
  { name, value }: { readonly name: string; readonly value: string },
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
  if (isDisk('qemu', name)) return plugDrive(call, id, file, parseStoredDrive(name, value), features);
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

/** Properties of a drive that only change at a restart. */
const FIXED = ['aio', 'discard', 'iothread', 'queues', 'product', 'cache', 'ssd', 'vendor', 'ro'];

function plugDrive(call: Call, id: number, file: GuestFile, drive: Disk, features: ReadonlySet<string>): unknown {
  if (/^(efidisk0|tpmstate0)$/.test(drive.key)) return 'skip';
  const text = file.options[drive.key];
  const old = text === undefined ? undefined : parseStoredDrive(drive.key, text);
  if (old !== undefined) {
    checkMedia(old, drive);
    if (isCdrom(old)) {
      if (drive.volume === 'none' && isCloudInit(old.volume)) registerUnused(call, id, file, old);
      return undefined;
    }
    const isFixed = FIXED.some((key) => drive.properties[key] !== old.properties[key]);
    if (drive.volume === old.volume) return isFixed ? 'skip' : undefined;
    if (!features.has('disk')) return 'skip';
    registerUnused(call, id, file, old);
  }
  return !features.has('disk') || /^(ide|sata)/.test(drive.key) ? 'skip' : undefined;
}

function checkMedia(old: Disk, drive: Disk): void {
  const mediaOf = ({ properties }: Disk) => properties['media'] ?? 'disk';
  if (mediaOf(drive) !== mediaOf(old)) refuse('unable to change media type');
}

/** Attaches an imported volume as a drive. */
export function attachImported(call: Call, id: number, file: GuestFile, key: string, volume: string): void {
  if (splitVolumeId(volume) === undefined) return;
  file.pending.options[key] = volume;
  if (running(call.node, id) === undefined) applyPending(call, id, file);
  else hotplug(call, id, file, new Set([key]));
}
