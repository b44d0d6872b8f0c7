// What a change of a VM costs, by the rules of Proxmox. Whether the VM runs is not known when this is asked, so what would wait for
// its next start counts as a restart.

import type { Change, Impact } from '../../model/plan.ts';
import { isStill, same } from '../guest/impact.ts';
import { optionsWait } from '../guest/options/impact.ts';
import { addressesOf } from '../guest/proxmox/network.ts';
import { waits } from '../guest/settings/values.ts';
import type { VmSpec } from './vm-spec.ts';

export function vmImpact(change: Change<VmSpec>): Impact {
  if (change.verb === 'delete') return 'destroy';
  const before = change.before;
  const after = change.after;
  if (before === undefined || after === undefined) return 'live';
  const leavesTemplate = before.final === 'template' && after.final !== 'template';
  if (leavesTemplate || before.disk.storage !== after.disk.storage) return 'recreate';
  const isWaiting =
    waits('vm', before, after) || isReadAtStart(before, after) || optionsWait('vm', before.options, after.options);
  return isWaiting && !(isStill(before) && isStill(after)) ? 'restart' : 'live';
}

/** Cloud-init is read at its start. */
function isReadAtStart(before: VmSpec, after: VmSpec): boolean {
  const startOf = ({ nameservers, searchdomain, user, ...spec }: VmSpec) =>
    [nameservers, searchdomain, user, addressesOf(spec)] as const;
  return !same(startOf(before), startOf(after));
}
