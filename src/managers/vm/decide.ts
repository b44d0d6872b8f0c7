// What is missing between a VM as it should be and as it is.

import type { Action } from '../../model/action.ts';
import { nameOf } from '../../model/ids.ts';
import { interruptedByAdoption } from '../guest/life/adoption.ts';
import { decideGone, destroyGuest } from '../guest/life/destroy.ts';
import { brokenOff, impossible, locked, mayDestroy, missingOnHost, notOurs, taken } from '../guest/life/gate.ts';
import { decideLife } from '../guest/life/life.ts';
import { canSnapshot, type GuestObservation } from '../guest/look/observation.ts';
import type { GuestConf } from '../guest/proxmox/conf.ts';
import { compareSize, gigabytes, parseSize } from '../guest/proxmox/size.ts';
import type { Decision, Wanted } from '../manager.ts';
import { machineChanges } from './changes.ts';
import { createMachine } from './create.ts';
import { ROOT_DRIVE, rootDiskOf } from './disks.ts';
import { madeMachine, type VmSpec } from './spec.ts';

export function decideMachine(wanted: Wanted, seen: GuestObservation): Decision {
  const spec = wanted.spec as unknown as VmSpec | undefined;
  const id = Number(nameOf(wanted.target));
  const { conf } = seen;
  if (spec === undefined) return decideGone('qm', wanted, seen);
  if (conf === null) {
    const made = madeMachine(spec);
    return (
      taken('qm', id, seen) ??
      missingOnHost(seen, [made.disk.storage], made.net0.bridge) ??
      createMachine(wanted, made, seen)
    );
  }
  const refusal = brokenOff('qm', id, conf) ?? notOurs(wanted, conf);
  if (refusal !== null) return refusal;
  const reason = rebuildReason(spec, conf);
  if (reason !== null) {
    const rebuild = `${wanted.target} must be destroyed and made anew: ${reason}`;
    return mayDestroy(wanted, rebuild) ?? unlessLocked(id, conf, destroyGuest('qm', id, seen));
  }
  const unfit = unfitReason(spec, conf);
  if (unfit !== null) return impossible(unfit);

  const decided = machineChanges(wanted, spec, seen, conf);
  if ('kind' in decided) return decided;
  const next = decideLife({
    program: 'qm',
    spec,
    seen,
    notes: decided.notes,
    snapshots: conf.snapshots,
    isTemplate: conf.settings['template'] === '1',
    canSnapshot: machineSnapshotsWork(seen, conf),
    changes: decided.changes,
  });
  return interruptedByAdoption(wanted, spec, seen, next) ?? unlessLocked(id, conf, next);
}

function unlessLocked(id: number, conf: GuestConf, actions: readonly Action[]): Decision {
  return (actions.length === 0 ? null : locked('qm', id, conf)) ?? { kind: 'actions', actions };
}

/** What can never change on an existing VM. Its source is not among it: that is only what it was made from. */
function rebuildReason(spec: VmSpec, conf: GuestConf): string | null {
  if (conf.settings['template'] === '1' && spec.final !== 'template') return 'it is a template and should not be';
  const disk = rootDiskOf(conf);
  if (disk !== null && disk.storage !== spec.disk.storage)
    return `its disk is on ${disk.storage} and should be on ${spec.disk.storage}`;
  return null;
}

function unfitReason(spec: VmSpec, conf: GuestConf): string | null {
  const disk = rootDiskOf(conf);
  if (spec.disk.sizeGb === null) return null;
  if (disk === null) return `VM ${spec.id} has no drive ${ROOT_DRIVE}`;
  if (compareSize(disk.size, spec.disk.sizeGb) !== 'larger') return null;
  const has = gigabytes(parseSize(disk.size) ?? 0);
  return `the disk of VM ${spec.id} has ${has} GB and is declared with ${spec.disk.sizeGb} GB: disks only grow, so declare at least what it has`;
}

export function machineSnapshotsWork(seen: GuestObservation, conf: GuestConf): boolean {
  return canSnapshot(seen.host, [rootDiskOf(conf)?.storage ?? '']);
}
