// Deferral times. They use the wall clock, which may be set back or have been wrong for years when they were written: each is checked here against
// its maximum possible delay, and one further ahead is ignored. `io/ledger/not-before.ts` does the same inside Redis.

/** Whether the time has come or is implausible. Epoch milliseconds. */
export function isDue(at: number, now: number, longestMs: number): boolean {
  return Number.isNaN(at) || at <= now || at > now + longestMs;
}
