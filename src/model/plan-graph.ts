// The dependency graph of a plan, built once per plan, so that a lookup costs the same for thousands of steps as for a few.

import type { TargetId } from './ids.ts';
import type { Plan, PlanStep } from './plan.ts';

/** A step with its index in the plan. */
export interface Placed {
  readonly target: TargetId;
  readonly place: number;
}

interface Graph {
  readonly steps: ReadonlyMap<TargetId, PlanStep>;
  /** Dependent steps by the target that they need. */
  readonly dependents: ReadonlyMap<TargetId, readonly Placed[]>;
}

/** Plans are immutable, so a graph is built once and released with its plan. */
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

/** The steps that depend on this one. */
export function dependentsOf(plan: Plan, target: TargetId): readonly Placed[] {
  return graphOf(plan).dependents.get(target) ?? [];
}

/** Number of dependencies of each step that has any. */
export function needCounts(plan: Plan): readonly (readonly [TargetId, number])[] {
  return plan.steps.flatMap(({ target, needs }) =>
    needs.length === 0 ? [] : [[target, new Set(needs).size] as const],
  );
}
