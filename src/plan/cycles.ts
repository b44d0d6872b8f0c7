// Finds dependency cycles, each reported completely. A cycle is an error of the configuration, never a crash.

import type { TargetId } from '../model/ids.ts';
import { compareTargets } from './compare-targets.ts';

/** The dependencies of each target. Those that are not a key of the map are ignored. */
export type Needs = ReadonlyMap<TargetId, readonly TargetId[]>;

/**
 * One shortest cycle for every strongly connected component, each starting with its first target in the order of
 * compareTargets and not repeating it at the end. Empty for an acyclic graph. Linear except for the sorting, and
 * without recursion, so that chains of any length are possible.
 */
export function cycles(needs: Needs): TargetId[][] {
  return strongComponents(needs)
    .map((members) => shortestRing(needs, members))
    .filter((ring) => ring.length > 0)
    .sort((a, b) => (a[0] !== undefined && b[0] !== undefined ? compareTargets(a[0], b[0]) : 0));
}

/** Tarjan's algorithm with an explicit stack. */
function strongComponents(needs: Needs): TargetId[][] {
  const index = new Map<TargetId, number>();
  const low = new Map<TargetId, number>();
  const open: TargetId[] = [];
  const isOpen = new Set<TargetId>();
  const components: TargetId[][] = [];

  const enter = (target: TargetId) => {
    index.set(target, index.size);
    low.set(target, index.size - 1);
    open.push(target);
    isOpen.add(target);
    return { target, rest: (needs.get(target) ?? []).values() };
  };
  const lower = (target: TargetId, value: number | undefined) =>
    low.set(target, Math.min(low.get(target) ?? 0, value ?? 0));

  for (const root of needs.keys()) {
    if (index.has(root)) continue;
    const path = [enter(root)];
    for (let frame = path.at(-1); frame !== undefined; frame = path.at(-1)) {
      const next = frame.rest.next();
      if (!next.done) {
        if (!needs.has(next.value)) continue;
        if (!index.has(next.value)) path.push(enter(next.value));
        else if (isOpen.has(next.value)) lower(frame.target, index.get(next.value));
        continue;
      }
      path.pop();
      const caller = path.at(-1);
      if (caller !== undefined) lower(caller.target, low.get(frame.target));
      if (low.get(frame.target) === index.get(frame.target)) {
        const members = open.splice(open.lastIndexOf(frame.target));
        for (const member of members) isOpen.delete(member);
        components.push(members);
      }
    }
  }
  return components;
}

/** Breadth-first search from the first member back to itself; empty for a target in no cycle. */
function shortestRing(needs: Needs, members: readonly TargetId[]): TargetId[] {
  const inside = new Set(members);
  const start = members.toSorted(compareTargets)[0];
  if (start === undefined) return [];
  const cameFrom = new Map<TargetId, TargetId>();
  const waiting = [start];
  for (const target of waiting) {
    for (const need of needs.get(target) ?? []) {
      if (need === start) return pathTo(target, start, cameFrom);
      if (!inside.has(need) || cameFrom.has(need)) continue;
      cameFrom.set(need, target);
      waiting.push(need);
    }
  }
  return [];
}

function pathTo(end: TargetId, start: TargetId, cameFrom: ReadonlyMap<TargetId, TargetId>): TargetId[] {
  const path = [end];
  for (let at = end; at !== start; ) {
    at = cameFrom.get(at) ?? start;
    path.push(at);
  }
  return path.reverse();
}
