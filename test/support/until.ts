// Waiting for something to become true, without knowing how long it takes.

import { setTimeout as pause } from 'node:timers/promises';

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
  const giveUp = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > giveUp) throw new Error(`waited in vain for: ${typeof what === 'string' ? what : what()}`);
    await pause(5);
  }
}
