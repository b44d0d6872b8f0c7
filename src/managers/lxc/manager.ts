// Registers the kind `lxc`: containers.

import { kindOf } from '../../model/ids.ts';
import { guestHealth } from '../guest/health.ts';
import type { FoundGuests } from '../guest/import/guests.ts';
import { guestPower } from '../guest/lifecycle/power.ts';
import { guestRollback } from '../guest/lifecycle/rollback.ts';
import { snapshotObstacle } from '../guest/lifecycle/snapshot-obstacle.ts';
import { withinTaskTimeout } from '../guest/lifecycle/task-timeout.ts';
import { type GuestInventory, inventoryOfGuests, isSettled, quickCheckOfGuest } from '../guest/observe/inventory.ts';
import { markedGuests } from '../guest/observe/marked.ts';
import { repositoryName } from '../guest/observe/notes.ts';
import type { GuestObservation } from '../guest/observe/observation.ts';
import { observeGuest } from '../guest/observe/observe.ts';
import { asRecorded, ignorableSettings } from '../guest/settings/values.ts';
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
  inventory: (host) => inventoryOfGuests(host, 'pct'),
  quickCheck: (inventory, wanted) => {
    const seen = quickCheckOfGuest(inventory, wanted);
    return seen !== null && isSettled(decideContainer(wanted, seen)) ? seen : null;
  },
  observe: (host, wanted) => observeGuest(host, 'pct', wanted),
  ...withinTaskTimeout({
    decide: decideContainer,
    rollback: (wanted, seen, actions) =>
      guestRollback('pct', wanted, seen, actions, seen.conf === null ? null : snapshotObstacle(seen.host, seen.conf)),
    power: guestPower('pct'),
  }),
  differences: containerDifferences,
  isThere: (_wanted, { conf }) => conf !== null,
  ignorable: ignorableSettings('lxc'),
  health: (wanted) => guestHealth('pct', wanted),
  marked: ({ files }, origin) =>
    markedGuests(files, repositoryName(origin))
      .filter(({ target }) => kindOf(target) === 'lxc')
      .map(({ target, name, markedAs }) => ({ target, name, markedAs })),
};
