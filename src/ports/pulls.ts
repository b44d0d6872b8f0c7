// Pull requests as far as Phoenix has looked at them.

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
  /** The forge's id of the code review that approves it, which may be dismissed until it counts; absent for other ways to approve. */
  readonly review?: string;
}

export interface Pulls {
  /** What each open pull request was last looked at as: any text that is another when it has to be looked at again. */
  pulls(): Promise<ReadonlyMap<number, string>>;
  /**
   * Approvals given under it for other changes than those of the plan, or for another head, end.
   *
   * @param plan null where there is nothing to plan, as for a fork
   * @param changes the keys of those that wait for approval
   */
  recordPull(
    pull: number,
    as: string,
    plan: PullPlan | null,
    changes: readonly string[],
    reports: readonly Report[],
  ): Promise<void>;
  pullPlan(pull: number): Promise<PullPlan | null>;
  /** The plan of what a merge queue tries, by its head; kept for some days. */
  keepQueuedPlan(plan: PullPlan): Promise<void>;
  queuedPlan(head: string): Promise<PullPlan | null>;
  /** It is open no more; its plan can still be read. */
  forgetPull(pull: number): Promise<void>;
  /** Of each person one for each change. */
  approveEarly(pull: number, approvals: readonly EarlyApproval[]): Promise<void>;
  /** Pull requests under which approvals were given that have not been used, nor ended. */
  approvedPulls(): Promise<readonly number[]>;
  earlyApprovals(pull: number): Promise<readonly EarlyApproval[]>;
  /** They were used, or the pull request was closed. */
  endEarlyApprovals(pull: number): Promise<void>;
  /** Approvals that the author of a pull request wrote into its text: nobody's. Remembered as long as its plan. */
  noteAuthorTrailers(pull: number, trailers: readonly Trailer[]): Promise<void>;
  authorTrailers(pull: number): Promise<readonly Trailer[]>;
  /** Whether a command of the forge was carried out already, by its own id there. */
  hasCounted(command: string): Promise<boolean>;
  /** Remembered for good. */
  count(command: string): Promise<void>;
  /** The pull request came to the branch with this commit, one that was followed: its own merge, or the last of several at once. */
  noteMerged(commit: string, pull: number): Promise<void>;
  mergedPulls(commit: string): Promise<readonly number[]>;
  /** The commit under which it was noted; null for none. */
  mergeOf(pull: number): Promise<string | null>;
}
