// The ledger's records of pull requests.

import type { TargetId } from '../model/ids.ts';
import type { PullPlan } from '../model/pull.ts';
import type { Report } from '../model/report.ts';
import type { Trailer } from '../model/trailer.ts';

/** An approval given under an open pull request, for the change that its plan showed. */
export interface EarlyApproval {
  readonly target: TargetId;
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
  /** The head that was shown. */
  readonly head: string;
  /** A key of the change that was shown: see `agent/review/change-keys.ts`. */
  readonly change: string;
  /** The forge's id of the approving code review, which may still be dismissed; absent for other approvals. */
  readonly review?: string;
}

export interface Pulls {
  /** The state in which each open pull request was last reviewed: any text that differs when it has to be reviewed again. */
  pulls(): Promise<ReadonlyMap<number, string>>;
  /**
   * Drops approvals under it for changes other than the plan's, or for another head.
   *
   * @param plan null where there is nothing to plan, as for a fork
   * @param changes the keys of the changes that wait for approval
   */
  recordPull(
    pull: number,
    as: string,
    plan: PullPlan | null,
    changes: readonly string[],
    reports: readonly Report[],
  ): Promise<void>;
  pullPlan(pull: number): Promise<PullPlan | null>;
  /** The plan of a merge queue's commit, by its head; kept for some days. */
  keepQueuedPlan(plan: PullPlan): Promise<void>;
  queuedPlan(head: string): Promise<PullPlan | null>;
  /** It is no longer open; its plan can still be read. */
  forgetPull(pull: number): Promise<void>;
  /** One approval per person and change. */
  approveEarly(pull: number, approvals: readonly EarlyApproval[]): Promise<void>;
  /** Pull requests with approvals that are neither used nor ended. */
  approvedPulls(): Promise<readonly number[]>;
  earlyApprovals(pull: number): Promise<readonly EarlyApproval[]>;
  /** Ends approvals that were used, or whose pull request was closed. */
  endEarlyApprovals(pull: number): Promise<void>;
  /** Trailers in the author's own text, which do not count as approvals. Kept as long as its plan. */
  noteAuthorTrailers(pull: number, trailers: readonly Trailer[]): Promise<void>;
  authorTrailers(pull: number): Promise<readonly Trailer[]>;
  /** Whether a command was already carried out, by its id at the forge. */
  hasCounted(command: string): Promise<boolean>;
  /** Records a command as carried out, permanently. */
  count(command: string): Promise<void>;
  /** Records the followed commit with which the pull request came to the branch: its own merge, or the last of several at once. */
  noteMerged(commit: string, pull: number): Promise<void>;
  mergedPulls(commit: string): Promise<readonly number[]>;
  /** The recorded commit; null for none. */
  mergeOf(pull: number): Promise<string | null>;
}
