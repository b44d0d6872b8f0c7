// The port to the queue, which carries work between processes: which commit or target, never their content. Every job may run twice, or after the
// ledger has moved on; its worker reads the ledger first.

import type { RunId, TargetId } from '../model/ids.ts';

export interface Work {
  /** Compares the branch's head with the followed one, plans waiting runs, and schedules ready steps. */
  reconcile?(signal: AbortSignal): Promise<RetryDelay>;
  /** May resolve to the next step: one job performs several, one after the other. */
  apply?(run: RunId, target: TargetId, signal: AbortSignal): Promise<RetryDelay | ApplyRequest>;
  /** Sends due reports. */
  report?(signal: AbortSignal): Promise<RetryDelay>;
  /** Observes everything that is applied and reports differences. */
  drift?(signal: AbortSignal): Promise<RetryDelay>;
  /** Plans pull requests, and carries out commands from the forge. */
  review?(signal: AbortSignal): Promise<RetryDelay>;
  /** Applies targets that are due by time. */
  renew?(signal: AbortSignal): Promise<RetryDelay>;
  /** Sends notifications. */
  notify?(signal: AbortSignal): Promise<RetryDelay>;
}

/** Work that is requested by a timer. */
type Timed = 'reconcile' | 'report' | 'review' | 'drift' | 'renew' | 'notify';

/** Delay in milliseconds before the same work is repeated; null when nothing more is to be done. */
export type RetryDelay = number | null;

/** A step of a run, claimed after that many starts. */
export interface ApplyRequest {
  readonly run: RunId;
  readonly target: TargetId;
  readonly attempt: number;
}

export interface WorkOptions {
  readonly node: string;
  readonly concurrency: number;
  /** Concurrent steps for the node, over all processes that share a Redis; the newest value applies. Absent: no limit. */
  readonly atMost?: number;
  /** A worker that is silent for this long counts as dead, and its jobs are given to another. */
  readonly lockMs?: number;
}

export interface Queue {
  /** Ensures that a reconcile starts after this call; requests before its start share it. */
  requestReconcile(): Promise<void>;
  /** Requesting the same step again creates no second job while one waits, runs or is to be retried. */
  requestApply(node: string, step: ApplyRequest): Promise<void>;
  /** Like `requestReconcile`, but a call shortly after another returns immediately: what is due is in the ledger. */
  requestReport(): Promise<void>;
  requestReview(): Promise<void>;
  /** Like `requestReconcile`, for what is due by time. */
  requestRenew(): Promise<void>;
  /** Like `requestReport`, with a delay, so that a problem that starts and ends at once is seen as a whole. */
  requestNotify(): Promise<void>;
  /** Starts working: one reconcile and one report at a time, and `concurrency` steps at a time for the node. */
  work(work: Work, options: WorkOptions): Promise<void>;
  /**
   * Requests that work at this interval, first at once, as long as this process lives, by a monotonic clock. Of all processes
   * with the same timer, one enqueues it each time.
   *
   * @param first `always`: at once also where another process has enqueued it within the interval
   */
  every(work: Timed, seconds: number, first?: 'always'): Promise<void>;
  /** The kinds of work that this process accepts: `reconcile`, `apply`, … */
  working(): readonly string[];
  /** Accepts no new work and waits up to `graceMs` for running work; then its signals are aborted. Ends soon after in any case. */
  close(graceMs: number): Promise<void>;
}
