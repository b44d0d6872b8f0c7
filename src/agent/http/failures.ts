// How often an address failed: with a wrong token, a wrong signature. It is noted after the check, so that whoever holds the right
// one is never turned away for what others send.

/** Bounds the memory that a flood from many addresses can take; then the oldest are forgotten. */
const MOST_SHARES = 10_000;
export const WINDOW_SECONDS = 60;

export interface Failures {
  /** Notes one more. True once there are too many within a minute: the answer is then 429, and says no more. */
  note(share: string): boolean;
}

/** @param most failures of one share (`address.ts`) within a minute */
export function countFailures(most: number, now: () => number = monotonic): Failures {
  const counts = new Map<string, { readonly until: number; failed: number }>();
  return {
    note(share) {
      const known = counts.get(share);
      if (known !== undefined && known.until > now()) {
        known.failed += 1;
        return known.failed > most;
      }
      counts.delete(share);
      const [oldest] = counts.size >= MOST_SHARES ? counts.keys() : [];
      if (oldest !== undefined) counts.delete(oldest);
      counts.set(share, { until: now() + WINDOW_SECONDS * 1000, failed: 1 });
      return most < 1;
    },
  };
}

/** Nobody sets this clock. */
function monotonic(): number {
  return performance.now();
}
