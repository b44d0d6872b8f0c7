// Carries work between processes: which commit, which target, never their content. Every job may run twice, or after the
// ledger has moved on; the one who runs it reads the ledger first.

import type { RunId, TargetId } from '../model/ids.ts';

export interface Work {
  /** Compare the branch's head with what was followed, plan runs that wait for a plan, schedule what is ready. */
  reconcile?(signal: AbortSignal): Promise<RetryDelay>;
  /** May resolve to a step to go on with: one job does several, one after the other. */
  apply?(run: RunId, target: TargetId, signal: AbortSignal): Promise<RetryDelay | ApplyRequest>;
  /** Send what is due in the outbox. */
  report?(signal: AbortSignal): Promise<RetryDelay>;
  /** Look at everything that is applied and say what differs. */
  drift?(signal: AbortSignal): Promise<RetryDelay>;
  /** Plan pull requests, and do what people ask for at the forge. */
  review?(signal: AbortSignal): Promise<RetryDelay>;
  /** Try what is due by time. */
  renew?(signal: AbortSignal): Promise<RetryDelay>;
  /** Tell people what needs them. */
  notify?(signal: AbortSignal): Promise<RetryDelay>;
}

/** Work that a timer asks for. */
type Timed = 'reconcile' | 'report' | 'review' | 'drift' | 'renew' | 'notify';

/** Milliseconds after which the same work is to be tried again; null when there is nothing more to do. */
export type RetryDelay = number | null;

/** A step of a run, handed out after that many starts. */
export interface ApplyRequest {
  readonly run: RunId;
  readonly target: TargetId;
  readonly attempt: number;
}

export interface WorkOptions {
  readonly node: string;
  readonly concurrency: number;
  /** Steps at a time for the node, over all processes that share a Redis; the newest holds. Absent: no limit. */
  readonly atMost?: number;
  /** A worker that says nothing for so long counts as dead, and its jobs are given to another. */
  readonly lockMs?: number;
}

export interface Queue {
  /** One more reconcile will begin after this call; requests made before it begins share it. */
  requestReconcile(): Promise<void>;
  /** The same again is no second job, whoever asks, while there is one that waits, runs or is to be tried again. */
  requestApply(node: string, step: ApplyRequest): Promise<void>;
  /** As `requestReconcile`, but who asks a moment after another does not wait until it is asked for: what is due lies in the ledger. */
  requestReport(): Promise<void>;
  requestReview(): Promise<void>;
  /** As `requestReconcile`, for what is due by time. */
  requestRenew(): Promise<void>;
  /** As `requestReport`, and not before a while: what begins and ends at once is looked at together. */
  requestNotify(): Promise<void>;
  /** Begins to work: one reconcile and one report at a time, `concurrency` steps at a time for the node. */
  work(work: Work, options: WorkOptions): Promise<void>;
  /**
   * That work this often, the first time at once, for as long as this process lives: by a monotonic clock. Of all processes
   * that ask for the same, one does each time.
   */
  every(work: Timed, seconds: number): Promise<void>;
  /** The works that this process takes: `reconcile`, `apply`, … */
  working(): readonly string[];
  /** Takes no new work and waits up to `graceMs` for running work; then its signals are aborted. Ends soon after, come what may. */
  close(graceMs: number): Promise<void>;
}
