// What goes on at the forge beside pushes: pull requests to be planned, people who ask for something by a button or a
// comment, deliveries that were lost. Nothing here is waited for by what is applied.

import { ForgeFailure } from '../../ports/forge-failure.ts';
import type { RetryDelay } from '../../ports/queue.ts';
import type { Context } from '../context.ts';
import { answerAsks, restateComments } from './forge-commands.ts';
import { reviewPulls } from './pulls.ts';
import { reviewQueue } from './queue.ts';
import { redeliverWebhooks } from './redeliver-webhooks.ts';
import { settlePending } from './stale-statuses.ts';

/** After a surprise that is not the forge's. */
const AGAIN_MS = 5_000;

/** One at a time, by a lease that the caller holds. One part that fails leaves the others alone. */
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
    return null;
  }
  let forced: ReadonlySet<number> = new Set();
  const waits: number[] = [];
  const parts: readonly (() => Promise<void>)[] = [
    async () => {
      const answers = await answerAsks(context, forge, deliveries);
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
  for (const part of parts) {
    const again = await part().then(
      () => null,
      (error) => whenAgain(context, error),
    );
    if (again !== null) waits.push(again);
  }
  if (waits.length === 0) context.memory.reviewFailure = '';
  return waits.length === 0 ? null : Math.min(...waits);
}

/** What only a person can put right is said once, and looked at again with the next poll. */
function whenAgain({ memory, log }: Context, error: unknown): RetryDelay {
  const message = error instanceof Error ? error.message : String(error);
  if (message !== memory.reviewFailure)
    log.warn('the forge cannot be asked for what goes on there', { reason: message });
  memory.reviewFailure = message;
  if (!(error instanceof ForgeFailure)) return AGAIN_MS;
  return error.retryAfterSeconds === null ? null : error.retryAfterSeconds * 1000;
}
