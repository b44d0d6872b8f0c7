// Heads of the branch that were seen and cannot be planned yet: each is a run without a plan, recorded with the first word on it,
// so that it ends in a word too when a newer one overtakes it.

import { broken, type Sentence, superseded, waitsForRunning } from '../../messages/status.ts';
import type { RunDetail, RunRequest } from '../../ports/runs.ts';
import type { Context } from '../context.ts';
import { runStatuses } from '../statuses.ts';
import { recordRefusal } from './record.ts';

/** A run that the branch asked for, and not a person or a timer. */
export function isWaitingHead({ plan, request }: Pick<RunDetail, 'plan' | 'request'>): boolean {
  return plan === null && request.trigger === 'push';
}

/** The run of that head; those of all others are ended by its name. */
export async function endOvertaken(context: Context, head: string): Promise<RunDetail | null> {
  const waiting = (await context.ledger.openRuns()).filter(isWaitingHead);
  for (const { id, commit, request } of waiting.filter((run) => run.commit !== head)) {
    context.log.info('a head of the branch was overtaken before its turn came', { run: id, commit, by: head });
    await recordRefusal(context, request, { state: 'superseded', said: superseded(head), run: id });
  }
  return waiting.find(({ commit }) => commit === head) ?? null;
}

/** Steps of an older commit still run: the plan is made when they have ended, against what they leave. */
export async function reportWaiting(context: Context, request: RunRequest, running: string): Promise<void> {
  await reportOnCommit(context, request, waitsForRunning(running));
}

/** A fault in Phoenix itself: the commit is told, and looked at again with the next reconcile. */
export async function reportFailed(context: Context, request: RunRequest, error: unknown): Promise<void> {
  const { ledger, log } = context;
  const { commit } = request;
  // What failed came after the run was recorded, which speaks for itself.
  const recorded = (await ledger.head())?.commit === commit;
  log.error(recorded ? 'a commit was not planned to its end' : 'a commit could not be planned', { commit, error });
  const message = error instanceof Error ? error.message : String(error);
  if (!recorded) await reportOnCommit(context, request, broken(`not planned yet: ${message}; it is tried again`));
}

async function reportOnCommit({ ledger, queue, options }: Context, request: RunRequest, said: Sentence): Promise<void> {
  const { commit } = request;
  const known = (await ledger.openRuns()).find((run) => isWaitingHead(run) && run.commit === commit);
  const statuses = (id: RunDetail['id']) => runStatuses(options.publicUrl, { id, commit, request }, said);
  if (known === undefined) await ledger.openRun(request, statuses);
  else await ledger.say(statuses(known.id));
  await queue.requestReport();
}
