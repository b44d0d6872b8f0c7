// Snapshots of guests: their sections in the file, the snapshots of their volumes, and a copy of their files.
import { type Call, print } from '../call.ts';
import { type GuestKind, running } from '../node.ts';
import { refuse } from '../refusal.ts';
import { checkRollback, dropSnapshot, hasFeature, takeSnapshot } from '../storage/volume-features.ts';
import { addUnused, type Disk, disksOf, isCdrom, isVolume } from './disks.ts';
import type { GuestFile, Options, Section } from './file.ts';
import { checkLock, isTemplate, update } from './guest.ts';
import { switchOff } from './power.ts';
import { copyTree, removeTree } from './trees.ts';

/** Options that a snapshot does not contain. */
const NOT_COPIED = /^(snapstate|snaptime|vmstate|lock|description|unused\d+)$/;
const copied = (options: Readonly<Options>): Options =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !NOT_COPIED.test(name)));

/** The disks whose volumes get a snapshot. */
const snapped = (kind: GuestKind, section: Section): Disk[] =>
  disksOf(kind, section.options).filter((disk) => kind === 'lxc' || !isCdrom(disk));

function snapshotOf(file: GuestFile, name: string): Section {
  return file.snapshots[name] ?? refuse(`snapshot '${name}' does not exist`);
}

/** Takes a snapshot. */
export function createSnapshot(call: Call, kind: GuestKind, id: number, name: string, description?: string): void {
  update(call, kind, id, (file) => {
    if (isTemplate(file)) refuse("you can't take a snapshot if it's a template");
    checkLock(kind, file);
    if (file.snapshots[name] !== undefined) refuse(`snapshot name '${name}' already used`);
    const disks = snapped(kind, file);
    if (!disks.every((disk) => hasFeature(call.node, 'snapshot', disk.volume)))
      refuse('snapshot feature is not available');
    for (const disk of disks) {
      if (kind === 'qemu') print(call, `snapshotting 'drive-${disk.key}' (${disk.volume})`);
      takeSnapshot(call.node, disk.volume, name);
    }
    copyTree(call.node, id, `${id}@${name}`);
    const options = { ...copied(file.options), snaptime: String(Math.floor(Date.now() / 1000)) };
    file.snapshots[name] = { options: description ? { ...options, description } : options, raw: [...file.raw] };
    file.options['parent'] = name;
  });
}

/** Deletes a snapshot; its children get its parent. */
export function deleteSnapshot(call: Call, kind: GuestKind, id: number, name: string): void {
  update(call, kind, id, (file) => {
    const { parent } = snapshotOf(file, name).options;
    checkLock(kind, file);
    if (isTemplate(file)) refuse("you can't delete a snapshot if vm is a template");
    for (const disk of snapped(kind, snapshotOf(file, name))) {
      dropSnapshot(call.node, disk.volume, name);
      addUnused(file.options, disk.volume);
    }
    delete file.snapshots[name];
    for (const { options } of Object.values(file.snapshots)) relink(options, name, parent);
    relink(file.options, name, parent);
    removeTree(call.node, `${id}@${name}`);
  });
}

function relink(options: Options, gone: string, parent: string | undefined): void {
  if (options['parent'] !== gone) return;
  if (parent === undefined) delete options['parent'];
  else options['parent'] = parent;
}

/** Rolls back to a snapshot; a running guest is stopped, and volumes that were added later become unused ones. */
export function rollback(
  call: Call,
  kind: GuestKind,
  id: number,
  name: string,
  adjust: (options: Options) => void = () => {},
): void {
  update(call, kind, id, (file) => {
    if (isTemplate(file)) refuse("you can't rollback if vm is a template");
    const snapshot = snapshotOf(file, name);
    for (const disk of snapped(kind, snapshot)) checkRollback(call.node, disk.volume, name);
    const { snapstate } = snapshot.options;
    if (snapstate !== undefined) refuse(`unable to rollback to incomplete snapshot (snapstate = ${snapstate})`);
    checkLock(kind, file);
    if (running(call.node, id) !== undefined) switchOff(call.node, id, false);
    const kept = new Set(disksOf(kind, snapshot.options).map((disk) => disk.volume));
    const { options } = file;
    for (const disk of disksOf(kind, options))
      if (isVolume(kind, disk) && !kept.has(disk.volume)) addUnused(options, disk.volume);
    const stay = Object.entries(options).filter(([key]) => key === 'description' || /^unused\d+$/.test(key));
    file.options = { ...Object.fromEntries(stay), ...copied(snapshot.options), parent: name };
    file.raw = [...snapshot.raw];
    file.pending = { options: {}, raw: [] };
    file.special = {};
    adjust(file.options);
    removeTree(call.node, id);
    copyTree(call.node, `${id}@${name}`, id);
  });
}
