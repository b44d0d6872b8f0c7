// Timers inside a process: it announces the work that it serves, and checks whether Redis still has its data. A Redis that lost it lacks the record
// of its installation: then everything starts over, from Git and the host.

import type { Context } from './context.ts';
import { claimInstallation, NewerLedger, OtherInstallation } from './installation.ts';
import { newMemory } from './memory.ts';

/** The longest delay of a timer in Node. */
const MAX_MS = 2 ** 31 - 1;
/** Interval at which a process announces what it serves; below, how long an announcement is valid. */
const SERVES_EVERY_MS = 10_000;
export const SERVED_MS = 30_000;

/**
 * Starts the checks and announcements. The returned function stops them.
 *
 * @param begin requests all work of this process, as at its start
 */
export function startHeartbeat(context: Context, begin: () => Promise<void>): () => void {
  const { ledger, queue, options, log } = context;
  const plans = options.roles.includes('reconcile');
  const checkInstallation = oneAtATime(async () => {
    if ((await claimInstallation(context)) === 'known') return;
    // The planning process continues; whichever process came first has written the record.
    log.error('Redis has lost its data: everything is looked at again, from Git and the host');
    Object.assign(context.memory, newMemory(true));
    await begin();
  });
  const noteServed = oneAtATime(() => ledger.noteServed(queue.working(), SERVED_MS));
  const failed = (error: unknown) => {
    if (error instanceof OtherInstallation) {
      log.error('Redis belongs to another installation now', { error, hint: error.hint });
      context.lost?.(error);
    } else if (error instanceof NewerLedger) {
      // During an update of several processes: what runs goes on, and this version does not start again.
      log.error('a newer version of Phoenix uses this Redis too', { error, hint: error.hint });
    } else log.warn('whether Redis still has its data is not known', { error });
  };
  const notNoted = (error: unknown) => log.warn('what this process serves could not be said', { error });
  const timers = [setInterval(() => noteServed().catch(notNoted), SERVES_EVERY_MS)];
  const pollMs = Math.min(options.pollSeconds * 1000, MAX_MS);
  if (plans) timers.push(setInterval(() => checkInstallation().catch(failed), pollMs));
  for (const timer of timers) timer.unref();
  noteServed().catch(notNoted);
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

/** Skips a call while the previous one is running: while Redis is unreachable, both would wait. */
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
