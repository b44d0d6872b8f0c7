// Reports that wait to be sent to the forge.

import type { CommitStatus, Report } from '../model/report.ts';
import type { Forge } from './forge.ts';

/** Maximum delay before a failed report is retried. */
export const MAX_WAIT_MS = 300_000;
/** Maximum hold of all reports before one of them tests the forge again, whatever the forge asked for. */
export const MAX_HOLD_MS = 900_000;

/** A status whose request got no response is sent again after this: by then the forge has processed the request or never will. */
export const LATE_MS = 300_000;

/** A report that waits to be sent. */
export interface OutboxEntry {
  readonly key: string;
  /** Increases with each report for the same commit and context, or pull request. */
  readonly sequence: number;
  readonly report: Report;
  /** The forge's handle of the previous report; null for the first. */
  readonly handle: string | null;
  /** Number of failed attempts. */
  readonly attempts: number;
}

/** When a failed report is retried; times in epoch milliseconds. */
interface Retry {
  readonly at: number;
  /** Until then nothing is sent; null: no hold. */
  readonly holdUntil: number | null;
  /** Until then the forge may still process the request; null: it will not. */
  readonly lateUntil: number | null;
  /** For people. */
  readonly why: string;
}

/** The reports that the forge does not accept at the moment. */
export interface HeldReports {
  /** Number of refused reports. */
  readonly failed: number;
  /** Number of all reports in the outbox, including untried ones. */
  readonly waiting: number;
  /** ISO 8601. */
  readonly since: string;
  /** The last reason. */
  readonly why: string;
}

export interface Outbox {
  /** Queues reports: durable; the newest per commit and context wins, one equal to the last sent is dropped. */
  say(reports: readonly Report[]): Promise<void>;
  /**
   * Claims one report that is due at `now`: those of whole commits before those of steps, and none of a context that is being
   * sent. The claim expires after `claimMs`. Null when nothing is due or the limits are reached.
   */
  claimReport(now: number, claimMs: number, limits: Forge['limits']): Promise<OutboxEntry | null>;
  /** @param handle the forge's handle of it */
  reportSent(entry: OutboxEntry, handle: string | null): Promise<void>;
  /** @param retry null drops it */
  reportFailed(entry: OutboxEntry, retry: Retry | null): Promise<void>;
  /**
   * Queues the last status again where an earlier request may have been processed after it, once that is no longer possible: as a
   * new status, not as a replacement. Resolves to the number of statuses.
   *
   * @param now epoch milliseconds
   */
  sayLateAgain(now: number): Promise<number>;
  /** When the next entry is due (epoch milliseconds); null when the outbox is empty. */
  nextReport(): Promise<number | null>;
  /** How many reports the outbox holds. */
  reportsWaiting(): Promise<number>;
  /** Null while the forge accepts reports. */
  reportsHeld(): Promise<HeldReports | null>;
  /** Statuses that are still pending at the forge, the newest of each context. The cost depends on their number only. */
  saidPending(): Promise<readonly CommitStatus[]>;
  /** Builds the list for `saidPending` from all sent statuses: to be called once, since older versions had no such list. */
  listPending(): Promise<void>;

  /** The comment at the forge is no longer as it was sent: the next one is written in any case. */
  forgetComment(pull: number): Promise<void>;

  /** The newest status of that context: waiting, or sent within the last weeks. */
  lastSaid(commit: string, context: string): Promise<CommitStatus | null>;
}
