// What goes on at the forge beside pushes: pull requests to be planned, people who ask for something by a button or a
// comment, deliveries that were lost. Nothing here is waited for by what is applied.

import type { Again } from '../../ports/queue.ts';
import type { Context } from '../context.ts';
import { answerAsks } from './asks.ts';
import { settlePending } from './interrupted.ts';
import { askForLost } from './lost.ts';
import { reviewPulls } from './pulls.ts';

/** A forge that does not answer is asked again after this. */
const AGAIN_MS = 5_000;

/** One at a time, by a lease that the caller holds. */
export async function review(context: Context): Promise<Again> {
  const { ledger, forge, log } = context;
  const deliveries = (await ledger.unsettledDeliveries()).filter(({ kind }) => kind !== 'push');
  if (forge === null) {
    await ledger.settleDeliveries(
      deliveries.map(({ id }) => id),
      [],
    );
    return null;
  }
  try {
    const forced = await answerAsks(context, forge, deliveries);
    await reviewPulls(context, forge, forced);
    await settle(
      context,
      deliveries.filter(({ kind }) => kind === 'pull').map(({ id }) => id),
    );
    await settlePending(context, forge);
    await askForLost(context, forge);
    return null;
  } catch (error) {
    log.warn('the forge cannot be asked for what goes on there', { error });
    return AGAIN_MS;
  }
}

async function settle({ ledger }: Context, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await ledger.settleDeliveries(ids, []);
}
