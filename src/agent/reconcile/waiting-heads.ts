// Heads of the branch that cannot be planned yet: each is recorded as a run without a plan, together with its first status, so that it also gets a
// final status when a newer head overtakes it.

import { broken, superseded, waitsForRunning } from '../../messages/statuses/run-status.ts';
import type { Sentence } from '../../messages/statuses/status.ts';
import type { RunDetail, RunRequest } from '../../ports/runs.ts';
import type { Context } from '../context.ts';
import { runStatuses } from '../statuses.ts';
import { recordRefusal } from './record.ts';

/** Whether it is such a run, requested by the branch and not by a person or timer. */
export function isWaitingHead({ plan, request }: Pick<RunDetail, 'plan' | 'request'>): boolean {
  return plan === null && request.trigger === 'push';
}

/** Returns the run of that head, and ends those of all others in favour of it. */
export async function endOvertaken(context: Context, head: string): Promise<RunDetail | null> {
  const waiting = (await context.ledger.openRuns()).filter(isWaitingHead);
  for (const { id, commit, request } of waiting.filter((run) => run.commit !== head)) {
    context.log.info('a head of the branch was overtaken before its turn came', { run: id, commit, by: head });
    await recordRefusal(context, request, { state: 'superseded', sentence: superseded(commit, head), run: id });
  }
  return waiting.find(({ commit }) => commit === head) ?? null;
}

/** Steps of an older commit are still running: the plan is made when they have ended, against their result. */
export async function reportWaiting(context: Context, request: RunRequest, running: string): Promise<void> {
  await reportOnCommit(context, request, waitsForRunning(running));
}

/** An internal error: it is reported on the commit, which the next reconcile tries again. */
export async function reportFailed(context: Context, request: RunRequest, error: unknown): Promise<void> {
  const { ledger, log } = context;
  const { commit } = request;
  // The failure came after the run was recorded, which has its own status.
  const recorded = (await ledger.head())?.commit === commit;
  log.error(recorded ? 'a commit was not planned to its end' : 'a commit could not be planned', { commit, error });
  const message = error instanceof Error ? error.message : String(error);
  if (!recorded) await reportOnCommit(context, request, broken(`not planned yet: ${message}; it is tried again`));
}

async function reportOnCommit(
  { ledger, queue, options }: Context,
  request: RunRequest,
  sentence: Sentence,
): Promise<void> {
  const { commit } = request;
  const known = (await ledger.openRuns()).find((run) => isWaitingHead(run) && run.commit === commit);
  const statuses = (id: RunDetail['id']) => runStatuses(options.publicUrl, { id, commit, request }, sentence);
  if (known === undefined) await ledger.openRun(request, statuses);
  else await ledger.say(statuses(known.id));
  await queue.requestReport();
}
