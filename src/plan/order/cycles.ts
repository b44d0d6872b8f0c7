// Finds dependency cycles, each reported completely. A cycle is an error of the configuration, never a crash.

import type { TargetId } from '../../model/ids.ts';
import { compareTargets } from '../diff/compare-targets.ts';

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
  const search = new ComponentSearch(needs);
  for (const root of needs.keys()) search.visit(root);
  return search.components;
}

/** A target on the path that is searched, with its dependencies that are still to be visited. */
interface Frame {
  readonly target: TargetId;
  readonly rest: Iterator<TargetId>;
}

class ComponentSearch {
  readonly components: TargetId[][] = [];
  readonly #needs: Needs;
  /** The number of each visited target, in order. */
  readonly #index = new Map<TargetId, number>();
  /** The lowest number that can be reached from a target within its component. */
  readonly #low = new Map<TargetId, number>();
  /** Visited targets whose component is not complete. */
  readonly #open: TargetId[] = [];
  readonly #isOpen = new Set<TargetId>();

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Finds the components that can be reached from a target, unless it was visited. */
  visit(root: TargetId): void {
    if (this.#index.has(root)) return;
    const path = [this.#enter(root)];
    for (let frame = path.at(-1); frame !== undefined; frame = path.at(-1)) {
      const next = frame.rest.next();
      if (next.done) {
        path.pop();
        this.#leave(frame.target, path.at(-1)?.target);
      } else if (!this.#index.has(next.value)) {
        if (this.#needs.has(next.value)) path.push(this.#enter(next.value));
      } else if (this.#isOpen.has(next.value)) this.#lower(frame.target, this.#index.get(next.value));
    }
  }

  #enter(target: TargetId): Frame {
    this.#low.set(target, this.#index.size);
    this.#index.set(target, this.#index.size);
    this.#open.push(target);
    this.#isOpen.add(target);
    return { target, rest: (this.#needs.get(target) ?? []).values() };
  }

  /** A target from which no lower number is reached completes its component. */
  #leave(target: TargetId, caller: TargetId | undefined): void {
    if (caller !== undefined) this.#lower(caller, this.#low.get(target));
    if (this.#low.get(target) !== this.#index.get(target)) return;
    const members = this.#open.splice(this.#open.lastIndexOf(target));
    for (const member of members) this.#isOpen.delete(member);
    this.components.push(members);
  }

  #lower(target: TargetId, value: number | undefined): void {
    this.#low.set(target, Math.min(this.#low.get(target) ?? 0, value ?? 0));
  }
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
