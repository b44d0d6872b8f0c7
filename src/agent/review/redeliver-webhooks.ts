// Deliveries that never came: a forge keeps them for some days, and hands them out again when it is asked.

import { isDue } from '../../model/not-before.ts';
import type { Forge } from '../../ports/forge.ts';
import type { Context } from '../context.ts';

/** GitHub keeps them for three days. */
const LOOK_BACK_MS = 3 * 24 * 3_600_000;
const EVERY_MS = 600_000;

/** Asks at the first look of this process, then now and then. The head is compared far more often: this is for the rest. */
export async function redeliverWebhooks(context: Context, forge: Forge): Promise<void> {
  const now = context.clock.now().getTime();
  if (!isDue(context.memory.lostAskedAt + EVERY_MS, now, EVERY_MS)) return;
  const asked = await forge.redeliver(new Date(now - LOOK_BACK_MS));
  context.memory.lostAskedAt = now;
  if (asked !== null && asked > 0) context.log.info('deliveries that failed are asked for again', { count: asked });
}
