// Sentences put on their commit, in their context, with their link.

import {
  APPLY_CONTEXT,
  DRIFT_CONTEXT,
  type Sentence,
  status,
  stepContext,
  stepEnded,
  toRun,
} from '../messages/status.ts';
import type { TargetId } from '../model/ids.ts';
import type { CommitStatus } from '../model/report.ts';
import { imperative } from '../model/verbs.ts';
import type { RunDetail, RunRequest } from '../ports/runs.ts';
import type { SettledStep } from '../ports/steps.ts';

/** The name of the requester of what is due by time. */
export const TIMER = 'phoenix';

type Told = Pick<RunDetail, 'id' | 'commit' | 'request'>;

/** What is said of a run as a whole; nothing of one that is no answer to its commit. */
export function runStatuses(publicUrl: string | null, { id, commit, request }: Told, said: Sentence): CommitStatus[] {
  const context = contextOf(request);
  if (context === null || (isTimed(request) && said.state === 'pending')) return [];
  return [status(commit, context, said, toRun(publicUrl, id))];
}

/** What is said of one step; nothing when the run only looks, or switches something whatever the commit says. */
export function stepStatuses(publicUrl: string | null, run: Told, target: TargetId, said: Sentence): CommitStatus[] {
  const { readOnly, verb } = run.request;
  if (readOnly || imperative(verb)?.proves === 'nothing') return [];
  return [status(run.commit, stepContext(target), said, toRun(publicUrl, run.id, target))];
}

/** A look that a timer asked for: that it goes on is no news. */
export function isTimed({ trigger, by }: RunRequest): boolean {
  return trigger === 'drift' && by === TIMER;
}

/** Null for runs that say nothing of the commit as a whole: dry runs, what a person switches, and what is due by time. */
function contextOf({ trigger, verb, readOnly, heal }: RunRequest): string | null {
  if (trigger === 'drift') return readOnly || heal === true ? DRIFT_CONTEXT : null;
  if (imperative(verb) !== null || (trigger === 'command' && readOnly)) return null;
  return readOnly ? DRIFT_CONTEXT : APPLY_CONTEXT;
}

/** The end of a step that never started, with its status. */
export function settled(
  publicUrl: string | null,
  run: Told,
  target: TargetId,
  outcome: 'blocked' | 'skipped' | 'superseded',
  reason: string,
): SettledStep {
  return { outcome, reason, statuses: stepStatuses(publicUrl, run, target, stepEnded(outcome, reason)) };
}
