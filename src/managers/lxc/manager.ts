// Registers the kind `lxc`: containers.

import { guestManager } from '../guest/guest-manager.ts';
import type { FoundGuests } from '../guest/import/guests.ts';
import type { GuestInventory } from '../guest/observe/inventory.ts';
import type { GuestObservation } from '../guest/observe/observation.ts';
import { observeGuest } from '../guest/observe/observe.ts';
import { withUnreadLines } from '../guest/observe/unread-lines.ts';
import { asRecorded } from '../guest/settings/recorded.ts';
import type { Kind } from '../kind.ts';
import { containerDifferences, decideContainer } from './decide.ts';
import { lxcImpact } from './impact.ts';
import { lxcImporter } from './import.ts';
import type { LxcSpec } from './lxc-spec.ts';
import { lxcTargets } from './lxc-spec.ts';
import { lxcSources } from './places.ts';
import { declaration } from './read.ts';

export const lxc: Kind<LxcSpec, GuestObservation, GuestInventory, FoundGuests> = {
  kind: 'lxc',
  sources: lxcSources,
  declares: declaration,
  imports: lxcImporter,
  targets: lxcTargets,
  recorded: asRecorded,
  impact: lxcImpact,
  ...guestManager('lxc', 'pct', decideContainer),
  observe: async (host, wanted) =>
    withUnreadLines(host, 'pct', wanted, await observeGuest(host, 'pct', wanted), decideContainer),
  differences: containerDifferences,
};
