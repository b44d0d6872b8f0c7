// The impact of a container's change, by Proxmox's rules. It is not known here whether the container runs, so a change that would wait for the next
// start counts as a restart.

import type { Change, Impact } from '../../model/plan.ts';
import { CREATION_DEFAULTS } from '../guest/creation-defaults.ts';
import { becomesTemplate, isEqual, isStill } from '../guest/impact.ts';
import { settingsWait } from '../guest/settings/impact.ts';
import type { LxcSpec } from './lxc-spec.ts';

export function lxcImpact(change: Change<LxcSpec>): Impact {
  if (change.verb === 'delete') return 'destroy';
  const before = change.before;
  const after = change.after;
  if (before === undefined || after === undefined) return 'live';
  const leavesTemplate = before.final === 'template' && after.final !== 'template';
  if (leavesTemplate || isRebuilt(before, after) || emptiesAPlace(before, after)) return 'recreate';
  if (becomesTemplate(before, after)) return 'restart';
  const isWaiting = settingsWait('lxc', before, after) || isReadAtStart(before, after);
  return isWaiting && !(isStill(before) && isStill(after)) ? 'restart' : 'live';
}

function isRebuilt(before: LxcSpec, after: LxcSpec): boolean {
  return (
    (after.unprivileged !== null &&
      (before.unprivileged ?? CREATION_DEFAULTS.lxc.unprivileged) !== after.unprivileged) ||
    before.rootfs.storage !== after.rootfs.storage ||
    (before.ostype !== null && after.ostype !== null && before.ostype !== after.ostype)
  );
}

/** Whether a different volume is declared at a path or under a name, so that an empty volume would replace data. */
function emptiesAPlace(before: LxcSpec, after: LxcSpec): boolean {
  return after.volumes.some(({ name, storage, path }) => {
    const same = before.volumes.find((volume) => volume.name === name);
    if (same !== undefined) return same.storage !== storage;
    return before.volumes.some((volume) => volume.path === path);
  });
}

/** New mounts, volumes and devices are attached while it runs; changed and removed ones, and mount options of the root disk, are not. */
function isReadAtStart(before: LxcSpec, after: LxcSpec): boolean {
  const mountsOf = ({ mounts, volumes }: LxcSpec) => [
    ...mounts.map(({ path, host, readOnly, options }) => [path, host, readOnly, options]),
    ...volumes.map(({ name, path, options }) => [name, path, options]),
  ];
  const now = mountsOf(after);
  return (
    !isEqual(before.nameservers, after.nameservers) ||
    before.searchdomain !== after.searchdomain ||
    !isEqual(before.features, after.features) ||
    !isEqual(before.raw, after.raw) ||
    !isEqual(before.rootfs.options ?? {}, after.rootfs.options ?? {}) ||
    before.devices.some((device) => !after.devices.some((other) => isEqual(device, other))) ||
    mountsOf(before).some((mount) => !now.some((other) => isEqual(mount, other)))
  );
}
