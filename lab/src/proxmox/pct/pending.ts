// Pending changes of a container: applied at its start, or live.

import { type Properties, printPropertyString } from '../../../../src/proxmox/parameters/property-string.ts';
import { type Call, print, warn } from '../call.ts';
import { addUnused, backing, disksOf, parseDisk, printDisk, withVolume } from '../guest/disks.ts';
import type { GuestFile } from '../guest/file.ts';
import { cleanPending, forgetDelete, pendingDeletes, randomMac } from '../guest/guest.ts';
import { attempt, Refusal } from '../refusal.ts';
import { NEW_VOLUME } from '../storage/storage.ts';
import { volumeSize } from '../storage/volumes.ts';
import { createMounts, freeOwned } from './disks.ts';
import { networkOf } from './host.ts';

/** Options that take effect at once, whether the container runs or not. */
const IMMEDIATE = new Set([
  'description',
  'onboot',
  'startup',
  'protection',
  'hostname',
  'hookscript',
  'cores',
  'tags',
  'lock',
]);

/** Options that can be changed live. */
const LIVE = new Set(['cpulimit', 'cpuunits', 'memory', 'swap']);

const printNetwork = (properties: Properties): string =>
  printPropertyString('lxc/net', { ...properties, type: 'veth', hwaddr: properties['hwaddr'] ?? randomMac() });

/** Applies pending changes as at a start: deletions, then values. */
export function applyPending(
  call: Call,
  id: number,
  file: GuestFile,
  selected: (name: string) => boolean = () => true,
): Record<string, string> {
  const errors: Record<string, string> = {};
  const apply = (name: string, step: () => void): boolean => {
    const done = attempt(errors, name, (problem) => `unable to apply pending change ${name} : ${problem}\n`, step);
    if (!done) warn(call, (errors[name] ?? '').trimEnd());
    return done;
  };
  for (const name of [...pendingDeletes(file).keys()].sort()) {
    const value = file.options[name];
    if (!selected(name)) continue;
    const done = apply(name, () => {
      if (value !== undefined && /^mp\d+$/.test(name)) keepOld(file, name, value);
      else if (value !== undefined && name.startsWith('unused') && !isUsed(file, value)) freeOwned(call, id, value);
      else if (/^net\d+$/.test(name)) checkOldNetwork(file, name);
    });
    if (!done) continue;
    delete file.options[name];
    forgetDelete(file, name);
  }
  cleanPending(file);
  for (const name of Object.keys(file.pending.options).sort()) {
    if (name === 'delete' || !selected(name)) continue;
    const done = apply(name, () => {
      if (/^mp\d+$/.test(name)) applyMount(call, id, file, name);
      else if (/^net\d+$/.test(name)) applyNetwork(file, name);
    });
    if (done) commit(file, name);
  }
  return errors;
}

function commit(file: GuestFile, name: string): void {
  file.options[name] = file.pending.options[name] ?? '';
  delete file.pending.options[name];
}

/** Whether a volume is used by the container, its pending changes, or one of its snapshots. */
function isUsed(file: GuestFile, volume: string): boolean {
  const sections = [file, file.pending, ...Object.values(file.snapshots)];
  return sections.some(({ options }) => disksOf('lxc', options).some((disk) => disk.volume === volume));
}

function keepOld(file: GuestFile, name: string, value: string): void {
  const { volume } = parseDisk('lxc', name, value);
  if (backing(volume) === 'volume') addUnused(file.options, volume);
}

function applyNetwork(file: GuestFile, name: string): void {
  file.pending.options[name] = printNetwork(networkOf(file.pending.options[name] ?? ''));
  checkOldNetwork(file, name);
}

/** Proxmox reads the old value before it changes or deletes it (pve-container, PVE/LXC/Config.pm, vmconfig_apply_pending; PVE/LXC.pm, update_net). */
function checkOldNetwork(file: GuestFile, name: string): void {
  const old = file.options[name];
  if (old !== undefined) networkOf(old);
}

function applyMount(call: Call, id: number, file: GuestFile, name: string): void {
  const value = file.pending.options[name] ?? '';
  const disk = parseDisk('lxc', name, value);
  const old = file.options[name];
  if (NEW_VOLUME.test(disk.volume)) createMounts(call, id, { [name]: value }, file.pending.options);
  else file.pending.options[name] = printDisk('lxc', backing(disk.volume) === 'volume' ? measured(call, disk) : disk);
  if (old !== undefined && parseDisk('lxc', name, old).volume !== disk.volume) keepOld(file, name, old);
}

function measured(call: Call, disk: ReturnType<typeof parseDisk>): ReturnType<typeof parseDisk> {
  try {
    return withVolume('lxc', disk, disk.volume, volumeSize(call.node, disk.volume));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    warn(call, `Could not rescan volume size - ${error.message}`);
    return disk;
  }
}

/** Changes a running container: applies immediate and live changes, the rest stays pending until its next start. */
export function hotplug(
  call: Call,
  id: number,
  file: GuestFile,
  selected: (name: string) => boolean,
): Record<string, string> {
  const errors: Record<string, string> = {};
  const live = (name: string, step: () => boolean): boolean => {
    let took = false;
    const describe = (problem: string): string => `unable to hotplug ${name}: ${problem}\n`;
    const run = (): void => {
      took = step();
    };
    return attempt(errors, name, describe, run) && took;
  };
  for (const name of Object.keys(file.pending.options).sort())
    if (IMMEDIATE.has(name) && selected(name)) commit(file, name);
  for (const name of [...pendingDeletes(file).keys()].sort()) {
    if (!selected(name)) continue;
    const done = live(name, () => {
      const value = file.options[name] ?? '';
      if (name.startsWith('unused')) {
        if (!isUsed(file, value)) freeOwned(call, id, value);
      } else if (/^net\d$/.test(name)) {
        checkOldNetwork(file, name);
        print(call, `delete ips from ${name}`);
      } else return IMMEDIATE.has(name) || /^(swap|cpulimit|cpuunits)$/.test(name);
      return true;
    });
    if (!done) continue;
    delete file.options[name];
    forgetDelete(file, name);
  }
  for (const name of Object.keys(file.pending.options).sort()) {
    if (name === 'delete' || !selected(name)) continue;
    const isNew = file.options[name] === undefined;
    const done = live(name, () => {
      if (/^net\d+$/.test(name)) applyNetwork(file, name);
      else if (/^mp\d+$/.test(name) && isNew) applyMount(call, id, file, name);
      else return LIVE.has(name) || (/^dev\d+$/.test(name) && isNew);
      return true;
    });
    if (done) commit(file, name);
  }
  return errors;
}
