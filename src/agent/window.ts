// Whether the policy lets a run begin anything now.

import { policyOf } from '../plan/policy.ts';
import { type Opening, windowAt } from '../plan/windows.ts';
import type { Clock } from '../ports/clock.ts';
import type { RunDetail } from '../ports/runs.ts';
import { isTimed } from './statuses.ts';

/**
 * Pure but for the clock. What changes nothing waits for no window, nor what a person wants at once, nor what is due by time: a
 * certificate ends when it ends.
 */
export function openingFor(
  { clock }: { readonly clock: Clock },
  { plan, request }: Pick<RunDetail, 'plan' | 'request'>,
): Opening {
  if (request.readOnly || request.now === true || (isTimed(request) && request.heal !== true))
    return { open: true, until: null };
  return windowAt(policyOf(plan), clock.now());
}
