// The plan of a pull request, as it is kept until its head or its base moves.

import type { CommitSha, TargetId } from './ids.ts';
import type { Plan } from './plan.ts';
import type { ClassifiedProblem } from './problem.ts';

/** What a pull request would change. */
export interface PullPlan {
  readonly pull: number;
  readonly title: string;
  readonly author: string;
  readonly head: CommitSha;
  /** Where the branch stood that it is to be merged into. */
  readonly base: CommitSha;
  /** The commit that the plan begins from: where both parted. */
  readonly from: CommitSha;
  /** Secrets are hidden. */
  readonly plan: Plan;
  readonly problems: readonly ClassifiedProblem[];
  readonly held: readonly TargetId[];
  /** Lines of its commits and its text that approve nothing, and why; absent where there are none. */
  readonly notes?: readonly string[];
  /** It brings no error of its own. */
  readonly ok: boolean;
  /** The config root inside the repository, for the places of problems. */
  readonly root: string;
  /** ISO 8601. */
  readonly created: string;
}
