// Binds a command to the dry run that a person was shown and confirmed. The run does exactly that and nothing else, so the confirmation is the
// approval of exactly this change.

import { SHOWN } from '../../messages/command.ts';
import type { RunId, TargetId } from '../../model/ids.ts';
import type { Plan, PlanStep } from '../../model/plan.ts';
import type { StepRecord } from '../../model/run.ts';
import { canonical } from '../../plan/diff/canonical.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Approval, RunDetail, RunRequest } from '../../ports/runs.ts';

/** Maximum age of a confirmed dry run, since the host changes. */
const MAX_AGE_MS = 60 * 60 * 1000;

/** Why the run cannot be confirmed; null where it is a completed dry run of the same command. Pure. */
export function dryRunRefusal(shown: RunDetail | null, asked: Omit<RunRequest, 'created'>, now: Date): string | null {
  if (shown === null) return SHOWN.unknown;
  const { request } = shown;
  const isSame =
    request.readOnly &&
    request.trigger === asked.trigger &&
    request.verb === asked.verb &&
    request.commit === asked.commit &&
    (request.cascade ?? false) === (asked.cascade ?? false) &&
    canonical(request.targets) === canonical(asked.targets);
  if (!isSame) return SHOWN.another;
  if (shown.state !== 'succeeded' && shown.state !== 'failed') return SHOWN.unfinished;
  return now.getTime() - Date.parse(request.created) > MAX_AGE_MS ? SHOWN.old : null;
}

/** Null where the plan is the one that was shown; else what to do. Pure. */
export function planDiffers(shown: RunDetail | null, plan: Plan): string | null {
  if (shown?.plan == null) return SHOWN.unknown;
  return comparable(shown.plan.steps) === comparable(plan.steps) ? null : SHOWN.changed;
}

/** A comparable form without approvals and policy, which a dry run does not have. */
function comparable(steps: readonly PlanStep[]): string {
  const own = steps.map(({ target, verb, impact, changes }) => ({
    target,
    verb,
    impact,
    changes: changes.map(({ path, before, after }) => [path, before ?? null, after ?? null]),
  }));
  return canonical(own);
}

/** The confirmation as approvals, one for each target whose actions were shown, even if there were none. */
export function approvalsOf(shown: RunDetail, by: string, at: string): Approval[] {
  return shown.steps.filter(wasShown).map(({ target }) => ({ target, by, at, where: SHOWN.where(shown.id) }));
}

/** A step without a result showed nothing, so it is neither bound nor approved. */
function wasShown({ outcome }: StepRecord): boolean {
  return outcome === 'unchanged';
}

/** The actions of one step that were shown, as sentences; null where none were. */
export async function shownActions(
  ledger: Pick<Ledger, 'runStep'>,
  shown: RunId | undefined,
  target: TargetId,
): Promise<readonly string[] | null> {
  if (shown === undefined) return null;
  const run = await ledger.runStep(shown, target);
  const step = run?.steps.find((each) => each.target === target);
  return step === undefined || !wasShown(step) ? null : step.actions.map(({ summary }) => summary);
}
