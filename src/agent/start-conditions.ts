// Decides whether steps may start: whether the policy's windows allow a run to start anything now, and what a person has to do first for a step.

import { stepReason } from '../messages/statuses/step-status.ts';
import type { PlanStep } from '../model/plan.ts';
import { approversOf, isApproved, isDestructive, policyOf } from '../plan/policy/policy.ts';
import { type Opening, windowAt } from '../plan/policy/windows.ts';
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

/** What a person has to do before the step may start; null for nothing. @param run with at least that step's approvals */
export function waitingReason(run: RunDetail, step: PlanStep): string | null {
  const problem = run.held[step.target];
  if (problem !== undefined) return problem;
  if (step.protected && isDestructive(step.impact)) return stepReason.protected(step);
  const policy = policyOf(run.plan);
  if (isApproved(policy, step, run.approvals)) return null;
  return stepReason.needsApproval(run.id, step, approversOf(policy, step.target, run.approvals).length);
}
