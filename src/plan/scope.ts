// Who else is concerned when a person names targets: all that they need, and all that needs them. Pure.

import type { TargetId } from '../model/ids.ts';
import type { Target } from '../model/target.ts';

type Targets = ReadonlyMap<TargetId, Target>;

/** The chosen targets and everything that they need, however far. Targets that nobody declares are passed over. */
export function withNeeds(chosen: Iterable<TargetId>, targets: Targets): Set<TargetId> {
  return reached(chosen, (target) => targets.get(target)?.needs.filter((need) => targets.has(need)) ?? []);
}

/** Everything that needs one of the chosen targets, however far; the chosen themselves are not among it. */
export function dependants(chosen: Iterable<TargetId>, targets: Targets): Set<TargetId> {
  const neededBy = new Map<TargetId, TargetId[]>();
  for (const [id, { needs }] of targets) {
    for (const need of new Set(needs)) neededBy.set(need, [...(neededBy.get(need) ?? []), id]);
  }
  const start = new Set(chosen);
  return reached(start, (target) => neededBy.get(target) ?? []).difference(start);
}

function reached(start: Iterable<TargetId>, next: (target: TargetId) => readonly TargetId[]): Set<TargetId> {
  const found = new Set(start);
  // Iterating a Set visits elements added during iteration.
  for (const target of found) {
    for (const other of next(target)) found.add(other);
  }
  return found;
}
