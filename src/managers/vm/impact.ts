// The impact of a VM's change, by Proxmox's rules. It is not known here whether the VM runs, so a change that would wait for the next start counts as
// a restart.

import type { Change, Impact } from '../../model/plan.ts';
import { effectOf, isReadAtStart } from '../../proxmox/guests/option-effects.ts';
import { becomesTemplate, isEqual, isStill } from '../guest/impact.ts';

import { addressesOf } from '../guest/proxmox/network.ts';
import { printProperties } from '../guest/proxmox/property-string.ts';
import { decidingSettings, settingsWait } from '../guest/settings/impact.ts';
import { ROOT_DRIVE } from './drives/disks.ts';
import { type Drive, drivesOf } from './drives/drives.ts';
import { waitsForRestart } from './passthrough/passthrough.ts';
import type { VmSpec } from './vm-spec.ts';

export function vmImpact(change: Change<VmSpec>): Impact {
  if (change.verb === 'delete') return 'destroy';
  const before = change.before;
  const after = change.after;
  if (before === undefined || after === undefined) return 'live';
  const leavesTemplate = before.final === 'template' && after.final !== 'template';
  if (leavesTemplate || before.disk.storage !== after.disk.storage) return 'recreate';
  if (becomesTemplate(before, after)) return 'restart';
  const isWaiting =
    settingsWait('vm', before, after) ||
    waitsForRestart(before, after, decidingSettings('vm', before)) ||
    isToldAtStart(before, after) ||
    drivesWait(before, after);
  return isWaiting && !(isStill(before) && isStill(after)) ? 'restart' : 'live';
}

/** Whether adding, removing or changing a drive takes effect only at the next start; its size and storage do not matter here. */
function drivesWait(before: VmSpec, after: VmSpec): boolean {
  const settings = decidingSettings('vm', before);
  const [old, now] = [before, after].map(
    (spec) => new Map([rootDrive(spec), ...drivesOf(spec)].map((one) => [one.key, textOf(one)])),
  );
  return (
    before.guest_agent !== after.guest_agent ||
    [...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])].some((key) => {
      const change = { before: old?.get(key), after: now?.get(key) };
      if (change.before === change.after) return false;
      return effectOf('qemu', key, change, settings) === 'next start' || isReadAtStart('qemu', key, change);
    })
  );
}

type Used = Pick<Drive, 'key' | 'storage' | 'path' | 'options'>;

function rootDrive({ root_disk, disk }: VmSpec): Used {
  const { bus, path = null, options } = root_disk;
  return { key: bus ?? ROOT_DRIVE, storage: path === null ? disk.storage : null, path, options };
}

/** The medium of a CD does not matter. */
function textOf({ storage, path, options }: Used): string {
  const isCd = storage === null && path === null;
  return printProperties({ file: path ?? 'one:disk', ...(isCd ? { media: 'cdrom' } : {}), ...options }, [], 'file');
}

/** The VM reads cloud-init's values at its start. */
function isToldAtStart(before: VmSpec, after: VmSpec): boolean {
  const startOf = ({ nameservers, searchdomain, user, ...spec }: VmSpec) =>
    [nameservers, searchdomain, user, addressesOf(spec)] as const;
  return !isEqual(startOf(before), startOf(after));
}
