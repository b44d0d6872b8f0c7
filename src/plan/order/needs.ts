// Dependencies between the steps of a plan. Unchanged targets have no step: their dependants wait for the steps behind them.

import type { TargetId } from '../../model/ids.ts';
import type { Change } from '../../model/plan.ts';
import type { Target } from '../../model/target.ts';
import { compareTargets } from '../diff/compare-targets.ts';
import { cycles, type Needs } from './cycles.ts';
import { order } from './order.ts';

type Targets = ReadonlyMap<TargetId, Target>;

export type StepNeeds =
  | { readonly kind: 'needs'; readonly needs: Needs }
  /** The new configuration has a dependency cycle. */
  | { readonly kind: 'cycle'; readonly cycle: readonly TargetId[] };

/**
 * For every changed target, the steps that must succeed first. A create or update waits for the steps of its dependencies. A
 * delete waits for the steps of its former dependants: those are deleted first, or changed to depend on something else.
 */
export function stepNeeds(changes: readonly Change[], before: Targets, after: Targets): StepNeeds {
  const deleted = new Set(changes.filter((change) => change.verb === 'delete').map((change) => change.target));
  const changed = new Set(changes.map((change) => change.target));
  const now = graph(after);
  const forward = nearest(now, changed);
  if (forward === undefined) return { kind: 'cycle', cycle: cycles(now)[0] ?? [] };

  const dependants = turned(graph(before));
  // Applied targets may come from several commits and then contain a cycle. Deletes in a cycle have no correct order.
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

/** For every target the nearest changed dependencies, through unchanged ones; undefined for a cycle. */
function nearest(needs: Needs, changed: ReadonlySet<TargetId>): Needs | undefined {
  const sorted = order(needs);
  if (sorted.kind === 'cycle') return undefined;
  const found = new Map<TargetId, readonly TargetId[]>();
  for (const target of sorted.targets) {
    const sets = (needs.get(target) ?? [])
      .filter((need) => needs.has(need))
      .map((need) => (changed.has(need) ? [need] : (found.get(need) ?? [])))
      .filter((set) => set.length > 0);
    // Most targets have no changed dependencies, or all of them through one: that list is shared instead of copied.
    const [first] = sets;
    const shared = first !== undefined && sets.every((set) => set === first);
    found.set(target, shared ? first : [...new Set(sets.flat())].sort(compareTargets));
  }
  return found;
}

/** Direct dependencies only, without deletes that wait for deletes: never has a cycle. */
function direct(needs: Needs, changed: ReadonlySet<TargetId>, deleted: ReadonlySet<TargetId>): Needs {
  return new Map(
    [...needs].map(([target, its]) => [
      target,
      its.filter((need) => changed.has(need) && !deleted.has(need)).sort(compareTargets),
    ]),
  );
}
