// Counts failures of clients: wrong tokens and signatures. A failure is counted after the check, so a client with the right credentials is never
// refused because of others.

/** Maximum number of tracked clients, which bounds memory; the oldest are dropped. */
const MAX_SHARES = 10_000;
export const WINDOW_SECONDS = 60;

export interface Failures {
  /** Records a failure. True once there are too many within a minute: the answer is then 429 without details. */
  note(clientKey: string): boolean;
}

/** @param most failures of one client (`clientKeyOf`) within a minute */
export function countFailures(most: number, now: () => number = monotonic): Failures {
  const counts = new Map<string, { readonly until: number; failed: number }>();
  return {
    note(clientKey) {
      const known = counts.get(clientKey);
      if (known !== undefined && known.until > now()) {
        known.failed += 1;
        return known.failed > most;
      }
      counts.delete(clientKey);
      const [oldest] = counts.size >= MAX_SHARES ? counts.keys() : [];
      if (oldest !== undefined) counts.delete(oldest);
      counts.set(clientKey, { until: now() + WINDOW_SECONDS * 1000, failed: 1 });
      return most < 1;
    },
  };
}

/** Monotonic. */
function monotonic(): number {
  return performance.now();
}
