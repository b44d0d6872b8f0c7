// Extends a selection of targets by their dependencies or dependants. Pure.

import type { TargetId } from '../../model/ids.ts';
import type { Target } from '../../model/target.ts';

type Targets = ReadonlyMap<TargetId, Target>;

/** The chosen targets with all direct and indirect dependencies. Undeclared targets are ignored. */
export function withNeeds(chosen: Iterable<TargetId>, targets: Targets): Set<TargetId> {
  return reached(chosen, (target) => targets.get(target)?.needs.filter((need) => targets.has(need)) ?? []);
}

/** All direct and indirect dependants of the chosen targets, without these. */
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
