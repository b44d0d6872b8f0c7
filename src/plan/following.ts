// What follows from the outcome of one step, without a look at the others: so that a run of thousands costs no more for each of its
// steps than one of a few. `ready` says the same of a whole run; the tests hold the two to each other.

import type { TargetId } from '../model/ids.ts';
import type { Plan } from '../model/plan.ts';
import { dependentsOf } from '../model/plan-graph.ts';

/**
 * The steps that can never start once this one has ended badly. One that is over is not named, nor what needs only that: it was
 * skipped before, together with all that needs it.
 *
 * @param over which of these have an outcome already
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
