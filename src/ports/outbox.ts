// What is still to be said at the forge, kept until it was.

import type { CommitStatus, Report } from '../model/report.ts';
import type { Forge } from '../ports.ts';

/** A report on its way to the forge. */
export interface OutboxEntry {
  readonly key: string;
  /** Grows with each report written for the same commit and context, or pull request. */
  readonly sequence: number;
  readonly report: Report;
  /** What the forge called the report before it; null for the first. */
  readonly handle: string | null;
  /** How often sending has failed. */
  readonly attempts: number;
}

export interface Outbox {
  /** Writes reports to the outbox: durable, the newest per commit and context wins, one equal to the last sent is dropped. */
  say(reports: readonly Report[]): Promise<void>;
  /**
   * Claims one report that is due at `now`, of a commit as a whole before those of its steps, none of a context that is being
   * sent. The claim ends by itself after `claimMs`. Null when nothing is due or the limits are reached.
   */
  claimReport(now: number, claimMs: number, limits: Forge['limits']): Promise<OutboxEntry | null>;
  /** @param handle what the forge calls it now */
  reportSent(entry: OutboxEntry, handle: string | null): Promise<void>;
  /** To be tried again at `at`, and nothing at all sent before `holdUntil` (epoch milliseconds; null holds nothing up); null gives it up. */
  reportFailed(
    entry: OutboxEntry,
    retry: { readonly at: number; readonly holdUntil: number | null } | null,
  ): Promise<void>;
  /** When the next entry is due (epoch milliseconds); null when the outbox is empty. */
  nextReport(): Promise<number | null>;
  /** How many reports the outbox holds. */
  reportsWaiting(): Promise<number>;
  /** What the forge was told that reads pending still, the newest of each context. */
  saidPending(): Promise<readonly CommitStatus[]>;

  /** The forge does not have the comment under a pull request any more as it was sent: what is said next is written whatever it is. */
  forgetComment(pull: number): Promise<void>;

  /** The newest status of that context: on its way, or sent within the last weeks. */
  lastSaid(commit: string, context: string): Promise<CommitStatus | null>;
}
