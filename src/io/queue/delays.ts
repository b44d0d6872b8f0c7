// Delayed requests of this process, by monotonic timers: BullMQ's delayed and repeated jobs go by the wall clock. What is lost with the process is
// requested again by the next poll.

import type { Log } from '../../ports/log.ts';

/** Delay before work that failed unexpectedly is tried again. */
export const RETRY_MS = 5_000;
/** The longest delay of `setTimeout`. */
export const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export interface Delays {
  /** Calls `enqueue` after that time, or as requested before under the same id if that is earlier; again after a failure. */
  after(id: string, ms: number, enqueue: () => Promise<unknown>): void;
  has(id: string): boolean;
  /** Stops the timers; which requests were waiting stays known. */
  stop(): void;
}

/** A delayed request; `at` by `performance.now`. */
interface Delayed {
  readonly at: number;
  readonly timer: NodeJS.Timeout;
}

/** @param stopped once aborted, a failed request is not repeated */
export function openDelays(log: Log, stopped: AbortSignal): Delays {
  const delayed = new Map<string, Delayed>();

  function after(id: string, ms: number, enqueue: () => Promise<unknown>): void {
    const at = performance.now() + ms;
    const known = delayed.get(id);
    if (known !== undefined && known.at <= at) return;
    clearTimeout(known?.timer);
    const begin = () => {
      delayed.delete(id);
      enqueue().catch((error) => {
        log.warn('work could not be requested', { work: id, error });
        if (!stopped.aborted) after(id, RETRY_MS, enqueue);
      });
    };
    const timer = setTimeout(begin, Math.min(Math.max(0, ms), MAX_TIMEOUT_MS));
    timer.unref();
    delayed.set(id, { at, timer });
  }

  return {
    after,
    has: (id) => delayed.has(id),
    stop() {
      for (const { timer } of delayed.values()) clearTimeout(timer);
    },
  };
}
