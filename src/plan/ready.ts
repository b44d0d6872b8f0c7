// Which steps may start now, of a whole run. Called at every start and whenever a run is looked at, so that a crash needs no other
// recovery; `following.ts` says what one outcome adds to it.

import type { TargetId } from '../model/ids.ts';
import type { Plan } from '../model/plan.ts';
import { endedWell, type Outcome } from '../model/run.ts';

export interface Ready {
  /** Every need of theirs ended well. In plan order. */
  readonly start: readonly TargetId[];
  /** They can never start; `because` is the step at the root of it, not the one in between. */
  readonly skip: readonly { readonly target: TargetId; readonly because: TargetId }[];
  /** Every step has an outcome. */
  readonly done: boolean;
}

/**
 * Pure and total: whatever fails, recording `skip` as `skipped` and the outcomes of what was started always leads to `done`.
 * A step that has an outcome or runs is never named. Linear in the steps and their needs.
 */
export function ready(plan: Plan, outcomes: ReadonlyMap<TargetId, Outcome>, running: ReadonlySet<TargetId>): Ready {
  const start: TargetId[] = [];
  const skip: { target: TargetId; because: TargetId }[] = [];
  // The step at whose door it lies, for each step that ended badly or cannot start. Needs stand before what needs them.
  const blame = new Map<TargetId, TargetId>();
  let done = true;
  for (const { target, needs } of plan.steps) {
    const outcome = outcomes.get(target);
    const because = needs.find((need) => blame.has(need));
    const root = because === undefined ? undefined : blame.get(because);
    if (outcome !== undefined) {
      if (!endedWell(outcome)) blame.set(target, outcome === 'skipped' ? (root ?? target) : target);
      continue;
    }
    done = false;
    if (running.has(target)) continue;
    if (root !== undefined) {
      blame.set(target, root);
      skip.push({ target, because: root });
    } else if (needs.every((need) => outcomes.has(need))) {
      start.push(target);
    }
  }
  return { start, skip, done };
}
