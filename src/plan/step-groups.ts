// Many steps as few boxes of a picture: what is of one kind and wave together, else whole waves, else waves that follow each other. Pure.

import { kindOf, type TargetId } from '../model/ids.ts';
import type { PlanStep } from '../model/plan.ts';
import { directNeeds } from './direct-needs.ts';

export interface StepGroup {
  readonly key: string;
  /** The first wave and the last of its steps. */
  readonly waves: readonly [first: number, last: number];
  /** Null for several. */
  readonly kind: string | null;
  /** At least one, in the order of the plan. */
  readonly targets: readonly TargetId[];
}

export interface GroupedSteps {
  readonly groups: readonly StepGroup[];
  /** By their keys. Each need of a step that is not within a group, but for those that follow from others. */
  readonly lines: ReadonlyArray<{ readonly from: string; readonly to: string }>;
}

type Grouped = Pick<PlanStep, 'target' | 'needs' | 'wave'>;

/** Each step by itself where that is not too much; else the finest groups that are not. @param most of boxes and of lines */
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
    // Needs are followed where the picture may become one, and not in plans of thousands before.
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
