// Newest wins: waiting steps of older runs end, running ones continue to their end.

import { superseded } from '../../messages/statuses/run-status.ts';
import { stepReason } from '../../messages/statuses/step-status.ts';
import type { RunDetail } from '../../ports/runs.ts';
import { type Context, isoNow } from '../context.ts';
import { schedule } from '../schedule.ts';
import { runStatuses, settled } from '../statuses.ts';

/** Resolves to the commit of a run that still has a running step; null when there is none. */
export async function supersedeOlder(context: Context, by: string): Promise<string | null> {
  let running: string | null = null;
  for (const run of await context.ledger.openRuns()) {
    if (run.plan === null) continue;
    const left = await supersede(context, run, by);
    if (left !== null && left.length > 0) running = run.commit;
    // It had no waiting steps left, so it ends normally.
    else if (left !== null) await schedule(context, run.id);
  }
  await context.queue.requestReport();
  return running;
}

async function supersede({ ledger, options, ...context }: Context, run: RunDetail, by: string) {
  // If the same commit is applied again, the new run's statuses replace these.
  const isOtherCommit = run.commit !== by;
  const reason = stepReason.superseded(run.commit, by);
  const ends = run.steps.map(({ target }) => {
    const end = settled(options.publicUrl, run, target, 'superseded', reason);
    return [target, isOtherCommit ? end : { ...end, statuses: [] }] as const;
  });
  const statuses = isOtherCommit ? runStatuses(options.publicUrl, run, superseded(run.commit, by)) : [];
  return ledger.supersedeRun(run.id, by, isoNow(context), new Map(ends), statuses);
}
