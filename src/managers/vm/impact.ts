// What a change of a VM costs, by the rules of Proxmox. Whether the VM runs is not known when this is asked, so what would wait for
// its next start counts as a restart.

import type { Change, Impact } from '../../model/plan.ts';
import { isStill, same } from '../guest/impact.ts';
import { optionsWait } from '../guest/options/impact.ts';
import { addressesOf } from '../guest/proxmox/network.ts';
import { waits } from '../guest/settings/values.ts';
import { type Drive, drivesOf } from './drives.ts';
import type { VmSpec } from './vm-spec.ts';

export function vmImpact(change: Change<VmSpec>): Impact {
  if (change.verb === 'delete') return 'destroy';
  const before = change.before;
  const after = change.after;
  if (before === undefined || after === undefined) return 'live';
  const leavesTemplate = before.final === 'template' && after.final !== 'template';
  if (leavesTemplate || before.disk.storage !== after.disk.storage) return 'recreate';
  const isWaiting =
    waits('vm', before, after) ||
    isReadAtStart(before, after) ||
    drivesWait(before, after) ||
    optionsWait('vm', before.options, after.options);
  return isWaiting && !(isStill(before) && isStill(after)) ? 'restart' : 'live';
}

/** Only a new or detached disk of scsi or virtio is changed while the VM runs, and the medium of a CD. */
function drivesWait(before: VmSpec, after: VmSpec): boolean {
  const [old, now] = [drivesOf(before), drivesOf(after)];
  const differs = (one: Drive, others: readonly Drive[]): boolean => {
    const other = others.find(({ key }) => key === one.key);
    return other === undefined ? !/^(scsi|virtio)/.test(one.key) : !same(one.options, other.options);
  };
  return (
    before.guest_agent !== after.guest_agent ||
    !same(before.root_disk, after.root_disk) ||
    old.some((one) => differs(one, now)) ||
    now.some((one) => differs(one, old))
  );
}

/** Cloud-init is read at its start. */
function isReadAtStart(before: VmSpec, after: VmSpec): boolean {
  const startOf = ({ nameservers, searchdomain, user, ...spec }: VmSpec) =>
    [nameservers, searchdomain, user, addressesOf(spec)] as const;
  return !same(startOf(before), startOf(after));
}
