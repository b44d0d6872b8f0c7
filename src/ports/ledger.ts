// The durable record: what was seen, planned, done, proved and still has to be said. Everything that must survive a crash
// is here; jobs in the queue only point at it. Every method is one atomic step.

import type { RunId, TargetId } from '../model/ids.ts';
import type { Installation } from '../model/installation.ts';
import type { Plan } from '../model/plan.ts';
import type { Placed } from '../model/plan-graph.ts';
import type { PolicyRecord } from '../model/policy.ts';
import type { Problem } from '../model/problem.ts';
import type { CommitStatus, Report } from '../model/report.ts';
import type { ActionRecord, FieldDifference, Outcome, Run, RunState, Trigger } from '../model/run.ts';
import type { Applied } from '../model/target.ts';
import type { CommandVerb } from '../model/verbs.ts';
import type { Arrival, Delivery } from './deliveries.ts';
import type { Notifications } from './notifications.ts';
import type { Outbox } from './outbox.ts';
import type { People } from './people.ts';
import type { Pulls } from './pulls.ts';

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

/** The right to act on one target. The token only ever grows, so an older holder can always be told apart. */
export interface Lease {
  readonly target: TargetId;
  readonly token: number;
}

export interface StepEnd {
  readonly outcome: Outcome;
  readonly reason: string | null;
  /** ISO 8601. */
  readonly ended: string;
  /** `proved`: the record becomes this. `gone`: the target was proved absent, the record goes. `kept`: nothing was proved. */
  readonly applied:
    | { readonly kind: 'proved'; readonly record: Applied }
    | { readonly kind: 'gone' }
    | { readonly kind: 'kept' };
  /** Sentences of what would be done, in a run that only looks, and where a person has to approve it first. */
  readonly would?: readonly string[];
  /** Fields that were found otherwise than declared. */
  readonly differs?: readonly FieldDifference[];
  readonly statuses: readonly CommitStatus[];
  /** The steps that need this one: where it ended well, each needs one less, and those that need no more may be taken. */
  readonly frees?: readonly Placed[];
  /** The lease is given back as well. */
  readonly release?: boolean;
}

/** A step that is handed out, with how often it was started before. */
export interface HandedOut {
  readonly target: TargetId;
  readonly attempt: number;
}

interface Taken {
  readonly steps: readonly HandedOut[];
  /** Steps without outcome. */
  readonly left: number;
  /** False: nothing is known without a look at the whole run, which another version of Phoenix planned, or which is frozen or superseded. */
  readonly certain: boolean;
}

/** The end of a step that never started. */
export interface SettledStep {
  readonly outcome: Outcome;
  readonly reason: string;
  /** Written only when the step ends so. */
  readonly statuses: readonly CommitStatus[];
}

/** What is known of each target, besides what the host says. */
export interface TargetRecords {
  readonly applied: ReadonlyMap<TargetId, Applied>;
  /** Targets that a step began to change without proof since, with the commit it wanted: to be looked at whatever the digests say. */
  readonly touched: ReadonlyMap<TargetId, { readonly commit: string }>;
}

/** How often a due target was tried, and when last (epoch milliseconds). */
export interface Tried {
  readonly tries: number;
  readonly at: number;
}

export interface Freeze {
  readonly reason: string;
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
}

/** A node that does not answer. */
export interface NodeAway {
  /** ISO 8601. */
  readonly since: string;
  readonly why: string;
}

export interface Ledger extends Outbox, People, Pulls, Notifications {
  /**
   * Durable once it resolves: acknowledge the webhook only then. Calls made together share one round trip.
   * `duplicate` when this delivery was dealt with already; a known delivery that was not is `recorded` again.
   */
  recordDelivery(delivery: Delivery): Promise<'recorded' | 'duplicate'>;
  /** Deliveries not dealt with yet, oldest first. */
  unsettledDeliveries(): Promise<readonly Delivery[]>;
  settleDeliveries(ids: readonly string[], reports: readonly Report[]): Promise<void>;
  /** Keeps what arrived last, for people who ask whether the webhook reaches Phoenix. */
  noteArrival(arrival: Arrival): Promise<void>;
  /** Null when nothing has arrived yet. */
  lastArrival(): Promise<Arrival | null>;

  /** The installation that it belongs to; null where none is recorded: it is new, older than that record, or lost its data. */
  installation(): Promise<Installation | null>;
  /** False when it is not as it was known any more. */
  setInstallation(known: Installation | null, next: Installation): Promise<boolean>;
  /** This process serves these works: true for so long. */
  noteServed(works: readonly string[], ttlMs: number): Promise<void>;
  /** Which of them some process serves. */
  served(works: readonly string[], ttlMs: number): Promise<readonly string[]>;

  head(): Promise<Head | null>;

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

  /** Null when somebody else holds it. */
  acquireLease(target: TargetId, ttlMs: number): Promise<Lease | null>;
  /** False when the lease was lost: stop at once. */
  renewLease(lease: Lease, ttlMs: number): Promise<boolean>;
  releaseLease(lease: Lease): Promise<void>;

  /** False when the lease was lost, the step has an outcome already, or a newer commit took the run's place before it started. */
  startStep(lease: Lease, run: RunId, started: string): Promise<boolean>;
  /** Leaves the step for later; false when the lease was lost. Until then nobody asks for it. */
  deferStep(
    lease: Lease,
    run: RunId,
    deferral: {
      /** Epoch milliseconds. */
      readonly notBefore: number;
      /** The try counts as failed. */
      readonly failed: boolean;
      readonly statuses: readonly CommitStatus[];
    },
  ): Promise<boolean>;
  /** Written before the first action on the target: whatever was proved of it is no proof any more. */
  touch(lease: Lease, commit: string): Promise<boolean>;
  recordAction(lease: Lease, run: RunId, action: ActionRecord): Promise<boolean>;
  /** Outcome, applied record and statuses together; false when the lease was lost, and then nothing is written. */
  finishStep(lease: Lease, run: RunId, end: StepEnd): Promise<boolean>;
  /** Outcomes of steps that need no host: skipped, or waiting for a person. One that has started or ended is left alone. */
  settleSteps(run: RunId, ended: string, ends: ReadonlyMap<TargetId, SettledStep>): Promise<void>;
  /** Those of the steps that have an outcome. */
  endedOf(run: RunId, targets: readonly TargetId[]): Promise<ReadonlySet<TargetId>>;
  /** These steps may be taken, as far as they were not handed out; resolves to those that were and have not begun. */
  offerSteps(run: RunId, steps: readonly Placed[]): Promise<readonly HandedOut[]>;
  /** Up to `most` steps, the next in the order of the plan, so that no more than `out` of the run are handed out. Each is taken once. */
  takeSteps(run: RunId, bounds: { readonly most: number; readonly out: number }): Promise<Taken>;
  /** The step waits for something, and another may be handed out in its place. */
  setAside(run: RunId, target: TargetId): Promise<void>;
  /** Takes `blocked` and `skipped` outcomes back, for steps that may go on now. */
  reopenSteps(run: RunId, targets: readonly TargetId[], statuses: readonly CommitStatus[]): Promise<void>;

  targets(): Promise<TargetRecords>;
  /** The same of one target. */
  target(
    target: TargetId,
  ): Promise<{ readonly applied: Applied | null; readonly touched: { readonly commit: string } | null }>;

  /** Targets that were tried because they are due by time, and are due still as far as is known. */
  renewals(): Promise<ReadonlyMap<TargetId, Tried>>;
  /** They are tried once more at `at` (epoch milliseconds). */
  noteRenewals(targets: readonly TargetId[], at: number): Promise<void>;
  settleRenewals(targets: readonly TargetId[]): Promise<void>;

  /** What judges the next commit; null before the first whose run came to its end. */
  policyInForce(): Promise<PolicyRecord | null>;
  enforce(policy: PolicyRecord): Promise<void>;
  /** What was in force before a commit when it was judged first; null where that was never noted, or nothing was. */
  judgeOf(commit: string): Promise<PolicyRecord | null>;
  /** The first that is noted stays. */
  noteJudge(commit: string, policy: PolicyRecord): Promise<void>;

  /** Null: it answers. What was noted first of a node that is away stays. Resolves to what was noted before; null for nothing. */
  noteNode(node: string, away: NodeAway | null): Promise<NodeAway | null>;
  /** Nodes that did not answer when they were asked last. */
  nodesAway(): Promise<ReadonlyMap<string, NodeAway>>;

  freeze(freeze: Freeze | null): Promise<void>;
  frozen(): Promise<Freeze | null>;

  /** Lines must have been redacted. Kept up to a fixed number per step, the newest. */
  appendLog(run: RunId, target: TargetId, lines: readonly string[]): Promise<void>;
  /** `next` is the offset to go on from; lines that were dropped since are left out. A negative offset counts from the end. */
  readLog(
    run: RunId,
    target: TargetId,
    offset: number,
  ): Promise<{ readonly lines: readonly string[]; readonly next: number }>;

  /**
   * Called with a run's id whenever it changed, from any process, and with the step where only that did. Resolves to the function that
   * ends it.
   */
  watch(listener: (run: RunId, target: TargetId | null) => void): Promise<() => Promise<void>>;
  /** Resolves when Redis answers and takes what is written. @throws what is wrong, in words for people */
  ping(): Promise<void>;
  /** @throws what the login may not do that is needed */
  checkRights(): Promise<void>;
  close(): Promise<void>;
}
