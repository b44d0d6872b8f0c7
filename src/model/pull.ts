// The plan of a pull request, valid until its head or base moves.

import type { CommitSha, TargetId } from './ids.ts';
import type { Plan } from './plan.ts';
import type { ClassifiedProblem } from './problem.ts';

/** The changes of a pull request. */
export interface PullPlan {
  readonly pull: number;
  readonly title: string;
  readonly author: string;
  readonly head: CommitSha;
  /** Head of the base branch. */
  readonly base: CommitSha;
  /** The merge base, from which the plan starts. */
  readonly from: CommitSha;
  /** With hidden secrets. */
  readonly plan: Plan;
  readonly problems: readonly ClassifiedProblem[];
  readonly held: readonly TargetId[];
  /** Ineffective approval lines of its commits and description, with the reason; absent for none. */
  readonly notes?: readonly string[];
  /** Whether it has no new error. */
  readonly ok: boolean;
  /** The config root inside the repository, to locate problems. */
  readonly root: string;
  /** ISO 8601. */
  readonly created: string;
}
