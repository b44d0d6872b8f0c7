// Which steps of a plan wait for which. Targets that do not change have no step: what needs them waits for the steps behind them.

import type { TargetId } from '../model/ids.ts';
import type { Change } from '../model/plan.ts';
import type { Target } from '../model/target.ts';
import { compareTargets } from './compare-targets.ts';
import { cycles, type Needs } from './cycles.ts';
import { order } from './order.ts';

type Targets = ReadonlyMap<TargetId, Target>;

export type StepNeeds =
  | { readonly kind: 'needs'; readonly needs: Needs }
  /** The configuration at the new commit has targets that need each other in a ring. */
  | { readonly kind: 'cycle'; readonly cycle: readonly TargetId[] };

/**
 * For every changed target the steps that must end well first. A create or update waits for the steps of what it needs. A
 * delete waits for the steps of what needed it: those are deleted first, or brought to need something else.
 */
export function stepNeeds(changes: readonly Change[], before: Targets, after: Targets): StepNeeds {
  const deleted = new Set(changes.filter((change) => change.verb === 'delete').map((change) => change.target));
  const changed = new Set(changes.map((change) => change.target));
  const now = graph(after);
  const forward = nearest(now, changed);
  if (forward === undefined) return { kind: 'cycle', cycle: cycles(now)[0] ?? [] };

  const dependants = turned(graph(before));
  // What was applied may stem from several commits and then hold a ring. Deletes in a ring have no right order among them.
  const backward = nearest(dependants, changed) ?? direct(dependants, changed, deleted);
  const needs = new Map<TargetId, readonly TargetId[]>();
  for (const target of changed) needs.set(target, (deleted.has(target) ? backward : forward).get(target) ?? []);
  return { kind: 'needs', needs };
}

function graph(targets: Targets): Needs {
  return new Map([...targets].map(([id, target]): [TargetId, readonly TargetId[]] => [id, target.needs]));
}

function turned(needs: Needs): Needs {
  const result = new Map<TargetId, TargetId[]>([...needs.keys()].map((target) => [target, []]));
  for (const [target, its] of needs) {
    for (const need of new Set(its)) result.get(need)?.push(target);
  }
  return result;
}

/** For every target the changed ones that it reaches without passing another changed one; undefined when there is a ring. */
function nearest(needs: Needs, changed: ReadonlySet<TargetId>): Needs | undefined {
  const sorted = order(needs);
  if (sorted.kind === 'cycle') return undefined;
  const found = new Map<TargetId, readonly TargetId[]>();
  for (const target of sorted.targets) {
    const sets = (needs.get(target) ?? [])
      .filter((need) => needs.has(need))
      .map((need) => (changed.has(need) ? [need] : (found.get(need) ?? [])))
      .filter((set) => set.length > 0);
    // Most targets reach no change or reach them all through one need: share that list rather than copy it.
    const [first] = sets;
    const shared = first !== undefined && sets.every((set) => set === first);
    found.set(target, shared ? first : [...new Set(sets.flat())].sort(compareTargets));
  }
  return found;
}

/** Without the way through unchanged targets, and without deletes that wait for deletes: never a ring. */
function direct(needs: Needs, changed: ReadonlySet<TargetId>, deleted: ReadonlySet<TargetId>): Needs {
  return new Map(
    [...needs].map(([target, its]) => [
      target,
      its.filter((need) => changed.has(need) && !deleted.has(need)).sort(compareTargets),
    ]),
  );
}
