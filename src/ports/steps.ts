// What the ledger keeps of the steps of a run, and the leases under which they are carried out.

import type { RunId, TargetId } from '../model/ids.ts';
import type { Placed } from '../model/plan-graph.ts';
import type { CommitStatus } from '../model/report.ts';
import type { ActionRecord, FieldDifference, Outcome } from '../model/run.ts';
import type { Applied } from '../model/target.ts';

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

/** Steps of a run: who may act on a target, how each begins and ends, and what its programs printed. */
export interface Steps {
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

  /** Lines must have been redacted. Kept up to a fixed number per step, the newest. */
  appendLog(run: RunId, target: TargetId, lines: readonly string[]): Promise<void>;
  /** `next` is the offset to go on from; lines that were dropped since are left out. A negative offset counts from the end. */
  readLog(
    run: RunId,
    target: TargetId,
    offset: number,
  ): Promise<{ readonly lines: readonly string[]; readonly next: number }>;
}
