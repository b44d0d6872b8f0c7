// Sentences for a person who has to decide about a drive: what is attached, what is declared, and the remedy.

import { isVolume } from '../guest/proxmox/disk-lines.ts';
import { isCd, isOfHost, storageOf, volumeOf } from './drive-value.ts';
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

function onHost({ key, what }: Drive, volume: string, id: number): string {
  return `${what} of VM ${id} is ${volume} of the host, and is declared as a volume; write "path": "${volume}" in place of its size, or take it out with: qm set ${id} --delete ${key}`;
}

export function inTheWay({ key, what }: Drive, path: string, value: string, id: number): string {
  const there = isCd(value) ? 'a CD drive' : volumeOf(value);
  return `${what} of VM ${id} is ${there}, and is declared as ${path}; declare the disk of the host at another bus, or take out what is there with: qm set ${id} --delete ${key}`;
}

export function attachedAs({ what }: Drive, path: string, at: string, id: number): string {
  return `${what} of VM ${id} is ${path}, which is attached as ${at}; declare it there, or take it out there with: qm set ${id} --delete ${at}`;
}

export function noCd({ key, what }: Drive, volume: string, id: number): string {
  return `${what} of VM ${id} is declared as a CD drive, and ${key} is ${volume}; declare the CD drive at another bus, or take out what is there with: qm set ${id} --delete ${key}`;
}

export function replacedDisk({ what }: Drive, path: string, volume: string): string {
  return `${what} is ${volume}, and ${path} would take its place (both keep what is on them)`;
}
