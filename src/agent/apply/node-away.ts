// Statuses of runs whose node is unreachable, and of its recovery.

import { applying, waitsForNode } from '../../messages/statuses/run-status.ts';
import type { CommitStatus } from '../../model/report.ts';
import type { NodeAway } from '../../ports/ledger.ts';
import type { RunDetail } from '../../ports/runs.ts';
import type { Context } from '../context.ts';
import { changedStatuses, runStatuses } from '../statuses.ts';

/** Empty where it was reported already. */
export async function waitingStatuses(context: Context, run: RunDetail, away: NodeAway): Promise<CommitStatus[]> {
  const { node, publicUrl } = context.options;
  return changedStatuses(context, runStatuses(publicUrl, run, waitsForNode(node, away)));
}

/** Reports the recovery on every run that was waiting for the node. */
export async function reportNodeIsBack(context: Context): Promise<void> {
  const { ledger, options } = context;
  for (const run of await ledger.openRuns()) {
    if (run.plan === null || run.state !== 'applying') continue;
    const statuses = await changedStatuses(context, runStatuses(options.publicUrl, run, applying(run.plan)));
    if (statuses.length > 0) await ledger.markRun(run.id, 'applying', statuses);
  }
  await context.queue.requestReport();
}
