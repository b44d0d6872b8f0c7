// Pending changes of a machine: applied at its start, or hot-plugged.

import {
  type Properties,
  parsePropertyString,
  printPropertyString,
} from '../../../../src/proxmox/parameters/property-string.ts';
import { isCloudInit } from '../../../../src/proxmox/storages/volumes.ts';
import { type Call, warn } from '../call.ts';
import { isCdrom, isDisk, parseStoredDrive } from '../guest/disks.ts';
import type { GuestFile } from '../guest/file.ts';
import { cleanPending, forgetDelete, pendingDeletes, randomMac, save } from '../guest/guest.ts';
import { freeVolume } from '../pct/disks.ts';
import { attempt, refuse } from '../refusal.ts';
import { isOwner, isSnapshotted, registerUnused } from './drives.ts';

/** The network device with a MAC address, generated if it has none. */
export function withMac(value: string): string {
  const properties = networkOf(value);
  return printPropertyString('qemu/net', { ...properties, macaddr: properties['macaddr'] ?? randomMac() });
}

/** The properties of a network device. */
export function networkOf(value: string): Properties {
  const read = parsePropertyString('qemu/net', value);
  return read.ok ? read.properties : refuse(read.errors.join('\n'));
}

/** Applies pending changes as at a start. */
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
      if (old !== undefined && isDisk('qemu', name)) registerUnused(call, id, file, parseStoredDrive(name, old));
    });
    if (!done) continue;
    isNewCloudInit ||=
      isDisk('qemu', name) && isCloudInit(parseStoredDrive(name, file.pending.options[name] ?? '').volume);
    commit(file, name);
  }
  if (isNewCloudInit) delete file.special['cloudinit'];
  save(call, 'qemu', id, file);
  return errors;
}

/** Makes a pending value the current one. */
export function commit(file: GuestFile, name: string): void {
  file.options[name] = file.pending.options[name] ?? '';
  delete file.pending.options[name];
}

/** Applies a pending deletion in the file. */
export function remove(file: GuestFile, name: string): void {
  delete file.options[name];
  forgetDelete(file, name);
}

/** Detaches a drive: its volume becomes an unused one, or is removed with `force`. No effect for other options. */
export function detach(call: Call, id: number, file: GuestFile, name: string, force: boolean): void {
  const value = file.options[name];
  if (value === undefined || !isDisk('qemu', name)) return;
  const drive = parseStoredDrive(name, value);
  if (!force) registerUnused(call, id, file, drive);
  else if ((!isCdrom(drive) || isCloudInit(drive.volume)) && isOwner(call, id, drive.volume)) {
    if (isSnapshotted(file, drive)) refuse(`unable to delete '${drive.volume}' - volume is still in use (snapshot?)`);
    freeVolume(call, drive.volume);
  }
}
