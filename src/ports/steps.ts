// The ledger's records of steps, and the leases under which they are carried out.

import type { RunId, TargetId } from '../model/ids.ts';
import type { Placed } from '../model/plan-graph.ts';
import type { CommitStatus } from '../model/report.ts';
import type { ActionRecord, FieldDifference, Outcome } from '../model/run.ts';
import type { Applied } from '../model/target.ts';

/** The right to act on one target. The fencing token only increases, so that an older holder can be recognised. */
export interface Lease {
  readonly target: TargetId;
  readonly token: number;
}

export interface StepEnd {
  readonly outcome: Outcome;
  readonly reason: string | null;
  /** ISO 8601. */
  readonly ended: string;
  /** `proved`: the record is replaced. `gone`: the target was proved absent, the record is deleted. `kept`: nothing was proved. */
  readonly applied:
    | { readonly kind: 'proved'; readonly record: Applied }
    | { readonly kind: 'gone' }
    | { readonly kind: 'kept' };
  /** Sentences on what would be done, in a read-only run, and where a person has to approve it first. */
  readonly would?: readonly string[];
  /** Fields that differ from the declaration. */
  readonly differs?: readonly FieldDifference[];
  readonly statuses: readonly CommitStatus[];
  /** The dependent steps: if this one succeeded, each has one dependency less, and those with none left become ready. */
  readonly frees?: readonly Placed[];
  /** Whether the lease is released too. */
  readonly release?: boolean;
}

/** A claimed step, with its number of earlier starts. */
export interface ClaimedStep {
  readonly target: TargetId;
  readonly attempt: number;
}

interface Taken {
  readonly steps: readonly ClaimedStep[];
  /** Number of steps without outcome. */
  readonly left: number;
  /** False: the whole run has to be read, since another version of Phoenix planned it, or it is frozen or superseded. */
  readonly certain: boolean;
}

/** The end of a step that never started. */
export interface SettledStep {
  readonly outcome: Outcome;
  readonly reason: string;
  /** Written only if the step ends in this way. */
  readonly statuses: readonly CommitStatus[];
}

/** Steps of a run: leases, starts and ends of steps, and their logs. */
export interface Steps {
  /** Null when another process holds it. */
  acquireLease(target: TargetId, ttlMs: number): Promise<Lease | null>;
  /** False when the lease was lost: the work must stop at once. */
  renewLease(lease: Lease, ttlMs: number): Promise<boolean>;
  releaseLease(lease: Lease): Promise<void>;

  /** False when the lease was lost, the step already has an outcome, or a newer commit superseded the run before the step started. */
  startStep(lease: Lease, run: RunId, started: string): Promise<boolean>;
  /** Defers the step; false when the lease was lost. Until then it is not requested. */
  deferStep(
    lease: Lease,
    run: RunId,
    deferral: {
      /** Epoch milliseconds. */
      readonly notBefore: number;
      /** Whether the attempt counts as failed. */
      readonly failed: boolean;
      /** What it waits for: the step's reason until it begins to act, or ends. */
      readonly why: string;
      readonly statuses: readonly CommitStatus[];
    },
  ): Promise<boolean>;
  /** Recorded before the first action on the target: its last proof no longer holds, and the step waits for nothing any more. */
  touch(
    lease: Lease,
    run: RunId,
    start: {
      readonly commit: string;
      /** Take back what a former attempt reported that it waits for; absent where nothing of the kind was reported. */
      readonly statuses?: readonly CommitStatus[];
    },
  ): Promise<boolean>;
  recordAction(lease: Lease, run: RunId, action: ActionRecord): Promise<boolean>;
  /** Outcome, applied record and statuses together; false when the lease was lost, and then nothing is written. */
  finishStep(lease: Lease, run: RunId, end: StepEnd): Promise<boolean>;
  /** Records outcomes of steps that need no host: skipped, or waiting for a person. A started or ended one is left alone. */
  settleSteps(run: RunId, ended: string, ends: ReadonlyMap<TargetId, SettledStep>): Promise<void>;
  /** Those of the steps that have an outcome. */
  endedOf(run: RunId, targets: readonly TargetId[]): Promise<ReadonlySet<TargetId>>;
  /** Makes these steps available unless already claimed; resolves to the claimed ones that have not started. */
  offerSteps(run: RunId, steps: readonly Placed[]): Promise<readonly ClaimedStep[]>;
  /** Claims up to `most` steps in plan order, so that at most `out` of the run are claimed. Each is claimed once. */
  takeSteps(run: RunId, bounds: { readonly most: number; readonly out: number }): Promise<Taken>;
  /** The step has to wait, and another may be claimed in its place. */
  setAside(run: RunId, target: TargetId): Promise<void>;
  /** Removes `blocked` and `skipped` outcomes of steps that may continue now. */
  reopenSteps(run: RunId, targets: readonly TargetId[], statuses: readonly CommitStatus[]): Promise<void>;

  /** Lines must be redacted. Only a fixed number of the newest are kept per step. */
  appendLog(run: RunId, target: TargetId, lines: readonly string[]): Promise<void>;
  /** `next` is the offset to continue from; dropped lines are left out. A negative offset counts from the end. */
  readLog(
    run: RunId,
    target: TargetId,
    offset: number,
  ): Promise<{ readonly lines: readonly string[]; readonly next: number }>;
}
