// Timers of a process that need nothing from Redis: it announces the work that it serves, and checks whether Redis still has its data. A Redis
// that lost it lacks the record of its installation: then everything begins again, from Git and the host.

import type { Context } from './context.ts';
import { claimInstallation, OtherInstallation } from './installation.ts';
import { newMemory } from './memory.ts';

/** The longest delay of a timer in Node. */
const LONGEST_MS = 2 ** 31 - 1;
/** How often a process announces what it serves, and how long an announcement counts. */
const SERVES_EVERY_MS = 10_000;
export const SERVED_MS = 30_000;

/**
 * Checks once for each poll, and announces what is served. The function that it returns ends it.
 *
 * @param begin asks for all work of this process, as at its start
 */
export function startHeartbeat(context: Context, begin: () => Promise<void>): () => void {
  const { ledger, queue, options, log } = context;
  const plans = options.roles.includes('reconcile');
  const checkInstallation = oneAtATime(async () => {
    if ((await claimInstallation(context)) === 'known') return;
    // The process that plans goes on with it; whichever comes first has written the record.
    log.error('Redis has lost its data: everything is looked at again, from Git and the host');
    Object.assign(context.memory, newMemory(true));
    await begin();
  });
  const noteServed = oneAtATime(() => ledger.noteServed(queue.working(), SERVED_MS));
  const failed = (error: unknown) => {
    if (!(error instanceof OtherInstallation)) {
      log.warn('whether Redis still has its data is not known', { error });
      return;
    }
    log.error('Redis belongs to another installation now', { error, hint: error.hint });
    context.lost?.(error);
  };
  const notNoted = (error: unknown) => log.warn('what this process serves could not be said', { error });
  const timers = [setInterval(() => noteServed().catch(notNoted), SERVES_EVERY_MS)];
  const pollMs = Math.min(options.pollSeconds * 1000, LONGEST_MS);
  if (plans) timers.push(setInterval(() => checkInstallation().catch(failed), pollMs));
  for (const timer of timers) timer.unref();
  noteServed().catch(notNoted);
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

/** Skips a call while the one before still runs: where Redis is away, both would wait for it. */
function oneAtATime(task: () => Promise<void>): () => Promise<void> {
  let running = false;
  return async () => {
    if (running) return;
    running = true;
    await task().finally(() => {
      running = false;
    });
  };
}
