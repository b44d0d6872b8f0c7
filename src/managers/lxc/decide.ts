// Compares a container as declared with the container on the host, and decides the actions.

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
import { parseRetained } from '../guest/lifecycle/retained-volumes.ts';
import { snapshotObstacle } from '../guest/lifecycle/snapshot-obstacle.ts';
import { parseNotes } from '../guest/observe/notes.ts';
import type { GuestObservation } from '../guest/observe/observation.ts';
import type { GuestConf } from '../guest/proxmox/conf.ts';
import { placed } from '../guest/proxmox/network.ts';
import { normalFlag } from '../guest/proxmox/property-string.ts';
import { compareSize, gigabytes, parseSize } from '../guest/proxmox/size.ts';
import { settingDifferences } from '../guest/settings/differences.ts';
import type { Decision, Wanted } from '../manager.ts';
import { containerChanges } from './changes.ts';
import { createContainer } from './create.ts';
import { containerSettings } from './desired-settings.ts';
import { rootfsOf } from './disks.ts';
import { type LxcSpec, withContainerDefaults } from './lxc-spec.ts';
import { mountedIn } from './mounted.ts';
import { type FoundVolumes, findVolumes } from './volumes.ts';

export function decideContainer(wanted: Wanted<LxcSpec>, seen: GuestObservation): Decision {
  const spec = wanted.spec;
  const id = Number(nameOf(wanted.target));
  const { conf } = seen;
  const volumesOf = (declared: Pick<LxcSpec, 'id' | 'volumes'>): FoundVolumes => foundVolumes(wanted, seen, declared);
  if (spec === undefined) return decideUndeclared('pct', wanted, seen, () => volumesOf({ id, volumes: [] }).retained);
  const made = withContainerDefaults(spec);
  const refusal =
    conf === null
      ? (onOtherNode('pct', id, seen) ??
        addressConflict('pct', wanted, seen) ??
        missingOnHost(
          seen,
          storagesOf(spec),
          placed(made, {}).map(({ net }) => net.bridge),
        ))
      : (brokenOff('pct', id, conf) ?? notOurs(wanted, conf));
  const unreadable = refusal ?? unreadableNote(id, seen.host);
  if (unreadable !== null) return unreadable;
  const volumes = volumesOf(spec);
  const loss = volumes.loss === null ? null : mayDestroy(wanted, `${wanted.target}: ${volumes.loss}`);
  if (conf === null) return loss ?? createContainer(wanted, made, seen, volumes);

  const reason = rebuildReason(spec, conf);
  if (reason !== null) {
    return decideRebuild('pct', wanted, seen, conf, { retained: volumes.retained, reason });
  }
  if (loss !== null) return loss;
  const unfit = volumes.unclear ?? unfitReason(spec, conf, volumes);
  if (unfit !== null) return impossible(unfit);

  const decided = containerChanges(wanted, spec, seen, conf, volumes);
  if ('kind' in decided) return decided;
  const life: Life = {
    program: 'pct',
    spec,
    seen,
    notes: decided.notes,
    snapshots: conf.snapshots,
    isTemplate: conf.settings['template'] === '1',
    obstacle: snapshotObstacle(seen.host, conf),
    changes: decided.changes,
  };
  const pool = poolActions('pct', wanted, spec, seen);
  if ('kind' in pool) return pool;
  const next = [...pool, ...decideLifecycle(life)];
  const remarks = [...snapshotRemarks(life), ...retainedRemarks(spec, volumes)];
  return interruptedByAdoption(wanted, spec, seen, next) ?? unlessLocked('pct', id, conf, next, remarks);
}

/** The differences of an existing container, field by field. */
export function containerDifferences(wanted: Wanted<LxcSpec>, seen: GuestObservation): FoundDifference[] {
  const { spec, before } = wanted;
  const { conf } = seen;
  if (spec === undefined || conf === null) return [];
  const volumes = foundVolumes(wanted, seen, spec);
  if (volumes.unclear !== null) return [];
  const desired = containerSettings(spec, conf, { before, building: isFresh(conf) }, volumes);
  const { size } = rootfsOf(conf);
  const { sizeGb } = spec.rootfs;
  return [
    ...guestDifferences(wanted, spec, seen),
    ...settingDifferences('lxc', conf, desired, spec),
    ...(compareSize(size, sizeGb) === 'fits'
      ? []
      : [{ field: 'storage_size_gb', declared: sizeGb, observed: gigabytes(parseSize(size) ?? 0) }]),
  ];
}

/** Whether it is a fresh clone, on which nobody has set anything yet. */
function isFresh(conf: GuestConf): boolean {
  const notes = parseNotes(conf.description);
  return notes?.building === true && notes.restarting !== true;
}

function foundVolumes(
  { before }: Wanted<LxcSpec>,
  { conf, host }: GuestObservation,
  declared: Pick<LxcSpec, 'id' | 'volumes'>,
): FoundVolumes {
  const building = conf !== null && isFresh(conf);
  return findVolumes(declared, conf, {
    before,
    building,
    retained: parseRetained(host.retained),
    missing: host.missing,
  });
}

function storagesOf(spec: LxcSpec): string[] {
  return [spec.rootfs.storage, ...spec.volumes.map((volume) => volume.storage)];
}

/** Remarks on volumes that are no longer declared and still exist, but are not mounted. */
function retainedRemarks(spec: LxcSpec, { retained }: FoundVolumes): string[] {
  const left = Object.entries(retained.names).filter(([name]) => !spec.volumes.some((volume) => volume.name === name));
  if (left.length === 0) return [];
  return [
    `${countOf(left.length, 'volume')} kept, not mounted: ${left.map(([name, id]) => `${name} (${id})`).join(', ')}`,
  ];
}

/** Why a container has to be recreated; null where it has not. Its source does not matter: it only says what the container was created from. */
function rebuildReason(spec: LxcSpec, conf: GuestConf): string | null {
  const unprivileged = normalFlag(conf.settings['unprivileged'] ?? '0') === '1';
  if (spec.unprivileged !== null && unprivileged !== spec.unprivileged)
    return spec.unprivileged ? 'it is privileged and should not be' : 'it is unprivileged and should be privileged';
  const ostype = conf.settings['ostype'];
  if (spec.ostype !== null && ostype !== undefined && ostype !== spec.ostype)
    return `its ostype is ${ostype} and should be ${spec.ostype}`;
  const { storage } = rootfsOf(conf);
  if (storage !== spec.rootfs.storage) return `its root disk is on ${storage} and should be on ${spec.rootfs.storage}`;
  return null;
}

/** Why a disk cannot have the declared size: disks cannot shrink. */
function unfitReason(spec: LxcSpec, conf: GuestConf, volumes: FoundVolumes): string | null {
  const tooLarge = (what: string, size: string | undefined, declaredGb: number): string =>
    `${what} of container ${spec.id} has ${gigabytes(parseSize(size) ?? 0)} GB and is declared with ${declaredGb} GB: ` +
    'disks only grow, so declare at least what it has';
  const root = rootfsOf(conf);
  if (compareSize(root.size, spec.rootfs.sizeGb) === 'larger')
    return tooLarge('the root disk', root.size, spec.rootfs.sizeGb);
  for (const { volume, id } of volumes.declared) {
    const mounted = mountedIn(conf.settings).find((one) => one.volume === id);
    if (mounted === undefined) continue;
    if (compareSize(mounted.size, volume.sizeGb) === 'larger')
      return tooLarge(`volume ${volume.name}`, mounted.size, volume.sizeGb);
  }
  return null;
}
