// Sentences put on their commit, in their context, with their link.

import type { TargetId } from '../model/ids.ts';
import type { CommitStatus } from '../model/report.ts';
import type { RunDetail, SettledStep } from '../ports/ledger.ts';
import { APPLY_CONTEXT, DRIFT_CONTEXT, runUrl, type Sentence, status, stepContext, stepEnded } from '../say/status.ts';

type Told = Pick<RunDetail, 'id' | 'commit' | 'request'>;

/** What is said of a run as a whole. */
export function ofRun(publicUrl: string | null, run: Told, said: Sentence): CommitStatus {
  const context = run.request.readOnly ? DRIFT_CONTEXT : APPLY_CONTEXT;
  return status(run.commit, context, said, runUrl(publicUrl, run.id));
}

/** What is said of one step; nothing when the run only looks. */
export function ofStep(publicUrl: string | null, run: Told, target: TargetId, said: Sentence): CommitStatus[] {
  if (run.request.readOnly) return [];
  return [status(run.commit, stepContext(target), said, runUrl(publicUrl, run.id, target))];
}

/** The end of a step that never started, with its status. */
export function settled(
  publicUrl: string | null,
  run: Told,
  target: TargetId,
  outcome: 'blocked' | 'skipped' | 'superseded',
  reason: string,
): SettledStep {
  return { outcome, reason, statuses: ofStep(publicUrl, run, target, stepEnded(outcome, reason)) };
}
