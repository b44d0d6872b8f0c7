// Sentences for a person who has to decide about a drive: what is attached, what is declared, and the remedy.

import { LASTING_DISK } from '../../../config/schema/text.ts';
import { isVolume } from '../../guest/proxmox/disk-lines.ts';
import { isCd, isDiskKey, isOfHost, storageOf, volumeOf } from './drive-value.ts';
import type { Drive } from './drives.ts';

/** Why what is attached at the bus of a drive on `storage` is not this drive; null where it is. */
export function whyNotTheDrive(drive: Drive, storage: string, present: string, id: number): string | null {
  const volume = volumeOf(present);
  if (isCd(present)) return `${drive.key} of VM ${id} is a CD drive; declare ${drive.what} at another bus`;
  if (isOfHost(present)) return onHost(drive, volume, id);
  return isVolume(volume) && storageOf(volume) !== storage ? elsewhere(drive, volume, id) : null;
}

export function elsewhere({ key, what, storage }: Drive, volume: string, id: number): string {
  return `${what} of VM ${id} is ${volume}, and is declared on ${storage}; move it with: qm disk move ${id} ${key} ${storage}, or declare the storage that it is on`;
}

/** A disk of the host, or a file there, where a volume is declared. Only what the schema takes is advised. */
function onHost({ key, what }: Drive, volume: string, id: number): string {
  const found = `${what} of VM ${id} is ${volume} of the host, and is declared as a volume`;
  const out = `take it out with: qm set ${id} --delete ${key}`;
  if (!isDiskKey(key)) return `${found}; leave the field out, or ${out}`;
  if (LASTING_DISK.test(volume)) return `${found}; write "path": "${volume}" in place of its size, or ${out}`;
  if (volume.startsWith('/dev/'))
    return `${found}; attach it by a name that lasts (ls -l /dev/disk/by-id lists them) and write that as "path", or ${out}`;
  return `${found}; declare the disk at another bus, or ${out}`;
}

export function inTheWay({ key, what }: Drive, path: string, value: string, id: number): string {
  const there = isCd(value) ? 'a CD drive' : volumeOf(value);
  return `${what} of VM ${id} is ${there}, and is declared as ${path}; declare the disk of the host at another bus, or take out what is there with: qm set ${id} --delete ${key}`;
}

/** `at` is the key that has the disk, `as` the name under which it has it. */
export function attachedAs(
  { what }: Drive,
  path: string,
  { at, as }: { readonly at: string; readonly as: string },
  id: number,
): string {
  const named = as === path ? '' : ` (${as})`;
  return `${what} of VM ${id} is ${path}, which is attached as ${at}${named}; declare it there, or take it out there with: qm set ${id} --delete ${at}`;
}

export function noCd({ key, what }: Drive, volume: string, id: number): string {
  return `${what} of VM ${id} is declared as a CD drive, and ${key} is ${volume}; declare the CD drive at another bus, or take out what is there with: qm set ${id} --delete ${key}`;
}

export function overCloudInit({ key, what }: Drive, id: number): string {
  return `${what} of VM ${id} is the drive of cloud-init, which configures the VM; write "cloud_init": true, or declare the CD drive at another bus, or take it out with: qm set ${id} --delete ${key}`;
}

export function replacedDisk({ what }: Drive, path: string, volume: string): string {
  return `${what} is ${volume}, and ${path} would take its place (both keep what is on them)`;
}
