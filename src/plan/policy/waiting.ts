// Decides which steps of a run a person may approve. Pure.

import type { TargetId } from '../../model/ids.ts';
import type { Plan, PlanStep } from '../../model/plan.ts';
import type { Run } from '../../model/run.ts';
import { isDestructive } from './policy.ts';

/** `"protected": true` forbids it even with approval. */
export function isKept({ protected: kept, impact }: Pick<PlanStep, 'protected' | 'impact'>): boolean {
  return kept && isDestructive(impact);
}

/** Whether a person may approve the step. */
export function canBeApproved(step: Pick<PlanStep, 'approval' | 'protected' | 'impact'>): boolean {
  return step.approval && !isKept(step);
}

/**
 * A step that corrects drift is planned without a change, so its plan needs no approval: it waits for a person if the host's state requires more than
 * the policy allows a timer to do.
 *
 * @param run with its plan, and the steps that older problems block
 */
export function waitingSteps(
  run: Pick<Run, 'ended' | 'steps'> & {
    readonly plan: Plan | null;
    readonly held: Readonly<Record<TargetId, string>>;
    readonly request: { readonly heal?: true };
  },
): TargetId[] {
  if (run.ended !== null) return [];
  const planned = new Map(run.plan?.steps.map((step) => [step.target, step]));
  const blocked = run.steps.filter(({ outcome, target }) => outcome === 'blocked' && run.held[target] === undefined);
  return blocked
    .map(({ target }) => target)
    .filter((target) => {
      const step = planned.get(target);
      return step !== undefined && (run.request.heal === true ? !isKept(step) : canBeApproved(step));
    });
}
