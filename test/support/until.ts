// Waits for a condition, however long it takes.

import { setTimeout as pause } from 'node:timers/promises';

const MIN_PAUSE_MS = 5;
const MAX_PAUSE_MS = 50;
/** Poll interval as a share of the elapsed time: quick results are seen at once, and slow ones are not polled 200 times per second. */
const SHARE = 1 / 50;

/**
 * Resolves once the condition holds; fails with its name after that many seconds.
 *
 * @param what the name, or a function that computes it when needed
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string | (() => string) = condition.toString(),
  seconds = 90,
): Promise<void> {
  const began = Date.now();
  while (!(await condition())) {
    const waited = Date.now() - began;
    if (waited > seconds * 1000) throw new Error(`waited in vain for: ${typeof what === 'string' ? what : what()}`);
    await pause(Math.min(MAX_PAUSE_MS, MIN_PAUSE_MS + waited * SHARE));
  }
}
