// Whether a step is deferred: the queue holds a job for it already, so no second one is requested.

import type { TargetId } from '../../model/ids.ts';
import type { StepRecord } from '../../model/run.ts';

/** The ledger never defers a step for longer; a later time was written before the clock was set back. */
export const MAX_DEFERRAL_MS = 60_000;

/** @param now epoch milliseconds. @param graceMs how long after its time it still counts as deferred */
export function isDeferred(
  { steps }: { readonly steps: readonly StepRecord[] },
  target: TargetId,
  now: number,
  graceMs = 0,
): boolean {
  const retryAt = steps.find((step) => step.target === target)?.waits;
  return retryAt !== undefined && retryAt + graceMs > now && retryAt - now <= MAX_DEFERRAL_MS;
}
