// Asks a forge that keeps a record of its webhooks how they ended: whether they are refused is known from it, and lost ones are requested again.

import { WEBHOOK_REFUSED } from '../../messages/faults.ts';
import { isDue } from '../../model/not-before.ts';
import type { Forge } from '../../ports/forge.ts';
import type { Context } from '../context.ts';
import { noteFault } from '../faults.ts';

/** GitHub keeps deliveries for three days. */
const LOOK_BACK_MS = 3 * 24 * 3_600_000;
const EVERY_MS = 600_000;

/** At the first review of this process, then at intervals. The head is compared far more often: this is for the rest. */
export async function redeliverWebhooks(context: Context, forge: Forge): Promise<void> {
  const now = context.clock.now().getTime();
  if (!isDue(context.memory.redeliveryAskedAt + EVERY_MS, now, EVERY_MS)) return;
  const sent = await forge.sentWebhooks(new Date(now - LOOK_BACK_MS));
  context.memory.redeliveryAskedAt = now;
  if (sent === null) return;
  const { lost, failing, arrives } = sent;
  // Before lost ones are requested: what then arrives is the end of the fault. What strangers send is none while the forge's arrive.
  if (failing !== null) await noteFault(context, 'webhooks', WEBHOOK_REFUSED.byForge(failing));
  if (arrives) await noteFault(context, 'webhooks', null);
  if (lost.length === 0) return;
  context.log.info('deliveries that failed are asked for again', { count: lost.length });
  await forge.redeliver(lost);
}
