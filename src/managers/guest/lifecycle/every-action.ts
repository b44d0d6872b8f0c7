// Changes every list of actions of a guest's manager, whichever part decided it.

import type { Action } from '../../../model/action.ts';
import type { Decision, Manager, Wanted } from '../../manager.ts';
import type { GuestSpec } from '../guest-spec.ts';
import type { GuestInventory } from '../observe/inventory.ts';
import type { GuestObservation } from '../observe/observation.ts';

/** The functions of a manager that return actions. */
export type Acting<Spec extends GuestSpec> = Required<
  Pick<Manager<Spec, GuestObservation, GuestInventory>, 'decide' | 'rollback' | 'power'>
>;

export type ActionChange = (
  actions: readonly Action[],
  wanted: Wanted<GuestSpec>,
  seen: GuestObservation,
) => readonly Action[];

export function changingActions<Spec extends GuestSpec>(
  { decide, rollback, power }: Acting<Spec>,
  change: ActionChange,
): Acting<Spec> {
  const changed = (decision: Decision, wanted: Wanted<GuestSpec>, seen: GuestObservation): Decision =>
    decision.kind === 'actions' ? { ...decision, actions: change(decision.actions, wanted, seen) } : decision;
  return {
    decide: (wanted, seen) => changed(decide(wanted, seen), wanted, seen),
    rollback(wanted, seen, actions) {
      const way = rollback(wanted, seen, actions);
      if (way === null || 'noRollback' in way) return way;
      return {
        snapshot: change(way.snapshot, wanted, seen),
        restore: change(way.restore, wanted, seen),
        discard: change(way.discard, wanted, seen),
      };
    },
    power: { ...power, decide: (wanted, wish, seen) => changed(power.decide(wanted, wish, seen), wanted, seen) },
  };
}
