// The ledger's records of runs: requests, plans and results.

import type { RunId, TargetId } from '../model/ids.ts';
import type { Plan } from '../model/plan.ts';
import type { Problem } from '../model/problem.ts';
import type { CommitStatus } from '../model/report.ts';
import type { Run, RunState, Trigger } from '../model/run.ts';
import type { CommandVerb } from '../model/verbs.ts';
import type { SettledStep } from './steps.ts';

/** The request of a run; `targets: null` means all. */
export interface RunRequest {
  readonly commit: string;
  readonly trigger: Trigger;
  readonly by: string;
  /** ISO 8601. */
  readonly created: string;
  readonly targets: readonly TargetId[] | null;
  /** Go back to a commit that is not a descendant of what was applied. */
  readonly rewind: boolean;
  /** Only observe: report differences and change nothing. */
  readonly readOnly: boolean;
  /** Adopt existing objects with the ids of these targets that Phoenix did not create. */
  readonly adopt?: boolean;
  /** The verb of a command. */
  readonly verb?: CommandVerb;
  /** `stop` and `delete` include the targets' dependents. */
  readonly cascade?: boolean;
  /** Corrects drift that the timer found. Unlike what is due by time, it waits for windows and approvals. */
  readonly heal?: true;
  /** Does not wait for an apply window of the policy. */
  readonly now?: boolean;
  /** The dry run that a person was shown and confirmed: this run does exactly that. */
  readonly shown?: RunId;
  /** The requesting span as `traceparent`, parent of its steps and statuses; absent without tracing. */
  readonly trace?: string;
}

export interface Approval {
  readonly target: TargetId;
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
  /** Where it was given, for display: `the message of 3f2a1bc`, `pull request 5`; absent for an approval of the run itself. */
  readonly where?: string;
  /** For a step that corrects drift: what it would have done when approved, as sentences, to which it is limited. Absent for changes of a plan. */
  readonly would?: readonly string[];
}

/** A run with internal data of the agent. */
export interface RunDetail extends Run {
  /** Null while it waits to be planned. */
  readonly plan: Plan | null;
  /** Digest of the spec that each step applies; null for a delete. */
  readonly digests: Readonly<Record<TargetId, string | null>>;
  readonly request: RunRequest;
  readonly approvals: readonly Approval[];
  /** Steps that are blocked from the beginning, with the reason: an older problem of the configuration, since a new one refuses the commit, or a
   * missing secret. */
  readonly held: Readonly<Record<TargetId, string>>;
  /** Those of `held` that only wait for a secret: they go on when it is there. Absent for none. */
  readonly missing?: readonly TargetId[];
  /** Notes for people: trailers that do not count as approvals, and why. */
  readonly notes: readonly string[];
  /** The commit that superseded it. */
  readonly supersededBy: string | null;
  /** Why it is invalid or was refused; null otherwise. */
  readonly reason: string | null;
  readonly problems: readonly Problem[];
  /** Number of starts of a step before it was last claimed, if any. */
  readonly jobs: Readonly<Record<TargetId, number>>;
}

/** The initial state of a planned run, written atomically. */
export interface Planned {
  readonly state: Extract<RunState, 'planned' | 'succeeded' | 'invalid' | 'superseded'>;
  readonly plan: Plan | null;
  readonly digests: Readonly<Record<TargetId, string | null>>;
  readonly approvals: readonly Approval[];
  readonly reason: string | null;
  readonly problems: readonly Problem[];
  readonly held: Readonly<Record<TargetId, string>>;
  readonly missing?: readonly TargetId[];
  readonly notes: readonly string[];
  /** Builds the statuses, which contain the run's id. */
  readonly statuses: (run: RunId) => readonly CommitStatus[];
  /** Recorded as the handled head; absent when the run does not follow the branch. */
  readonly followed?: Head;
}

/** The last handled head of the branch. */
export interface Head {
  readonly commit: string;
  /**
   * `refused`: it does not descend from the previous followed head, or is not signed as required; that head stays the base. `rewound`: a person went back to
   * the base, and the head waits for the next push or `unfreeze`.
   */
  readonly verdict: 'followed' | 'invalid' | 'refused' | 'rewound';
  /** The last head whose plan was started: a new head must descend from it. Null before the first. */
  readonly base: string | null;
}

/** Runs from their request to their end. */
export interface Runs {
  /** Records a run that is still to be planned, state `planned`, with its statuses. */
  openRun(request: RunRequest, statuses: (run: RunId) => readonly CommitStatus[]): Promise<RunId>;
  /** Fails when the run was already planned or has ended. */
  planRun(run: RunId, planned: Planned): Promise<void>;
  /** `openRun` and `planRun` in one. */
  recordRun(request: RunRequest, planned: Planned): Promise<RunId>;
  run(run: RunId): Promise<RunDetail | null>;
  /** The run without its steps' actions, for scheduling. */
  runProgress(run: RunId): Promise<RunDetail | null>;
  /** The run with only one step and its approvals: the cost does not depend on the size of the run. */
  runStep(run: RunId, target: TargetId): Promise<RunDetail | null>;
  /** The request of a run; null when there is no such run. */
  runRequest(run: RunId): Promise<RunRequest | null>;
  hasEnded(run: RunId): Promise<boolean>;
  /** Newest first; `before` leaves out that run and all newer ones. */
  runs(limit: number, before?: RunId): Promise<readonly Run[]>;
  /** Deletes an ended run with its logs; one that has not ended is left alone. */
  forgetRun(run: RunId): Promise<void>;
  /** Runs in state `planned`, `applying` or `blocked`, and superseded ones with a step still running; oldest first, without their steps' actions. */
  openRuns(): Promise<readonly RunDetail[]>;
  /** Ends the run when every step has an outcome; false when it has already ended or has steps without outcome. */
  endRun(run: RunId, state: RunState, ended: string, statuses: readonly CommitStatus[]): Promise<boolean>;
  /** Marks a run that waits for a person, or continues; does nothing when it has ended or was superseded. */
  markRun(run: RunId, state: 'applying' | 'blocked', statuses: readonly CommitStatus[]): Promise<void>;
  /**
   * Ends every step that has not started as `superseded`, and the run with it; each step's status is written when it was
   * ended so, and the run's when any was. A run without waiting steps reports its own end: one whose steps all have an
   * outcome is left as it is. Resolves to the targets that are still running; null when the run has already ended.
   */
  supersedeRun(
    run: RunId,
    by: string,
    ended: string,
    ends: ReadonlyMap<TargetId, SettledStep>,
    statuses: readonly CommitStatus[],
  ): Promise<readonly TargetId[] | null>;
  /** Adds an approval to the existing ones. */
  approve(run: RunId, approval: Approval): Promise<void>;
}
