// What is still to be said at the forge, kept until it was.

import type { CommitStatus, Report } from '../model/report.ts';
import type { Forge } from './forge.ts';

/** A report that was not taken is tried again within this. */
export const LONGEST_WAIT_MS = 300_000;
/** All reports wait no longer than this before one of them looks whether the forge takes it again, whatever the forge says. */
export const LONGEST_HOLD_MS = 900_000;

/** A status whose request was not answered is said again after this: by then the forge has done what it was sent, or never does. */
export const LATE_MS = 300_000;

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

/** When a report that the forge did not take is tried again; times in epoch milliseconds. */
interface Retry {
  readonly at: number;
  /** Nothing at all is sent before; null holds nothing up. */
  readonly holdUntil: number | null;
  /** Until then the forge may still do what it was sent; null: it will not. */
  readonly lateUntil: number | null;
  /** For people. */
  readonly why: string;
}

/** What the forge does not take at the moment. */
export interface HeldReports {
  /** How many it has refused so far. */
  readonly failed: number;
  /** All that the outbox holds, with those that were not tried. */
  readonly waiting: number;
  /** ISO 8601. */
  readonly since: string;
  /** The last reason. */
  readonly why: string;
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
  /** @param retry null gives it up */
  reportFailed(entry: OutboxEntry, retry: Retry | null): Promise<void>;
  /**
   * Puts into the outbox once more what was last said where a request before it may have landed behind it, whose time is over: as something
   * new, not in the place of what the forge has. Resolves to how many.
   *
   * @param now epoch milliseconds
   */
  sayLateAgain(now: number): Promise<number>;
  /** When the next entry is due (epoch milliseconds); null when the outbox is empty. */
  nextReport(): Promise<number | null>;
  /** How many reports the outbox holds. */
  reportsWaiting(): Promise<number>;
  /** Null while the forge takes what it is told. */
  reportsHeld(): Promise<HeldReports | null>;
  /** What the forge was told that reads pending still, the newest of each context. Costs what there is of it, however much was said. */
  saidPending(): Promise<readonly CommitStatus[]>;
  /** Looks through all that was said for what `saidPending` tells of: to be called once, for what a version before kept no list of. */
  listPending(): Promise<void>;

  /** The forge does not have the comment under a pull request any more as it was sent: what is said next is written whatever it is. */
  forgetComment(pull: number): Promise<void>;

  /** The newest status of that context: on its way, or sent within the last weeks. */
  lastSaid(commit: string, context: string): Promise<CommitStatus | null>;
}
