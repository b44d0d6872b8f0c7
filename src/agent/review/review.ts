// Handles everything at the forge except pushes: open pull requests, commands by buttons or comments, lost deliveries. Applying never waits for it.

import { ForgeFailure } from '../../ports/forge-failure.ts';
import type { RetryDelay } from '../../ports/queue.ts';
import type { Context } from '../context.ts';
import { messageOf, noteFault } from '../faults.ts';
import { answerCommands, restateComments } from './forge-commands.ts';
import { reviewPulls } from './pulls.ts';
import { reviewQueue } from './queue.ts';
import { redeliverWebhooks } from './redeliver-webhooks.ts';
import { settlePending } from './stale-statuses.ts';

/** Delay after an unexpected error that is not the forge's. */
const AGAIN_MS = 5_000;

/** Runs under a lease that the caller holds, one at a time. A failure of one part does not affect the others. */
export async function review(context: Context): Promise<RetryDelay> {
  const { ledger, forge } = context;
  const deliveries = (await ledger.unsettledDeliveries()).filter(({ kind }) => kind !== 'push');
  const settle = (kind: string) => {
    const ids = deliveries.filter((each) => each.kind === kind).map(({ id }) => id);
    return ledger.settleDeliveries(ids, []);
  };
  if (forge === null) {
    await settle('pull');
    await settle('ask');
    await noteFault(context, 'forge', null);
    return null;
  }
  let forced: ReadonlySet<number> = new Set();
  const waits: number[] = [];
  const parts: readonly (() => Promise<void>)[] = [
    async () => {
      const answers = await answerCommands(context, forge, deliveries);
      forced = answers.forced;
      if (answers.again !== null) waits.push(answers.again);
    },
    async () => {
      await reviewPulls(context, forge, forced);
      await restateComments(context, deliveries);
      await settle('pull');
    },
    () => reviewQueue(context, forge),
    () => settlePending(context, forge),
    () => redeliverWebhooks(context, forge),
  ];
  const failures: unknown[] = [];
  for (const part of parts) await part().catch((error) => failures.push(error));
  for (const error of failures) {
    const again = whenAgain(context, error);
    if (again !== null) waits.push(again);
  }
  await noteFault(context, 'forge', failures.length === 0 ? null : messageOf(failures[0]));
  if (failures.length === 0) context.memory.reviewFailure = '';
  return waits.length === 0 ? null : Math.min(...waits);
}

/** An error that only a person can fix is logged once, and tried again at the next poll. */
function whenAgain({ memory, log }: Context, error: unknown): RetryDelay {
  const message = messageOf(error);
  if (message !== memory.reviewFailure)
    log.warn('the forge cannot be asked for what goes on there', { reason: message });
  memory.reviewFailure = message;
  if (!(error instanceof ForgeFailure)) return AGAIN_MS;
  return error.retryAfterSeconds === null ? null : error.retryAfterSeconds * 1000;
}
