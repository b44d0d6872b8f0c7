// Times before which nothing is to be done. They are kept by a wall clock, which may be set back, or have been wrong for years when they were
// written: each is read here, with the longest that it can ever have been meant to wait, and one that lies further ahead holds nothing up.
// `io/ledger/not-before.ts` says the same where Redis itself decides.

/** Whether that time has come, or was never meant. Epoch milliseconds. */
export function isDue(at: number, now: number, longestMs: number): boolean {
  return Number.isNaN(at) || at <= now || at > now + longestMs;
}
