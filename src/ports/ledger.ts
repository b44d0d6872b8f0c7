// The durable record: what was seen, planned, done, proved and still has to be said. Everything that must survive a crash
// is here; jobs in the queue only point at it. Every method is one atomic step.

import type { RunId, TargetId } from '../model/ids.ts';
import type { Installation } from '../model/installation.ts';
import type { PolicyRecord } from '../model/policy.ts';
import type { Report } from '../model/report.ts';
import type { Applied } from '../model/target.ts';
import type { Arrival, Delivery } from './deliveries.ts';
import type { Notifications } from './notifications.ts';
import type { Outbox } from './outbox.ts';
import type { People } from './people.ts';
import type { Pulls } from './pulls.ts';
import type { Head, Runs } from './runs.ts';
import type { Steps } from './steps.ts';

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

export interface Ledger extends Runs, Steps, Outbox, People, Pulls, Notifications {
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
