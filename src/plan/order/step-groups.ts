// Groups many steps into few boxes of a graph: by kind and wave, else by whole waves, else by consecutive waves. Pure.

import { kindOf, type TargetId } from '../../model/ids.ts';
import type { PlanStep } from '../../model/plan.ts';
import { directNeeds } from './direct-needs.ts';

export interface StepGroup {
  readonly key: string;
  /** The first and last wave of its steps. */
  readonly waves: readonly [first: number, last: number];
  /** Null for several. */
  readonly kind: string | null;
  /** At least one, in plan order. */
  readonly targets: readonly TargetId[];
}

export interface GroupedSteps {
  readonly groups: readonly StepGroup[];
  /** Edges by group key: the dependencies between groups, without indirect ones. */
  readonly lines: ReadonlyArray<{ readonly from: string; readonly to: string }>;
}

type Grouped = Pick<PlanStep, 'target' | 'needs' | 'wave'>;

/**
 * Each step separately if that is not too much; else the finest grouping that is not. @param most maximum number of boxes and of edges
 */
export function groupSteps(
  steps: readonly Grouped[],
  most: { readonly boxes: number; readonly lines: number },
): GroupedSteps {
  const waves = [...new Set(steps.map(({ wave }) => wave))].sort((a, b) => a - b);
  const band = Math.ceil(waves.length / most.boxes);
  const bands = new Map(waves.map((wave, index) => [wave, Math.floor(index / band)]));
  const levels: ReadonlyArray<(step: Grouped) => string> = [
    ({ target }) => target,
    ({ target, wave }) => `wave ${wave} ${kindOf(target)}`,
    ({ wave }) => `wave ${wave}`,
  ];
  for (const keyOf of levels) {
    // Edges are only computed once the number of boxes is acceptable, not for plans with thousands of steps.
    if (new Set(steps.map(keyOf)).size > most.boxes) continue;
    const grouped = groupedBy(steps, keyOf);
    if (grouped.lines.length <= most.lines) return grouped;
  }
  return groupedBy(steps, ({ wave }) => `band ${bands.get(wave)}`);
}

function groupedBy(steps: readonly Grouped[], keyOf: (step: Grouped) => string): GroupedSteps {
  const keys = new Map(steps.map((step) => [step.target, keyOf(step)]));
  const members = Map.groupBy(steps, keyOf);
  const needs = [...members].map(([key, those]) => {
    const needed = new Set(those.flatMap((step) => step.needs.flatMap((need) => keys.get(need) ?? [])));
    return { target: key, needs: [...needed] };
  });
  const lines = [...directNeeds(needs)].flatMap(([to, froms]) => froms.map((from) => ({ from, to })));
  return { groups: [...members].map(([key, those]) => groupOf(key, those)), lines };
}

function groupOf(key: string, steps: readonly Grouped[]): StepGroup {
  const waves = steps.map(({ wave }) => wave);
  const [kind = null, ...others] = new Set(steps.map(({ target }) => kindOf(target)));
  return {
    key,
    waves: [Math.min(...waves), Math.max(...waves)],
    kind: others.length === 0 ? kind : null,
    targets: steps.map(({ target }) => target),
  };
}
