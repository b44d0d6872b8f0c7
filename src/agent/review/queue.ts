// Commits that the forge's merge queue tests get a `phoenix/plan` status too, since a branch may require it and the queue then waits for it. Only
// people who may push can queue a pull request, so forks are planned as well. The plan covers everything that the branch would gain, including what
// is ahead in the queue. Missing plans are found from the queue's content and existing statuses, so lost and repeated events change nothing.

import { planned } from '../../messages/statuses/pull-request.ts';
import { broken } from '../../messages/statuses/run-status.ts';
import { PLAN_CONTEXT, status, toQueued } from '../../messages/statuses/status.ts';
import type { CommitSha } from '../../model/ids.ts';
import type { CommitStatus } from '../../model/report.ts';
import type { Forge, PullRequest } from '../../ports/forge.ts';
import type { Context } from '../context.ts';
import { planHead } from './pulls.ts';

export async function reviewQueue(context: Context, forge: Forge): Promise<void> {
  const { ledger, queue, repository, log } = context;
  const base = (await ledger.head())?.commit as CommitSha | undefined;
  if (base === undefined) return;
  let isReported = false;
  for (const { head, pull: number } of await forge.queued()) {
    const lastStatus = await ledger.lastSaid(head, PLAN_CONTEXT);
    // A failed plan is retried as long as the entry is in the queue.
    if (lastStatus !== null && lastStatus.state !== 'error') continue;
    const pull = await forge.pull(number);
    // Waits while the forge or server is unreachable: a failed status would remove the pull request from the queue.
    if (pull === null || (await repository.resolve(head)) === null) {
      log.info('what the merge queue tried is gone', { pull: number, head });
      continue;
    }
    await ledger.say([await planQueued(context, pull, head, base)]);
    isReported = true;
  }
  if (isReported) await queue.requestReport();
}

async function planQueued(
  context: Context,
  pull: PullRequest,
  head: CommitSha,
  base: CommitSha,
): Promise<CommitStatus> {
  const { ledger, log, options } = context;
  const link = toQueued(options.publicUrl, pull.number, head);
  try {
    const plan = await planHead(context, pull, head, base);
    // Recorded before the status, since sending the status reads it.
    await ledger.keepQueuedPlan(plan);
    return status(head, PLAN_CONTEXT, planned(plan), link);
  } catch (error) {
    log.warn('what the merge queue tries cannot be planned', { pull: pull.number, head, error });
    const reason = error instanceof Error ? error.message : String(error);
    return status(head, PLAN_CONTEXT, broken(`not planned: ${reason}`), link);
  }
}
