// What containers and machines share: their file, its lock entry, pending changes, and how they are listed.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { type Call, warn } from '../call.ts';
import { replaceFile } from '../lock.ts';
import {
  configName,
  configPath,
  type GuestKind,
  guestsElsewhere,
  kindOf,
  withGuestLock,
  writeVmlist,
} from '../node.ts';
import { refuse } from '../refusal.ts';
import { disksOf, unusedOf } from './disks.ts';
import { type GuestFile, parseGuestFile, printGuestFile } from './file.ts';

/** `CT` or `VM`, as in Proxmox's messages. */
const LABEL: Record<GuestKind, string> = { lxc: 'CT', qemu: 'VM' };

const warned = new WeakMap<Call, Map<string, string>>();

/** Reads a guest's file; warns about its errors once per call and text. */
export function load(call: Call, kind: GuestKind, id: number): GuestFile {
  const path = configPath(call.node, kind, id);
  if (!existsSync(path)) refuse(`Configuration file '${configName(call.node, kind, id)}' does not exist`);
  const text = readFileSync(path, 'utf8');
  const { file, warnings } = parseGuestFile(kind, id, text);
  const seen = warned.get(call) ?? new Map<string, string>();
  warned.set(call, seen);
  if (seen.get(path) !== text) for (const warning of warnings) warn(call, warning);
  seen.set(path, text);
  return file;
}

/** Writes a guest's file; volumes that are used again are no longer listed as unused. */
export function save(call: Call, kind: GuestKind, id: number, file: GuestFile): void {
  const used = new Set(
    [...disksOf(kind, file.options), ...(kind === 'qemu' ? disksOf(kind, file.pending.options) : [])].map(
      (disk) => disk.volume,
    ),
  );
  for (const disk of unusedOf(file.options)) if (used.has(disk.volume)) delete file.options[disk.key];
  const path = configPath(call.node, kind, id);
  mkdirSync(dirname(path), { recursive: true });
  const text = printGuestFile(kind, file);
  const isNew = !existsSync(path);
  replaceFile(path, text === '' ? '\n' : text);
  if (isNew) writeVmlist(call.node);
}

/** Removes a guest's file. */
export function removeFile(call: Call, kind: GuestKind, id: number): void {
  rmSync(configPath(call.node, kind, id), { force: true });
  writeVmlist(call.node);
}

/** Changes a guest's file under its lock, and writes the result. */
export function update(call: Call, kind: GuestKind, id: number, change: (file: GuestFile) => void, seconds = 10): void {
  withGuestLock(call.node, kind, id, seconds, () => {
    const file = load(call, kind, id);
    change(file);
    save(call, kind, id, file);
  });
}

/** Refuses when the file has a `lock` entry. */
export function checkLock(kind: GuestKind, file: GuestFile): void {
  const { lock } = file.options;
  if (lock !== undefined) refuse(`${LABEL[kind]} is locked (${lock})`);
}

/** Refuses when the guest is protected. */
export function checkProtection(file: GuestFile, message: string): void {
  if (file.options['protection'] === '1') refuse(`${message} - protection mode enabled`);
}

/** Refuses when an id is used by a guest of either kind. */
export function checkFree(call: Call, id: number, prefix = ''): void {
  const kind = kindOf(call.node, id);
  if (kind !== undefined) refuse(`${prefix}${LABEL[kind]} ${id} already exists on node '${call.node.name}'`);
  const other = guestsElsewhere(call.node).find((guest) => guest.id === id);
  if (other !== undefined) refuse(`${prefix}${LABEL[other.kind]} ${id} already exists on node '${other.node}'`);
}

export const isTemplate = (file: GuestFile): boolean => file.options['template'] === '1';

/** The options to delete at the next start, and whether by force. */
export function pendingDeletes(file: GuestFile): Map<string, boolean> {
  const names = splitList(file.pending.options['delete'] ?? '');
  return new Map(names.map((name) => [name.replace(/^!/, ''), name.startsWith('!')]));
}

/** Replaces the list of options to delete. */
export function setPendingDeletes(file: GuestFile, deletes: ReadonlyMap<string, boolean>): void {
  if (deletes.size === 0) delete file.pending.options['delete'];
  else
    file.pending.options['delete'] = [...deletes]
      .map(([name, force]) => (force ? `!${name}` : name))
      .sort()
      .join(',');
}

/** Removes an option from the list of options to delete. */
export function forgetDelete(file: GuestFile, name: string): void {
  const deletes = pendingDeletes(file);
  if (deletes.delete(name)) setPendingDeletes(file, deletes);
}

/** Removes pending changes without effect. */
export function cleanPending(file: GuestFile): void {
  for (const [name, value] of Object.entries(file.pending.options))
    if (name !== 'delete' && file.options[name] === value) delete file.pending.options[name];
  setPendingDeletes(file, new Map([...pendingDeletes(file)].filter(([name]) => file.options[name] !== undefined)));
}

/** Tags in lower case, sorted and without duplicates. */
export function uniqueTags(text: string): string {
  const tags = splitList(text).map((tag) => tag.toLowerCase());
  return [...new Set(tags)].sort().join(';');
}

/** A random MAC address with Proxmox's prefix. */
export function randomMac(): string {
  const byte = (): string =>
    Math.floor(Math.random() * 256)
      .toString(16)
      .toUpperCase()
      .padStart(2, '0');
  return `BC:24:11:${byte()}:${byte()}:${byte()}`;
}
