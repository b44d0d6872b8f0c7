// The agent's own clock: what every process says of itself, and what it looks at, whatever Redis has lost. A Redis that lost its data is
// noticed by the record of what it belongs to, which is not there any more: then everything begins again, from Git and the host.

import type { Context } from './context.ts';
import { claimInstallation, OtherInstallation } from './installation.ts';
import { newMemory } from './memory.ts';

/** A timer of Node reaches no further. */
const LONGEST_MS = 2 ** 31 - 1;
/** That a process serves a work is said this often, and holds for so long. */
const SERVES_EVERY_MS = 10_000;
export const SERVED_MS = 30_000;

/**
 * Looks once for each poll, and says what is served; ends with the function that it returns.
 *
 * @param begin asks for all work of this process, as at its start
 */
export function startHeartbeat(context: Context, begin: () => Promise<void>): () => void {
  const { ledger, queue, options, log } = context;
  const plans = options.roles.includes('reconcile');
  const look = alone(async () => {
    if ((await claimInstallation(context)) === 'known') return;
    // Whoever plans goes on with it; the record is made by whichever process comes first.
    log.error('Redis has lost its data: everything is looked at again, from Git and the host');
    Object.assign(context.memory, newMemory(true));
    await begin();
  });
  const say = alone(() => ledger.noteServed(queue.working(), SERVED_MS));
  const failed = (error: unknown) => {
    if (!(error instanceof OtherInstallation)) {
      log.warn('whether Redis still has its data is not known', { error });
      return;
    }
    log.error('Redis belongs to another installation now', { error, hint: error.hint });
    context.lost?.(error);
  };
  const unsaid = (error: unknown) => log.warn('what this process serves could not be said', { error });
  const timers = [setInterval(() => say().catch(unsaid), SERVES_EVERY_MS)];
  const pollMs = Math.min(options.pollSeconds * 1000, LONGEST_MS);
  if (plans) timers.push(setInterval(() => look().catch(failed), pollMs));
  for (const timer of timers) timer.unref();
  say().catch(unsaid);
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

/** Redis may be away: then the one before still waits for it, and another would too. */
function alone(task: () => Promise<void>): () => Promise<void> {
  let running = false;
  return async () => {
    if (running) return;
    running = true;
    await task().finally(() => {
      running = false;
    });
  };
}
