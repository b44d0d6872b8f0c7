// Which steps of a run a person may let go on. Pure.

import type { TargetId } from '../model/ids.ts';
import type { Plan, PlanStep } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import { isDestructive } from './policy.ts';

/** `"protected": true` forbids it even with approval. */
export function isKept({ protected: kept, impact }: Pick<PlanStep, 'protected' | 'impact'>): boolean {
  return kept && isDestructive(impact);
}

/** Whether a person may let the step go on. */
export function canBeApproved(step: Pick<PlanStep, 'approval' | 'protected' | 'impact'>): boolean {
  return step.approval && !isKept(step);
}

/**
 * A step of a run that heals is planned without a change, so that its plan asks for nobody: it waits for a person where the host asked
 * for more than the policy lets a timer do.
 *
 * @param run with its plan, and the steps that older problems hold back
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
