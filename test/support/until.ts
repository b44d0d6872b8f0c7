// Waiting for something to become true, without knowing how long it takes.

import { setTimeout as pause } from 'node:timers/promises';

const MIN_PAUSE_MS = 5;
const MAX_PAUSE_MS = 50;
/** Of the time that was waited already: what comes at once is seen at once, and what takes seconds is not asked for 200 times in each. */
const SHARE = 1 / 50;

/**
 * Resolves once the condition holds; fails with its name when it has not within that many seconds.
 *
 * @param what the name, or what makes it when it is needed
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
