// The port to the ledger, the durable record of what was received, planned, done, proved and still has to be reported. Everything that must survive a
// crash is here; jobs in the queue only refer to it. Every method is one atomic step.

import type { FaultRecord, FaultSubject } from '../model/fault.ts';
import type { RunId, TargetId } from '../model/ids.ts';
import type { Installation } from '../model/installation.ts';
import type { PolicyRecord } from '../model/policy.ts';
import type { Report } from '../model/report.ts';
import type { Applied } from '../model/target.ts';
import type { Arrival, Delivery, Refusal } from './deliveries.ts';
import type { Notifications } from './notifications.ts';
import type { Outbox } from './outbox.ts';
import type { People } from './people.ts';
import type { Pulls } from './pulls.ts';
import type { Head, Runs } from './runs.ts';
import type { Steps } from './steps.ts';

/** The records of each target, beside the host's own state. */
export interface TargetRecords {
  readonly applied: ReadonlyMap<TargetId, Applied>;
  /** Targets that a step began to change without a proof since, with that step's commit: to be observed whatever the digests say. */
  readonly touched: ReadonlyMap<TargetId, { readonly commit: string }>;
}

/** Number of attempts for a due target, and the time of the last (epoch milliseconds). */
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

/** An unreachable node. */
export interface NodeAway {
  /** ISO 8601. */
  readonly since: string;
  readonly why: string;
}

export interface Ledger extends Runs, Steps, Outbox, People, Pulls, Notifications {
  /**
   * Durable once it resolves: acknowledge the webhook only then. Calls made together share one round trip.
   * `duplicate` when this delivery was already handled; a known one that was not is `recorded` again.
   */
  recordDelivery(delivery: Delivery): Promise<'recorded' | 'duplicate'>;
  /** Unhandled deliveries, oldest first. */
  unsettledDeliveries(): Promise<readonly Delivery[]>;
  settleDeliveries(ids: readonly string[], reports: readonly Report[]): Promise<void>;
  /** Records the last arrival, to show whether webhooks reach Phoenix: a fault of theirs is over, and refusals before it are forgotten. */
  noteArrival(arrival: Arrival): Promise<void>;
  /** Null when nothing has arrived yet. */
  lastArrival(): Promise<Arrival | null>;
  noteRefusal(refusal: Refusal): Promise<void>;
  /** The newest refusal since the last arrival; null when there is none. */
  lastRefusal(): Promise<Refusal | null>;

  /** The installation that it belongs to; null where none is recorded: it is new, from an older version, or lost its data. */
  installation(): Promise<Installation | null>;
  /** False when the record is no longer `known`. */
  setInstallation(known: Installation | null, next: Installation): Promise<boolean>;
  /** The newest version of Phoenix that has used it; null where none is recorded. */
  usedBy(): Promise<string | null>;
  /** False when the record is no longer `known`. */
  setUsedBy(known: string | null, version: string): Promise<boolean>;
  /** Records that this process serves these kinds of work, for this long. */
  noteServed(works: readonly string[], ttlMs: number): Promise<void>;
  /** Those that some process serves. */
  served(works: readonly string[], ttlMs: number): Promise<readonly string[]>;

  head(): Promise<Head | null>;

  targets(): Promise<TargetRecords>;
  /** The records of one target. */
  target(
    target: TargetId,
  ): Promise<{ readonly applied: Applied | null; readonly touched: { readonly commit: string } | null }>;

  /** Targets that were tried because they are due by time, and are still due as far as is known. */
  renewals(): Promise<ReadonlyMap<TargetId, Tried>>;
  /** Records another attempt at `at` (epoch milliseconds). */
  noteRenewals(targets: readonly TargetId[], at: number): Promise<void>;
  settleRenewals(targets: readonly TargetId[]): Promise<void>;

  /** The policy that applies to the next commit; null before the first completed run. */
  policyInForce(): Promise<PolicyRecord | null>;
  enforce(policy: PolicyRecord): Promise<void>;
  /** The policy that was in force when a commit was first checked; null where none was recorded. */
  judgeOf(commit: string): Promise<PolicyRecord | null>;
  /** An existing record is kept. */
  noteJudge(commit: string, policy: PolicyRecord): Promise<void>;

  /** Null: it answers. The first record of an outage is kept. Resolves to the previous record; null for none. */
  noteNode(node: string, away: NodeAway | null): Promise<NodeAway | null>;
  /** Nodes that were unreachable at the last attempt. */
  nodesAway(): Promise<ReadonlyMap<string, NodeAway>>;

  /** Null: it works. Of a fault that is known, the begin is kept and the reason replaced. */
  noteFault(subject: FaultSubject, fault: FaultRecord | null): Promise<void>;
  faults(): Promise<ReadonlyMap<FaultSubject, FaultRecord>>;

  freeze(freeze: Freeze | null): Promise<void>;
  frozen(): Promise<Freeze | null>;

  /**
   * Subscribes to changed runs of any process, with the step where only that changed. Resolves to a function that
   * unsubscribes.
   */
  watch(listener: (run: RunId, target: TargetId | null) => void): Promise<() => Promise<void>>;
  /**
   * Resolves when Redis answers and accepts writes. @throws what is wrong, as text for people
   */
  ping(): Promise<void>;
  /** @throws the missing right of the login */
  checkRights(): Promise<void>;
  close(): Promise<void>;
}
