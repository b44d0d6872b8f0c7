// What is missing between a container as it should be and as it is.

import { nameOf } from '../../model/ids.ts';
import { interruptedByAdoption } from '../guest/life/adoption.ts';
import { decideGone, destroyGuest } from '../guest/life/destroy.ts';
import {
  brokenOff,
  impossible,
  locked,
  mayDestroy,
  missingOnHost,
  notOurs,
  type Refusal,
  taken,
} from '../guest/life/gate.ts';
import { decideLife } from '../guest/life/life.ts';
import { canSnapshot, type GuestObservation } from '../guest/look/observation.ts';
import type { GuestConf } from '../guest/proxmox/conf.ts';
import { normalFlag } from '../guest/proxmox/property-string.ts';
import { compareSize, gigabytes, parseSize } from '../guest/proxmox/size.ts';
import type { Decision, Wanted } from '../manager.ts';
import { containerChanges } from './changes.ts';
import { createContainer } from './create.ts';
import { rootfsOf } from './disks.ts';
import { mountedIn } from './mounts.ts';
import { type LxcSpec, madeContainer } from './spec.ts';

export function decideContainer(wanted: Wanted, seen: GuestObservation): Decision {
  const spec = wanted.spec as unknown as LxcSpec | undefined;
  const id = Number(nameOf(wanted.target));
  const { conf } = seen;
  if (spec === undefined) return decideGone('pct', wanted, seen);
  if (conf === null) {
    const made = madeContainer(spec);
    const storages = [spec.rootfs.storage, ...spec.volumes.map((volume) => volume.storage)];
    return (
      taken('pct', id, seen) ?? missingOnHost(seen, storages, made.net0.bridge) ?? createContainer(wanted, made, seen)
    );
  }
  const refusal = brokenOff('pct', id, conf) ?? notOurs(wanted, conf);
  if (refusal !== null) return refusal;
  const reason = rebuildReason(spec, conf);
  if (reason !== null) {
    const rebuild = `${wanted.target} must be destroyed and made anew: ${reason}`;
    return mayDestroy(wanted, rebuild) ?? unlessLocked(id, conf, destroyGuest('pct', id, seen));
  }
  const unfit = unfitReason(spec, conf);
  if (unfit !== null) return impossible(unfit);

  const decided = containerChanges(wanted, spec, seen, conf);
  if ('kind' in decided) return decided;
  const next = decideLife({
    program: 'pct',
    spec,
    seen,
    notes: decided.notes,
    snapshots: conf.snapshots,
    isTemplate: conf.settings['template'] === '1',
    canSnapshot: snapshotsWork(seen, conf),
    changes: decided.changes,
  });
  return interruptedByAdoption(wanted, spec, seen, next) ?? unlessLocked(id, conf, next);
}

function unlessLocked(id: number, conf: GuestConf, actions: ReturnType<typeof decideLife>): Decision {
  const refusal: Refusal | null = actions.length === 0 ? null : locked('pct', id, conf);
  return refusal ?? { kind: 'actions', actions };
}

/** What can never change on an existing container. Its source is not among it: that is only what it was made from. */
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

/** Disks only grow, and a volume stays where it is. */
function unfitReason(spec: LxcSpec, conf: GuestConf): string | null {
  const tooLarge = (what: string, size: string | undefined, declaredGb: number): string =>
    `${what} of container ${spec.id} has ${gigabytes(parseSize(size) ?? 0)} GB and is declared with ${declaredGb} GB: ` +
    'disks only grow, so declare at least what it has';
  const root = rootfsOf(conf);
  if (compareSize(root.size, spec.rootfs.sizeGb) === 'larger')
    return tooLarge('the root disk', root.size, spec.rootfs.sizeGb);
  for (const volume of spec.volumes) {
    const mounted = mountedIn(conf.settings).find((one) => one.path === volume.path);
    if (mounted === undefined || mounted.volume.startsWith('/')) continue;
    const storage = mounted.volume.slice(0, mounted.volume.indexOf(':'));
    if (storage !== volume.storage)
      return `volume ${volume.name} of container ${spec.id} is on ${storage} and declared on ${volume.storage}: move it with: pct move-volume ${spec.id} ${mounted.key} ${volume.storage}`;
    if (compareSize(mounted.size, volume.sizeGb) === 'larger')
      return tooLarge(`volume ${volume.name}`, mounted.size, volume.sizeGb);
  }
  return null;
}

/** A snapshot covers all disks, so every storage must be able to; folders of the host never are. */
export function snapshotsWork(seen: GuestObservation, conf: GuestConf): boolean {
  const mounted = mountedIn(conf.settings);
  if (mounted.some(({ volume }) => volume.startsWith('/'))) return false;
  const volumes = [rootfsOf(conf).volume, ...mounted.map(({ volume }) => volume)];
  return canSnapshot(
    seen.host,
    volumes.map((volume) => volume.slice(0, volume.indexOf(':'))),
  );
}
