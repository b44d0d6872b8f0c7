// Turns sentences into commit statuses with context and link.

import {
  APPLY_CONTEXT,
  DRIFT_CONTEXT,
  type Sentence,
  status,
  stepContext,
  toRun,
} from '../messages/statuses/status.ts';
import { stepEnded } from '../messages/statuses/step-status.ts';
import type { TargetId } from '../model/ids.ts';
import type { CommitStatus } from '../model/report.ts';
import { imperative } from '../model/verbs.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { RunDetail, RunRequest } from '../ports/runs.ts';
import type { SettledStep } from '../ports/steps.ts';

/** Requester's name of runs for what is due by time. */
export const TIMER = 'phoenix';

type ReportedRun = Pick<RunDetail, 'id' | 'commit' | 'request'>;

/** Statuses of a run as a whole; none for one that does not concern its commit as a whole. */
export function runStatuses(
  publicUrl: string | null,
  { id, commit, request }: ReportedRun,
  sentence: Sentence,
): CommitStatus[] {
  const context = contextOf(request);
  if (context === null || (isTimed(request) && sentence.state === 'pending')) return [];
  return [status(commit, context, sentence, toRun(publicUrl, id))];
}

/** Statuses of one step; none when the run only observes, or only changes power states. */
export function stepStatuses(
  publicUrl: string | null,
  run: ReportedRun,
  target: TargetId,
  said: Sentence,
): CommitStatus[] {
  const { readOnly, verb } = run.request;
  if (readOnly || imperative(verb)?.proves === 'nothing') return [];
  return [status(run.commit, stepContext(target), said, toRun(publicUrl, run.id, target))];
}

/** Whether it is drift detection by the timer, whose progress is not reported. */
export function isTimed({ trigger, by }: RunRequest): boolean {
  return trigger === 'drift' && by === TIMER;
}

/** Null for runs that do not concern the commit as a whole: dry runs, power changes, and what is due by time. */
function contextOf({ trigger, verb, readOnly, heal }: RunRequest): string | null {
  if (trigger === 'drift') return readOnly || heal === true ? DRIFT_CONTEXT : null;
  if (imperative(verb) !== null || (trigger === 'command' && readOnly)) return null;
  return readOnly ? DRIFT_CONTEXT : APPLY_CONTEXT;
}

/** The end of a step that never started, with its status. */
export function settled(
  publicUrl: string | null,
  run: ReportedRun,
  target: TargetId,
  outcome: 'blocked' | 'skipped' | 'superseded',
  reason: string,
): SettledStep {
  return { outcome, reason, statuses: stepStatuses(publicUrl, run, target, stepEnded(outcome, reason)) };
}

/** What repeats the last status of its context, such as drift detection with an unchanged result, sends none: a forge stores every status, and limits their number. */
export async function changedStatuses(
  { ledger }: { readonly ledger: Pick<Ledger, 'lastSaid'> },
  said: readonly CommitStatus[],
): Promise<CommitStatus[]> {
  const known = await Promise.all(said.map(({ commit, context }) => ledger.lastSaid(commit, context)));
  return said.filter((each, index) => {
    return each.state !== known[index]?.state || each.description !== known[index]?.description;
  });
}
