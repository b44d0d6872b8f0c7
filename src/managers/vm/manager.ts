// Registers the kind `vm`: virtual machines.

import type { JsonObject } from '../../model/json.ts';
import { guestManager } from '../guest/guest-manager.ts';
import type { FoundGuests } from '../guest/import/guests.ts';
import type { GuestInventory } from '../guest/observe/inventory.ts';
import type { GuestObservation } from '../guest/observe/observation.ts';
import { observeGuest } from '../guest/observe/observe.ts';
import { withUnreadLines } from '../guest/observe/unread-lines.ts';
import { asRecorded } from '../guest/settings/recorded.ts';
import type { Kind } from '../kind.ts';
import { decideMachine, vmDifferences } from './decide.ts';
import { vmImpact } from './impact.ts';
import { vmImporter } from './import/importer.ts';
import { vmSources } from './places.ts';
import { declaration } from './read.ts';
import { withNamedObjects } from './rules/named-objects.ts';
import type { VmSpec } from './vm-spec.ts';
import { vmTargets } from './vm-spec.ts';

/** Fields that were added later are left out while undeclared, so that an update of Phoenix changes no digest. */
function withoutUnsaid(spec: JsonObject): JsonObject {
  const { root_disk, disks, cloud_init, ...rest } = spec;
  const { iso, efi_disk, tpm, guest_agent, ...others } = rest;
  const { source } = others;
  const isReady = typeof source === 'object' && source !== null && ('image' in source || 'clone' in source);
  const later = Object.entries({ iso, efi_disk, tpm, guest_agent }).filter(([, value]) => value != null);
  const isUnsaid = JSON.stringify(root_disk) === JSON.stringify({ bus: null, options: {} });
  return {
    ...others,
    ...(root_disk === undefined || isUnsaid ? {} : { root_disk }),
    ...(Array.isArray(disks) && disks.length > 0 ? { disks } : {}),
    ...Object.fromEntries(later),
    ...(cloud_init === undefined || cloud_init === isReady ? {} : { cloud_init }),
  } as JsonObject;
}

export const vm: Kind<VmSpec, GuestObservation, GuestInventory, FoundGuests> = {
  kind: 'vm',
  sources: vmSources,
  declares: declaration,
  imports: vmImporter,
  targets: vmTargets,
  recorded: (spec) => asRecorded(withoutUnsaid(spec)),
  impact: vmImpact,
  ...guestManager('vm', 'qm', decideMachine),
  async observe(host, wanted) {
    const seen = await withNamedObjects(host, wanted, await observeGuest(host, 'qm', wanted));
    return withUnreadLines(host, 'qm', wanted, seen, decideMachine);
  },
  differences: vmDifferences,
};
