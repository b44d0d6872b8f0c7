// Decides whether the policy's windows allow a run to start anything now.

import { policyOf } from '../plan/policy.ts';
import { type Opening, windowAt } from '../plan/windows.ts';
import type { Clock } from '../ports/clock.ts';
import type { RunDetail } from '../ports/runs.ts';
import { isTimed } from './statuses.ts';

/**
 * Pure except for the clock. Runs that change nothing do not wait for a window, nor urgent requests by a person, nor what is due by time: a
 * certificate expires regardless.
 */
export function openingFor(
  { clock }: { readonly clock: Clock },
  { plan, request }: Pick<RunDetail, 'plan' | 'request'>,
): Opening {
  if (request.readOnly || request.now === true || (isTimed(request) && request.heal !== true))
    return { open: true, until: null };
  return windowAt(policyOf(plan), clock.now());
}
