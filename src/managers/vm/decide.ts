// Compares a VM as declared with the VM on the host, and decides the actions.

import { countOf } from '../../messages/count.ts';
import { nameOf } from '../../model/ids.ts';
import type { FoundDifference } from '../comparison.ts';
import { interruptedByAdoption } from '../guest/lifecycle/adoption.ts';
import { decideRebuild, decideUndeclared } from '../guest/lifecycle/destroy.ts';
import { guestDifferences } from '../guest/lifecycle/differences.ts';
import {
  addressConflict,
  brokenOff,
  impossible,
  mayDestroy,
  missingOnHost,
  notOurs,
  onOtherNode,
  unlessLocked,
  unreadableNote,
} from '../guest/lifecycle/gate.ts';
import { decideLifecycle, type Life, snapshotRemarks } from '../guest/lifecycle/lifecycle.ts';
import { poolActions } from '../guest/lifecycle/pool.ts';
import { parseRetained, type RetainedVolumes } from '../guest/lifecycle/retained-volumes.ts';
import { snapshotObstacle } from '../guest/lifecycle/snapshot-obstacle.ts';
import type { GuestObservation } from '../guest/observe/observation.ts';
import type { GuestConf } from '../guest/proxmox/conf.ts';
import { isVolume } from '../guest/proxmox/disk-lines.ts';
import { placed } from '../guest/proxmox/network.ts';
import { compareSize, gigabytes, parseSize } from '../guest/proxmox/size.ts';
import type { Decision, Wanted } from '../manager.ts';
import { machineChanges, machineDifferences } from './changes.ts';
import { missingCpu } from './cpu-model.ts';
import { createMachine } from './create.ts';
import { ROOT_DRIVE, rootDiskOf, sizesOf } from './disks.ts';
import { drivesOf } from './drives.ts';
import { type FoundDrives, findDrives } from './find-drives.ts';
import { type VmSpec, withMachineDefaults } from './vm-spec.ts';

export function decideMachine(wanted: Wanted<VmSpec>, seen: GuestObservation): Decision {
  const spec = wanted.spec;
  const id = Number(nameOf(wanted.target));
  const { conf } = seen;
  const retained = (): RetainedVolumes => parseRetained(seen.host.retained);
  if (spec === undefined) return decideUndeclared('qm', wanted, seen, retained);
  const unreadable = unreadableNote(id, seen.host);
  const drives = (): FoundDrives => foundDrives(wanted, spec, seen);
  if (conf === null) {
    const made = withMachineDefaults(spec);
    return (
      onOtherNode('qm', id, seen) ??
      addressConflict('qm', wanted, seen) ??
      missingCpu(wanted, spec, seen) ??
      missingOnHost(
        seen,
        storagesOf(made),
        placed(made, {}).map(({ net }) => net.bridge),
      ) ??
      unreadable ??
      lossOf(wanted, drives()) ??
      createMachine(wanted, made, seen, drives())
    );
  }
  const refusal = brokenOff('qm', id, conf) ?? notOurs(wanted, conf) ?? missingCpu(wanted, spec, seen) ?? unreadable;
  if (refusal !== null) return refusal;
  const reason = rebuildReason(spec, conf);
  if (reason !== null) {
    return decideRebuild('qm', wanted, seen, conf, { retained: retained(), reason });
  }
  const found = drives();
  const loss = lossOf(wanted, found);
  if (loss !== null) return loss;
  const unfit = found.unclear ?? unfitReason(spec, conf);
  if (unfit !== null) return impossible(unfit);

  const decided = machineChanges(wanted, spec, seen, conf, found);
  if ('kind' in decided) return decided;
  const life: Life = {
    program: 'qm',
    spec,
    seen,
    notes: decided.notes,
    snapshots: conf.snapshots,
    isTemplate: conf.settings['template'] === '1',
    obstacle: snapshotObstacle(seen.host, conf),
    changes: decided.changes,
  };
  const pool = poolActions('qm', wanted, spec, seen);
  if ('kind' in pool) return pool;
  const next = [...pool, ...decideLifecycle(life)];
  const remarks = [...snapshotRemarks(life), ...retainedRemarks(found)];
  return interruptedByAdoption(wanted, spec, seen, next) ?? unlessLocked('qm', id, conf, next, remarks);
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
  const id = Number(nameOf(target));
  return findDrives(spec, conf, { id, before, retained: parseRetained(host.retained), missing: host.missing, root });
}

/** Why a VM has to be recreated; null where it has not. Its source does not matter: it only says what the VM was created from. */
function rebuildReason(spec: VmSpec, conf: GuestConf): string | null {
  if (conf.settings['template'] === '1' && spec.final !== 'template') return 'it is a template and should not be';
  const disk = rootDiskOf(conf, spec.root_disk.bus);
  // A disk at another key than Phoenix uses is only compared if that key is declared.
  const isMeant = disk?.key === (spec.root_disk.bus ?? ROOT_DRIVE);
  // A disk of the host, which a person passed through, is on no storage.
  if (disk !== null && isMeant && isVolume(disk.volume) && disk.storage !== spec.disk.storage)
    return `its disk is on ${disk.storage} and should be on ${spec.disk.storage}`;
  return null;
}

function unfitReason(spec: VmSpec, conf: GuestConf): string | null {
  const { bus } = spec.root_disk;
  const present = rootDiskOf(conf, null);
  if (bus !== null && rootDiskOf(conf, bus) === null)
    return present === null
      ? `VM ${spec.id} has no disk ${bus}; give it one, or declare where its root disk is`
      : `the root disk of VM ${spec.id} is ${present.key} and is declared as ${bus}; write "bus": "${present.key}" in root_disk`;
  if (present === null && spec.disk.sizeGb !== null) return `VM ${spec.id} has no drive ${ROOT_DRIVE}`;
  for (const { what, size, sizeGb } of sizesOf(spec, conf)) {
    if (sizeGb === null || compareSize(size, sizeGb) !== 'larger') continue;
    const has = gigabytes(parseSize(size) ?? 0);
    return `${what} of VM ${spec.id} has ${has} GB and is declared with ${sizeGb} GB: disks only grow, so declare at least what it has`;
  }
  return null;
}

function storagesOf(spec: VmSpec): string[] {
  return [spec.disk.storage, ...drivesOf(spec).flatMap(({ storage }) => storage ?? [])];
}

/** Replacing data by an empty disk needs an approval. */
function lossOf(wanted: Wanted<VmSpec>, { loss }: FoundDrives): Decision | null {
  return loss === null ? null : mayDestroy(wanted, `${wanted.target}: ${loss}`);
}

/** Remarks on disks that are no longer declared and still exist, but are not attached. */
function retainedRemarks({ retained, keys }: FoundDrives): string[] {
  const left = Object.entries(retained.names).filter(([key]) => !keys.has(key));
  if (left.length === 0) return [];
  return [
    `${countOf(left.length, 'disk')} kept, not attached: ${left.map(([key, id]) => `${key} (${id})`).join(', ')}`,
  ];
}
