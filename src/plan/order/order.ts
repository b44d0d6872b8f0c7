// Orders steps by their dependencies. Creates and updates run before their dependants; the plan reverses the dependencies of deletes. A cycle is a
// result, not a crash.

import type { TargetId } from '../../model/ids.ts';
import { compareTargets } from '../diff/compare-targets.ts';
import { cycles, type Needs } from './cycles.ts';

export type Order =
  | {
      readonly kind: 'order';
      /** Every target, each after its dependencies. */
      readonly targets: readonly TargetId[];
      /** From 1: one more than the highest wave among its dependencies. */
      readonly wave: ReadonlyMap<TargetId, number>;
    }
  /** The targets of the first cycle: each depends on the next, the last on the first. */
  | { readonly kind: 'cycle'; readonly cycle: readonly TargetId[] };

/** By wave, and within a wave by compareTargets, independent of the order of the input. Dependencies outside the map are ignored. */
export function order(needs: Needs): Order {
  const { missing, neededBy } = countNeeds(needs);
  const wave = new Map<TargetId, number>();
  let current = [...needs.keys()].filter((target) => missing.get(target) === 0);
  const targets: TargetId[] = [];
  for (let number = 1; current.length > 0; number += 1) {
    current.sort(compareTargets);
    const next: TargetId[] = [];
    for (const target of current) {
      targets.push(target);
      wave.set(target, number);
      for (const dependant of neededBy.get(target) ?? []) {
        const left = (missing.get(dependant) ?? 0) - 1;
        missing.set(dependant, left);
        if (left === 0) next.push(dependant);
      }
    }
    current = next;
  }
  if (targets.length < needs.size) return { kind: 'cycle', cycle: cycles(needs)[0] ?? [] };
  return { kind: 'order', targets, wave };
}

/** How many dependencies each target waits for, and which targets wait for it. */
function countNeeds(needs: Needs) {
  const missing = new Map<TargetId, number>();
  const neededBy = new Map<TargetId, TargetId[]>();
  for (const [target, its] of needs) {
    const known = new Set(its.filter((need) => needs.has(need)));
    missing.set(target, known.size);
    for (const need of known) {
      const dependants = neededBy.get(need);
      if (dependants === undefined) neededBy.set(need, [target]);
      else dependants.push(target);
    }
  }
  return { missing, neededBy };
}
