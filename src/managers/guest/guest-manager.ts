// What the managers of containers and VMs have in common: the inventory, power, rollback and health of a guest.

import { kindOf } from '../../model/ids.ts';
import type { Manager } from '../manager.ts';

import type { GuestSpec } from './guest-spec.ts';
import { guestHealth } from './health.ts';
import { waitingForHa } from './lifecycle/ha-waits.ts';
import { namingPending } from './lifecycle/pending-changes.ts';
import { guestPower } from './lifecycle/power.ts';
import { guestRollback } from './lifecycle/rollback.ts';
import { snapshotObstacle } from './lifecycle/snapshot-obstacle.ts';
import { withinTaskTimeout } from './lifecycle/task-timeout.ts';
import { type GuestInventory, inventoryOfGuests, isSettled, quickCheckOfGuest } from './observe/inventory.ts';
import { markedGuests } from './observe/marked.ts';
import { repositoryName } from './observe/notes.ts';
import type { GuestObservation } from './observe/observation.ts';
import type { Program } from './proxmox/command.ts';
import type { GuestKind } from './settings/setting.ts';
import { ignorableSettings } from './settings/values.ts';

type GuestManager<Spec extends GuestSpec> = Manager<Spec, GuestObservation, GuestInventory>;

type Shared =
  | 'inventory'
  | 'quickCheck'
  | 'decide'
  | 'rollback'
  | 'power'
  | 'isThere'
  | 'ignorable'
  | 'health'
  | 'marked';

/** @param decide the decision of the kind, before the declared time limit of Proxmox tasks applies */
export function guestManager<Spec extends GuestSpec>(
  kind: GuestKind,
  program: Program,
  decide: GuestManager<Spec>['decide'],
): Required<Pick<GuestManager<Spec>, Shared>> {
  return {
    inventory: (host) => inventoryOfGuests(host, program),
    quickCheck: (inventory, wanted) => {
      const seen = quickCheckOfGuest(inventory, wanted);
      return seen !== null && isSettled(decide(wanted, seen)) ? seen : null;
    },
    ...waitingForHa<Spec>(
      program,
      withinTaskTimeout(
        namingPending<Spec>(program, {
          decide,
          rollback: (wanted, seen, actions) => {
            const obstacle = seen.conf === null ? null : snapshotObstacle(seen.host, seen.conf);
            return guestRollback(program, wanted, seen, actions, obstacle);
          },
          power: guestPower(program),
        }),
      ),
    ),
    isThere: (_wanted, { conf }) => conf !== null,
    ignorable: ignorableSettings(kind),
    health: (wanted) => guestHealth(program, wanted),
    marked: ({ files }, origin) =>
      markedGuests(files, repositoryName(origin))
        .filter(({ target }) => kindOf(target) === kind)
        .map(({ target, name, markedAs }) => ({ target, name, markedAs })),
  };
}
