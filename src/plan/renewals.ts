// Decides which targets are due by time: which are to be tried now, which wait after a failure, and when the next is due. Pure.

import type { TargetId } from '../model/ids.ts';
import { isDue } from '../model/not-before.ts';
import { compareTargets } from './diff/compare-targets.ts';

/** Number of attempts since a target became due, and the time of the last (epoch milliseconds). */
interface Tried {
  readonly tries: number;
  readonly at: number;
}

export interface Renewals {
  /** Targets to try now. */
  readonly now: readonly TargetId[];
  /** Targets that were tried before and are no longer due. */
  readonly settled: readonly TargetId[];
  /** When to try the next one; null when none is known. */
  readonly next: number | null;
}

const FIRST_WAIT_MS = 60_000;
const MAX_WAIT_MS = 3_600_000;

/** @param due when each target is due, and `now`, in epoch milliseconds */
export function renewals(
  due: ReadonlyMap<TargetId, number>,
  tried: ReadonlyMap<TargetId, Tried>,
  now: number,
): Renewals {
  const times = [...due].map(([target, at]) => {
    const before = at <= now ? tried.get(target) : undefined;
    const next = before === undefined ? at : before.at + waitAfter(before.tries);
    return { target, at: isDue(next, now, MAX_WAIT_MS) ? at : next };
  });
  const later = times.filter(({ at }) => at > now).map(({ at }) => at);
  return {
    now: times.flatMap(({ target, at }) => (at <= now ? [target] : [])).sort(compareTargets),
    settled: [...tried.keys()].filter((target) => (due.get(target) ?? Number.POSITIVE_INFINITY) > now),
    next: later.length === 0 ? null : Math.min(...later),
  };
}

/** Doubles after each failure, up to an hour: a day's certificate with a third of its lifetime left is tried a dozen times. */
function waitAfter(tries: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** Math.min(tries - 1, 16), MAX_WAIT_MS);
}
