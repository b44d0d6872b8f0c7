// What the ledger keeps of runs: what was asked for, what was planned, and how it ended.

import type { RunId, TargetId } from '../model/ids.ts';
import type { Plan } from '../model/plan.ts';
import type { Problem } from '../model/problem.ts';
import type { CommitStatus } from '../model/report.ts';
import type { Run, RunState, Trigger } from '../model/run.ts';
import type { CommandVerb } from '../model/verbs.ts';
import type { SettledStep } from './steps.ts';

/** What a person or a timer asked for; `targets: null` means all. */
export interface RunRequest {
  readonly commit: string;
  readonly trigger: Trigger;
  readonly by: string;
  /** ISO 8601. */
  readonly created: string;
  readonly targets: readonly TargetId[] | null;
  /** Go back to a commit that comes before what was applied, or to one side of it. */
  readonly rewind: boolean;
  /** Only look: report what differs and change nothing. */
  readonly readOnly: boolean;
  /** Take over what is on the host under the ids of these targets though Phoenix did not make it. */
  readonly adopt?: boolean;
  /** The verb of a command. */
  readonly verb?: CommandVerb;
  /** `stop` and `delete` take what needs the targets along. */
  readonly cascade?: boolean;
  /** Brings back what a look of the timer found otherwise. Unlike what is due by time it waits for windows and approvals. */
  readonly heal?: true;
  /** Does not wait for an apply window of the policy. */
  readonly now?: boolean;
  /** The dry run that a person was shown and said yes to: this run does that and nothing else. */
  readonly shown?: RunId;
  /** The span that asked for it, as `traceparent`, which its steps and statuses belong to; absent where nothing is traced. */
  readonly trace?: string;
}

export interface Approval {
  readonly target: TargetId;
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
  /** Where it was given, for people: `the message of 3f2a1bc`, `pull request 5`; absent where a person named the run itself. */
  readonly where?: string;
  /** What a step that heals would have done when it was given, in sentences: nothing else is begun on it. Absent for changes of a plan. */
  readonly would?: readonly string[];
}

/** A run with what only the agent needs to go on with it. */
export interface RunDetail extends Run {
  /** Null while it waits to be planned. */
  readonly plan: Plan | null;
  /** Digest of the spec that each step brings its target to; null for a delete. */
  readonly digests: Readonly<Record<TargetId, string | null>>;
  readonly request: RunRequest;
  readonly approvals: readonly Approval[];
  /** Steps that a problem of the configuration holds back, with the problem; older than the commit, else it were refused. */
  readonly held: Readonly<Record<TargetId, string>>;
  /** What people should know of it beside its steps: lines that were taken for no approval, and why. */
  readonly notes: readonly string[];
  /** The commit that took its place. */
  readonly supersededBy: string | null;
  /** Why it is invalid or was refused; null otherwise. */
  readonly reason: string | null;
  readonly problems: readonly Problem[];
  /** How often a step had been started when it was handed out last, where that is not never. */
  readonly jobs: Readonly<Record<TargetId, number>>;
}

/** How a planned run begins. Written together, or not at all. */
export interface Planned {
  readonly state: Extract<RunState, 'planned' | 'succeeded' | 'invalid' | 'superseded'>;
  readonly plan: Plan | null;
  readonly digests: Readonly<Record<TargetId, string | null>>;
  readonly approvals: readonly Approval[];
  readonly reason: string | null;
  readonly problems: readonly Problem[];
  readonly held: Readonly<Record<TargetId, string>>;
  readonly notes: readonly string[];
  /** They name the run, whose id is given with its recording. */
  readonly statuses: (run: RunId) => readonly CommitStatus[];
  /** Written as the head that was dealt with; absent when the run does not follow the branch. */
  readonly followed?: Head;
}

/** The head of the branch that was dealt with last. */
export interface Head {
  readonly commit: string;
  /**
   * `refused`: it does not descend from the followed head before it, or is not signed as its policy asks; that head stays the base. `rewound`: a person went back to
   * the base, and the head waits for the next push or `unfreeze`.
   */
  readonly verdict: 'followed' | 'invalid' | 'refused' | 'rewound';
  /** The last head whose plan was carried out or begun: what a new head must descend from. Null before the first. */
  readonly base: string | null;
}

/** Runs from their request to their end. */
export interface Runs {
  /** Records a run that is still to be planned, state `planned`, with what is said of it. */
  openRun(request: RunRequest, statuses: (run: RunId) => readonly CommitStatus[]): Promise<RunId>;
  /** Fails when the run was planned or ended already. */
  planRun(run: RunId, planned: Planned): Promise<void>;
  /** `openRun` and `planRun` in one. */
  recordRun(request: RunRequest, planned: Planned): Promise<RunId>;
  run(run: RunId): Promise<RunDetail | null>;
  /** The same without what its steps did: for those who decide what comes next. */
  runProgress(run: RunId): Promise<RunDetail | null>;
  /** The same with one step only, and its approvals: however many there are, it costs as much as one. */
  runStep(run: RunId, target: TargetId): Promise<RunDetail | null>;
  /** What was asked for; null when there is no such run. */
  runRequest(run: RunId): Promise<RunRequest | null>;
  hasEnded(run: RunId): Promise<boolean>;
  /** Newest first; `before` leaves out that run and all newer ones. */
  runs(limit: number, before?: RunId): Promise<readonly Run[]>;
  /** Removes a run that has ended, with its logs; one that has not is left alone. */
  forgetRun(run: RunId): Promise<void>;
  /** Runs in state `planned`, `applying` or `blocked`, and superseded ones with a step still running; oldest first, without what their steps did. */
  openRuns(): Promise<readonly RunDetail[]>;
  /** Ends the run when every step has an outcome; false when it was ended already or has steps without outcome. */
  endRun(run: RunId, state: RunState, ended: string, statuses: readonly CommitStatus[]): Promise<boolean>;
  /** A run that waits for a person, or goes on after waiting; nothing when it has ended or was superseded. */
  markRun(run: RunId, state: 'applying' | 'blocked', statuses: readonly CommitStatus[]): Promise<void>;
  /**
   * Ends every step that has not started as `superseded` and the run with it; each step's status is written when it was
   * ended so, and the run's when any was. A run of which nothing is left to take says its own last word: one whose steps all have an
   * outcome is left as it is. Resolves to the targets that still run; null when the run has ended already.
   */
  supersedeRun(
    run: RunId,
    by: string,
    ended: string,
    ends: ReadonlyMap<TargetId, SettledStep>,
    statuses: readonly CommitStatus[],
  ): Promise<readonly TargetId[] | null>;
  /** One more: those that were given before stay. */
  approve(run: RunId, approval: Approval): Promise<void>;
}
