// What a person was shown before saying yes: a dry run of the same command. The run that follows does that and nothing else, so the
// yes is the approval of exactly this change.

import { SHOWN } from '../../messages/command.ts';
import type { RunId, TargetId } from '../../model/ids.ts';
import type { Plan, PlanStep } from '../../model/plan.ts';
import type { StepRecord } from '../../model/run.ts';
import { canonical } from '../../plan/canonical.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Approval, RunDetail, RunRequest } from '../../ports/runs.ts';

/** How long a dry run may be answered: what it found on the host ages. */
const ANSWERED_WITHIN_MS = 60 * 60 * 1000;

/** Null where the run is a dry run of the same command that was planned and came to its end; else why it is not. Pure. */
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
  return now.getTime() - Date.parse(request.created) > ANSWERED_WITHIN_MS ? SHOWN.old : null;
}

/** Null where the plan is the one that was shown; else what to do. Pure. */
export function planDiffers(shown: RunDetail | null, plan: Plan): string | null {
  if (shown?.plan == null) return SHOWN.unknown;
  return text(shown.plan.steps) === text(plan.steps) ? null : SHOWN.changed;
}

/** What was asked for as a look has neither approvals nor a policy. */
function text(steps: readonly PlanStep[]): string {
  const own = steps.map(({ target, verb, impact, changes }) => ({
    target,
    verb,
    impact,
    changes: changes.map(({ path, before, after }) => [path, before ?? null, after ?? null]),
  }));
  return canonical(own);
}

/** The yes, for each target of which was shown what would be done, if only that nothing would. */
export function approvalsOf(shown: RunDetail, by: string, at: string): Approval[] {
  return shown.steps.filter(wasShown).map(({ target }) => ({ target, by, at, where: SHOWN.where(shown.id) }));
}

/** A look that came to no answer showed nothing: what is done there is not bound by it, and not approved. */
function wasShown({ outcome }: StepRecord): boolean {
  return outcome === 'unchanged';
}

/** Sentences of what was shown of one step; null where nothing was. */
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
