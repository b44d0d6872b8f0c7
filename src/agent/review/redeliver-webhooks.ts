// Requests redelivery of lost webhooks, which a forge keeps for some days.

import { isDue } from '../../model/not-before.ts';
import type { Forge } from '../../ports/forge.ts';
import type { Context } from '../context.ts';

/** GitHub keeps deliveries for three days. */
const LOOK_BACK_MS = 3 * 24 * 3_600_000;
const EVERY_MS = 600_000;

/** At the first review of this process, then at intervals. The head is compared far more often: this is for the rest. */
export async function redeliverWebhooks(context: Context, forge: Forge): Promise<void> {
  const now = context.clock.now().getTime();
  if (!isDue(context.memory.redeliveryAskedAt + EVERY_MS, now, EVERY_MS)) return;
  const count = await forge.redeliver(new Date(now - LOOK_BACK_MS));
  context.memory.redeliveryAskedAt = now;
  if (count !== null && count > 0) context.log.info('deliveries that failed are asked for again', { count: count });
}
