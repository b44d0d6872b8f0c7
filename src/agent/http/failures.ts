// How often an address failed: with a wrong token, a wrong signature. It is noted after the check, so that whoever holds the right
// one is never turned away for what others send.

/** Bounds the memory that a flood from many addresses can take; then the oldest are forgotten. */
const MOST_SHARES = 10_000;
export const WINDOW_SECONDS = 60;

export interface Failures {
  /** Notes one more. True once there are too many within a minute: the answer is then 429, and says no more. */
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
      const [oldest] = counts.size >= MOST_SHARES ? counts.keys() : [];
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
