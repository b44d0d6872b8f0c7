// Applies the declared time limit of Proxmox tasks to every action of a guest's manager, whichever part decided it.

import type { Action } from '../../../model/action.ts';
import type { Decision, Manager, Wanted } from '../../manager.ts';
import type { GuestSpec } from '../guest-spec.ts';
import type { GuestInventory } from '../observe/inventory.ts';
import type { GuestObservation } from '../observe/observation.ts';
import { withTaskTimeout } from '../proxmox/command.ts';

/** The functions of a manager that return actions. */
type Acting<Spec extends GuestSpec> = Required<
  Pick<Manager<Spec, GuestObservation, GuestInventory>, 'decide' | 'rollback' | 'power'>
>;

export function withinTaskTimeout<Spec extends GuestSpec>({ decide, rollback, power }: Acting<Spec>): Acting<Spec> {
  return {
    decide: (wanted, seen) => boundDecision(wanted, decide(wanted, seen)),
    rollback(wanted, seen, actions) {
      const way = rollback(wanted, seen, actions);
      if (way === null || 'noRollback' in way) return way;
      return {
        snapshot: bound(wanted, way.snapshot),
        restore: bound(wanted, way.restore),
        discard: bound(wanted, way.discard),
      };
    },
    power: { ...power, decide: (wanted, wish, seen) => boundDecision(wanted, power.decide(wanted, wish, seen)) },
  };
}

function boundDecision(wanted: Wanted<GuestSpec>, decision: Decision): Decision {
  return decision.kind === 'actions' ? { ...decision, actions: bound(wanted, decision.actions) } : decision;
}

/** For a guest that is no longer declared, the last declaration counts. Specs of an older ledger have no limit. */
function bound({ spec, before }: Wanted<GuestSpec>, actions: readonly Action[]): readonly Action[] {
  const seconds = (spec ?? before)?.taskTimeoutSeconds ?? null;
  return seconds === null ? actions : actions.map((one) => withTaskTimeout(one, seconds));
}
