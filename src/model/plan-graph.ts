// Who needs whom in a plan, made once for each: so that a question about one step costs the same in a plan of thousands as in one of a
// few.

import type { TargetId } from './ids.ts';
import type { Plan, PlanStep } from './plan.ts';

/** A step with its place in the plan, from 0. */
export interface Placed {
  readonly target: TargetId;
  readonly place: number;
}

interface Graph {
  readonly steps: ReadonlyMap<TargetId, PlanStep>;
  /** By the step that they need. */
  readonly dependents: ReadonlyMap<TargetId, readonly Placed[]>;
}

/** A plan never changes, so its graph is made once, and forgotten with it. */
const graphs = new WeakMap<Plan, Graph>();

function graphOf(plan: Plan): Graph {
  const known = graphs.get(plan);
  if (known !== undefined) return known;
  const dependents = new Map<TargetId, Placed[]>();
  for (const [place, { target, needs }] of plan.steps.entries()) {
    for (const need of new Set(needs)) {
      const those = dependents.get(need);
      if (those === undefined) dependents.set(need, [{ target, place }]);
      else those.push({ target, place });
    }
  }
  const graph = { steps: new Map(plan.steps.map((step) => [step.target, step])), dependents };
  graphs.set(plan, graph);
  return graph;
}

export function stepOf(plan: Plan, target: TargetId): PlanStep | undefined {
  return graphOf(plan).steps.get(target);
}

/** The steps that need this one. */
export function dependentsOf(plan: Plan, target: TargetId): readonly Placed[] {
  return graphOf(plan).dependents.get(target) ?? [];
}

/** How many steps each one needs, of those that need any. */
export function needCounts(plan: Plan): readonly (readonly [TargetId, number])[] {
  return plan.steps.flatMap(({ target, needs }) =>
    needs.length === 0 ? [] : [[target, new Set(needs).size] as const],
  );
}
