// Compares a VM as declared with the VM on the host, and decides the actions.

import { nameOf } from '../../model/ids.ts';
import { shellWord } from '../../model/text.ts';
import type { FoundDifference } from '../comparison.ts';
import { decideGuest, type GuestRules, retainedVolumesRemark } from '../guest/lifecycle/decide.ts';
import { guestDifferences } from '../guest/lifecycle/differences.ts';
import { parseRetained } from '../guest/lifecycle/retained-volumes.ts';
import { parseNotes } from '../guest/observe/notes.ts';
import type { GuestObservation } from '../guest/observe/observation.ts';
import { type GuestConf, isTemplateConf, upcoming } from '../guest/proxmox/conf.ts';
import { isVolume } from '../guest/proxmox/disk-lines.ts';
import { compareSize, wholeGigabytes } from '../guest/proxmox/size.ts';
import type { Decision, Wanted } from '../manager.ts';
import { machineChanges, machineDifferences } from './changes.ts';
import { createMachine } from './create.ts';
import { isWritable, ROOT_DRIVE, type RootDisk, rootDiskOf, sizesOf } from './drives/disks.ts';
import { volumeOf } from './drives/drive-value.ts';
import { drivesOf } from './drives/drives.ts';
import { type FoundDrives, findDrives, usedAs } from './drives/find-drives.ts';
import { missingObject } from './rules/named-objects.ts';
import { type VmSpec, withMachineDefaults } from './vm-spec.ts';

const rules: GuestRules<VmSpec, FoundDrives> = {
  program: 'qm',
  withDefaults: withMachineDefaults,
  storages: (spec) => [
    ...(spec.root_disk.path === undefined || spec.cloud_init ? [spec.disk.storage] : []),
    ...drivesOf(spec).flatMap(({ storage }) => storage ?? []),
  ],
  volumeNames: (spec) => drivesOf(spec).map(({ key }) => key),
  unsupported: missingObject,
  find: foundDrives,
  retained: (_, { host }) => parseRetained(host.retained),
  create: createMachine,
  rebuildReason,
  unfitReason,
  changes: machineChanges,
  remarks: (_, { retained, keys }) => {
    const left = Object.entries(retained.names).filter(([key]) => !keys.has(key));
    return retainedVolumesRemark('disk', 'attached', left);
  },
};

export function decideMachine(wanted: Wanted<VmSpec>, seen: GuestObservation): Decision {
  return decideGuest(rules, wanted, seen);
}

/** The differences of an existing VM, field by field. */
export function vmDifferences(wanted: Wanted<VmSpec>, seen: GuestObservation): FoundDifference[] {
  const { spec } = wanted;
  const { conf } = seen;
  if (spec === undefined || conf === null) return [];
  const found = foundDrives(wanted, spec, seen);
  if (found.unclear !== null) return [];
  return [...guestDifferences(wanted, spec, seen), ...machineDifferences(wanted, spec, seen, conf, found)];
}

function foundDrives({ target, before }: Wanted<VmSpec>, spec: VmSpec, { conf, host }: GuestObservation): FoundDrives {
  const root = conf === null ? null : (rootDiskOf(conf, spec.root_disk.bus)?.key ?? null);
  const notes = conf === null ? null : parseNotes(conf.description);
  return findDrives(spec, conf, {
    id: Number(nameOf(target)),
    before,
    retained: parseRetained(host.retained),
    missing: host.missing,
    root,
    fresh: notes?.building === true && notes.restarting !== true,
  });
}

/** Why a VM has to be recreated; null where it has not. Its source does not matter: it only says what the VM was created from. */
function rebuildReason(spec: VmSpec, conf: GuestConf): string | null {
  if (isTemplateConf(conf) && spec.final !== 'template') return 'it is a template and should not be';
  const disk = rootDiskOf(conf, spec.root_disk.bus);
  // A disk at another key than Phoenix uses is only compared if that key is declared.
  const isMeant = disk?.key === (spec.root_disk.bus ?? ROOT_DRIVE);
  // A disk of the host, which a person passed through, is on no storage.
  if (disk !== null && isMeant && isVolume(disk.volume) && disk.storage !== spec.disk.storage)
    return `its disk is on ${disk.storage} and should be on ${spec.disk.storage}`;
  return null;
}

/**
 * Why the declared options of a root disk cannot be set; null where they can, or where it will have them after its next start. A disk of the host by a name
 * that may be another one's after the next start, or a file, is written into no command.
 */
function optionsOfFile({ id, root_disk }: VmSpec, conf: GuestConf, { key }: RootDisk): string | null {
  const value = upcoming(conf)[key];
  if (value === undefined || isWritable(volumeOf(value))) return null;
  const wanted = usedAs(value, root_disk.options);
  if (wanted === value) return null;
  return `the root disk of VM ${id} is ${volumeOf(value)} of the host, and Phoenix sets options only of a volume, or of a disk of the host by a name that lasts; take "options" out of root_disk, or set them with: qm set ${id} --${key} ${shellWord(wanted)}`;
}

function unfitReason(spec: VmSpec, conf: GuestConf): string | null {
  const { bus, path } = spec.root_disk;
  const present = rootDiskOf(conf, null);
  const root = rootDiskOf(conf, bus);
  if (bus !== null && root === null)
    return present === null
      ? `VM ${spec.id} has no disk ${bus}; give it one, or declare where its root disk is`
      : `the root disk of VM ${spec.id} is ${present.key} and is declared as ${bus}; write "bus": "${present.key}" in root_disk`;
  if (path !== undefined && root === null)
    return `VM ${spec.id} has no disk, and its root disk is declared as ${path}; attach it with: qm set ${spec.id} --${bus ?? ROOT_DRIVE} ${path}`;
  if (path !== undefined && root !== null && root.volume !== path)
    return `the root disk of VM ${spec.id} is ${root.volume} and is declared as ${path}; attach that one with: qm set ${spec.id} --${root.key} ${path}, or declare what it is`;
  const unset = root === null ? null : optionsOfFile(spec, conf, root);
  if (unset !== null) return unset;
  if (present === null && spec.disk.sizeGb !== null) return `VM ${spec.id} has no drive ${ROOT_DRIVE}`;
  for (const { what, size, sizeGb } of sizesOf(spec, conf)) {
    if (sizeGb === null || compareSize(size, sizeGb) !== 'larger') continue;
    const has = wholeGigabytes(size);
    return `${what} of VM ${spec.id} has ${has} GB and is declared with ${sizeGb} GB: disks only grow, so declare at least what it has`;
  }
  return null;
}
