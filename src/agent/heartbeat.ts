// The agent's own clock. Timers are kept in Redis, so that one does for all processes; a Redis that lost its data has none any more, and
// nobody else would notice: then everything begins again, from Git and the host.

import type { Context } from './context.ts';
import { newMemory } from './memory.ts';

/** A timer of Node reaches no further. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Looks once for each poll; ends with the function that it returns.
 *
 * @param startTimers makes the timers in Redis
 */
export function startHeartbeat(context: Context, startTimers: () => Promise<void>): () => void {
  const { queue, options, log } = context;
  let looking = false;
  const beat = async (): Promise<void> => {
    // Redis may be away: then the look before this one still waits for it.
    if (looking) return;
    looking = true;
    try {
      if (await queue.hasTimer('reconcile')) return;
      log.error('Redis has lost its data: everything is looked at again, from Git and the host');
      Object.assign(context.memory, newMemory(true));
      await startTimers();
      await Promise.all([queue.requestReconcile(), queue.requestReview(), queue.requestReport()]);
    } catch (error) {
      log.warn('whether Redis still has its timers is not known', { error });
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(beat, Math.min(options.pollSeconds * 1000, LONGEST_MS));
  timer.unref();
  return () => clearInterval(timer);
}
