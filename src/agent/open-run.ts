// Opens a run requested by a person or a timer: it is recorded now and planned in its turn.

import { waitsForTurn } from '../messages/statuses/run-status.ts';
import type { RunId } from '../model/ids.ts';
import type { RunRequest } from '../ports/runs.ts';
import { type Context, isoNow } from './context.ts';
import { Refused } from './refused.ts';
import { runStatuses } from './statuses.ts';
import { traced } from './tracing.ts';

export async function requestRun(context: Context, asked: Omit<RunRequest, 'created'>): Promise<RunId> {
  const { ledger, queue, options, tracer } = context;
  const { trigger, verb, commit } = asked;
  return tracer.span(`ask ${verb ?? trigger}`, { attributes: { 'phoenix.commit': commit } }, async (add) => {
    const request = traced({ ...asked, created: isoNow(context) }, tracer);
    const run = await ledger.openRun(request, (id) => {
      return runStatuses(options.publicUrl, { id, commit: request.commit, request }, waitsForTurn());
    });
    add({ 'phoenix.run': run });
    await queue.requestReconcile();
    return run;
  });
}

/** The commit that is applied: the last followed head. @throws Refused before the first one */
export async function appliedCommit({ ledger }: Pick<Context, 'ledger'>): Promise<string> {
  const base = (await ledger.head())?.base;
  if (!base) throw new Refused('nothing has been applied yet; push a commit first');
  return base;
}
