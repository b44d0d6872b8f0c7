// The consequences of one step's outcome, computed without the other steps, so that the cost per step does not depend on the size of the run. `ready`
// computes the same for a whole run; tests check that both agree.

import type { TargetId } from '../../model/ids.ts';
import type { Plan } from '../../model/plan.ts';
import { dependentsOf } from '../../model/plan-graph.ts';

/**
 * The steps that can never start after this one failed. An ended one is not listed, nor steps that depend only on it: it was skipped before, together
 * with its dependants.
 *
 * @param over returns which of these already have an outcome
 */
export async function cutOffTargets(
  plan: Plan,
  target: TargetId,
  over: (these: readonly TargetId[]) => Promise<ReadonlySet<TargetId>>,
): Promise<readonly TargetId[]> {
  const found = new Set<TargetId>();
  let level: readonly TargetId[] = [target];
  while (level.length > 0) {
    const next = new Set(level.flatMap((each) => dependentsOf(plan, each).map((placed) => placed.target)));
    const unseen = [...next].filter((each) => !found.has(each));
    const ended = unseen.length === 0 ? new Set<TargetId>() : await over(unseen);
    level = unseen.filter((each) => !ended.has(each));
    for (const each of level) found.add(each);
  }
  return [...found];
}
