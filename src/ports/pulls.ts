// Pull requests as far as Phoenix has looked at them.

import type { PullPlan } from '../model/pull.ts';
import type { Report } from '../model/report.ts';
import type { Approval } from './ledger.ts';

export interface Pulls {
  /** What each open pull request was last looked at as: any text that is another when it has to be looked at again. */
  pulls(): Promise<ReadonlyMap<number, string>>;
  /** @param plan null where there is nothing to plan, as for a fork */
  recordPull(pull: number, as: string, plan: PullPlan | null, reports: readonly Report[]): Promise<void>;
  pullPlan(pull: number): Promise<PullPlan | null>;
  /** It is open no more; its plan can still be read. */
  forgetPull(pull: number): Promise<void>;
  /** Approvals given before the merge, by a key of the change; kept for a month. */
  approveAhead(approvals: ReadonlyMap<string, Approval>): Promise<void>;
  /** Of each person that gave one. */
  approvedAhead(keys: readonly string[]): Promise<readonly Approval[]>;
  /** The pull request that became this commit. */
  noteMerged(commit: string, pull: number): Promise<void>;
  mergedPull(commit: string): Promise<number | null>;
}
