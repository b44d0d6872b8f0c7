// What a merge queue of the forge tries gets its `phoenix/plan` too: a branch may ask for it, and then the queue waits. Only people who may
// push put a pull request into the queue, so that one of a fork is planned there as well. Planned is all that the branch would gain,
// what is before it in the queue included: that is what would be applied. What is missing follows from what the queue holds and what
// was said, so lost and repeated events change nothing.

import { planned } from '../../messages/pull-request.ts';
import { broken, PLAN_CONTEXT, status, toQueued } from '../../messages/status.ts';
import type { CommitSha } from '../../model/ids.ts';
import type { CommitStatus } from '../../model/report.ts';
import type { Forge, PullRequest } from '../../ports/forge.ts';
import type { Context } from '../context.ts';
import { planHead } from './pulls.ts';

export async function reviewQueue(context: Context, forge: Forge): Promise<void> {
  const { ledger, queue, repository, log } = context;
  const base = (await ledger.head())?.commit as CommitSha | undefined;
  if (base === undefined) return;
  let isSaid = false;
  for (const { head, pull: number } of await forge.queued()) {
    const said = await ledger.lastSaid(head, PLAN_CONTEXT);
    // What could not be planned is tried again for as long as it is in the queue.
    if (said !== null && said.state !== 'error') continue;
    const pull = await forge.pull(number);
    // A forge or a server that is away is waited for: a verdict throws the pull request out of the queue.
    if (pull === null || (await repository.resolve(head)) === null) {
      log.info('what the merge queue tried is gone', { pull: number, head });
      continue;
    }
    await ledger.say([await planQueued(context, pull, head, base)]);
    isSaid = true;
  }
  if (isSaid) await queue.requestReport();
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
    // Before it is said: whoever sends it looks it up.
    await ledger.keepQueuedPlan(plan);
    return status(head, PLAN_CONTEXT, planned(plan), link);
  } catch (error) {
    log.warn('what the merge queue tries cannot be planned', { pull: pull.number, head, error });
    const reason = error instanceof Error ? error.message : String(error);
    return status(head, PLAN_CONTEXT, broken(`not planned: ${reason}`), link);
  }
}
