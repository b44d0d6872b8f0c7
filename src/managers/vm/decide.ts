// What is missing between a VM as it should be and as it is.

import { nameOf } from '../../model/ids.ts';
import { interruptedByAdoption } from '../guest/life/adoption.ts';
import { decideGone, destroyGuest } from '../guest/life/destroy.ts';
import {
  brokenOff,
  impossible,
  mayDestroy,
  missingOnHost,
  notOurs,
  onOtherNode,
  taken,
  unlessLocked,
  unreadableNote,
} from '../guest/life/gate.ts';
import { type KeptVolumes, parseKept } from '../guest/life/kept-volumes.ts';
import { decideLife, type Life, snapshotRemarks } from '../guest/life/life.ts';
import { snapshotObstacle } from '../guest/life/snapshot-obstacle.ts';
import type { GuestObservation } from '../guest/look/observation.ts';
import type { GuestConf } from '../guest/proxmox/conf.ts';
import { placed } from '../guest/proxmox/network.ts';
import { compareSize, gigabytes, parseSize } from '../guest/proxmox/size.ts';
import type { Decision, Wanted } from '../manager.ts';
import { machineChanges } from './changes.ts';
import { createMachine } from './create.ts';
import { ROOT_DRIVE, rootDiskOf } from './disks.ts';
import { madeMachine, type VmSpec } from './vm-spec.ts';

export function decideMachine(wanted: Wanted<VmSpec>, seen: GuestObservation): Decision {
  const spec = wanted.spec;
  const id = Number(nameOf(wanted.target));
  const { conf } = seen;
  const kept = (): KeptVolumes => parseKept(seen.host.kept);
  if (spec === undefined) return decideGone('qm', wanted, seen, kept);
  if (conf === null) {
    const made = madeMachine(spec);
    return (
      onOtherNode('qm', id, seen) ??
      taken('qm', wanted, seen) ??
      missingOnHost(
        seen,
        [made.disk.storage],
        placed(made, {}).map(({ net }) => net.bridge),
      ) ??
      unreadableNote(id, seen.host) ??
      createMachine(wanted, made, seen)
    );
  }
  const refusal = brokenOff('qm', id, conf) ?? notOurs(wanted, conf) ?? unreadableNote(id, seen.host);
  if (refusal !== null) return refusal;
  const reason = rebuildReason(spec, conf);
  if (reason !== null) {
    const rebuild = `${wanted.target} must be destroyed and recreated: ${reason}`;
    return mayDestroy(wanted, rebuild) ?? unlessLocked('qm', id, conf, destroyGuest('qm', wanted, seen, kept()));
  }
  const unfit = unfitReason(spec, conf);
  if (unfit !== null) return impossible(unfit);

  const decided = machineChanges(wanted, spec, seen, conf);
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
  const next = decideLife(life);
  return interruptedByAdoption(wanted, spec, seen, next) ?? unlessLocked('qm', id, conf, next, snapshotRemarks(life));
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
