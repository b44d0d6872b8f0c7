// A step that was left for later: one job for it waits in the queue already, so that nobody asks for a second one.

import type { TargetId } from '../../model/ids.ts';
import type { StepRecord } from '../../model/run.ts';

/** Nothing is left for longer: what claims to be was noted by a clock that has been set since. */
export const LONGEST_DEFERRAL_MS = 60_000;

/** @param now epoch milliseconds. @param late how long after its time it still counts as left */
export function isDeferred(
  { steps }: { readonly steps: readonly StepRecord[] },
  target: TargetId,
  now: number,
  late = 0,
): boolean {
  const waits = steps.find((step) => step.target === target)?.waits;
  return waits !== undefined && waits + late > now && waits - now <= LONGEST_DEFERRAL_MS;
}
