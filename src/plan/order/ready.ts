// Decides which steps of a whole run may start now. Called at every start and whenever a run is scheduled, so that a crash needs no other recovery;
// `following.ts` computes incrementally what one outcome adds.

import type { TargetId } from '../../model/ids.ts';
import type { Plan } from '../../model/plan.ts';
import { endedWell, type Outcome } from '../../model/run.ts';

export interface Ready {
  /** Steps whose dependencies all succeeded, in plan order. */
  readonly start: readonly TargetId[];
  /** Steps that can never start; `because` is the step that is the root cause, not an intermediate one. */
  readonly skip: readonly { readonly target: TargetId; readonly because: TargetId }[];
  /** Every step has an outcome. */
  readonly done: boolean;
}

/**
 * Pure and total: whatever fails, recording `skip` as `skipped` and the outcomes of started steps always leads to `done`.
 * A step that has an outcome or is running is never listed. Linear in the steps and their dependencies.
 */
export function ready(plan: Plan, outcomes: ReadonlyMap<TargetId, Outcome>, running: ReadonlySet<TargetId>): Ready {
  const start: TargetId[] = [];
  const skip: { target: TargetId; because: TargetId }[] = [];
  // The root cause for each step that failed or cannot start. Dependencies precede their dependants.
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
