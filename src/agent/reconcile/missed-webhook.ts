// Notices that the forge's webhooks do not get in. Anybody who reaches the address can have a delivery refused, so a refusal alone says nothing: it counts
// once the branch has moved, no delivery announced that, and one was refused at about that time.

import { WEBHOOK_REFUSED } from '../../messages/faults.ts';
import type { CommitSha } from '../../model/ids.ts';
import type { Push } from '../../ports/deliveries.ts';
import type { Context } from '../context.ts';
import { noteFault } from '../faults.ts';

/** A forge may need some time to deliver, and refusals are recorded once a minute. */
const BEFORE_POLL_MS = 120_000;

/** @param head that is new since the last reconcile */
export async function noticeMissedWebhook(
  context: Context,
  head: CommitSha,
  deliveries: readonly Push[],
): Promise<void> {
  const { ledger, clock, options } = context;
  if (deliveries.length > 0) return;
  const refusal = await ledger.lastRefusal();
  if (refusal === null) return;
  const age = clock.now().getTime() - Date.parse(refusal.at);
  if (age > options.pollSeconds * 1000 + BEFORE_POLL_MS) return;
  await noteFault(context, 'webhooks', WEBHOOK_REFUSED.missed(head, refusal.why));
  // The delivery may have come meanwhile: an arrival forgets refusals.
  if ((await ledger.lastRefusal()) === null) await noteFault(context, 'webhooks', null);
}
