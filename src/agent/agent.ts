// The running agent: its parts, the operations that people and webhooks ask of it, and the work that it takes from the queue.

import type { Config } from '../config/config.ts';
import type { Manager } from '../managers/manager.ts';
import { type RunId, type TargetId, targetId } from '../model/ids.ts';
import type { Change, Impact } from '../model/plan.ts';
import type { Target } from '../model/target.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Again, Queue, Work } from '../ports/queue.ts';
import type { Clock, Forge, Host, Log, Repository } from '../ports.ts';
import { apply } from './apply.ts';
import type { Context } from './context.ts';
import { declarations } from './declared.ts';
import { keepLease } from './lease.ts';
import { operations } from './operations.ts';
import { reconcile } from './reconcile.ts';
import { report } from './report.ts';
import { surveys } from './surveys.ts';

export type Role = 'receive' | 'reconcile' | 'apply' | 'report' | 'web';

export interface AgentOptions {
  readonly roles: readonly Role[];
  /** The repository's URL as written into the notes of guests. */
  readonly repositoryUrl: string;
  readonly branch: string;
  readonly node: string;
  /** Where the dashboard is; null when nobody can reach it, and then statuses carry no link. */
  readonly publicUrl: string | null;
  readonly pollSeconds: number;
  /** Literal secrets in the configuration are errors. */
  readonly strictSecrets: boolean;
  /** Steps at a time on the node. */
  readonly concurrency: number;
  /** How long a lease outlives a worker that died. */
  readonly leaseSeconds: number;
}

/** The registry of managers: `managers/index.ts`. */
export interface Managers {
  allTargets(config: Config): ReadonlyMap<TargetId, Target>;
  impactOf(change: Change): Impact;
  managerOf(kind: string): Manager;
}

export interface AgentParts {
  readonly ledger: Ledger;
  readonly queue: Queue;
  readonly repository: Repository;
  readonly host: Host;
  readonly managers: Managers;
  /** Null with PHOENIX_FORGE=none: nothing is reported. */
  readonly forge: Forge | null;
  readonly log: Log;
  readonly clock: Clock;
  readonly options: AgentOptions;
}

export interface ReplayRequest {
  /** A full or abbreviated commit id, or a branch or tag name. */
  readonly commit: string;
  readonly targets?: readonly TargetId[];
  readonly rewind?: boolean;
  /** Only look: the run says what differs and changes nothing. */
  readonly dryRun?: boolean;
  readonly by: string;
}

export interface Agent {
  /** After `ledger.recordDelivery`: the branch may have moved. Calls made together share one job. */
  headChanged(): Promise<void>;
  /** Fails with `Refused` for an unknown commit, one outside the branch, or an older one without `rewind`. */
  replay(request: ReplayRequest): Promise<RunId>;
  /** Fails with `Refused` when the run or step is unknown, over, or does not wait. */
  approve(run: RunId, target: TargetId, by: string): Promise<void>;
  /** Nothing that has not started is started until `unfreeze`. Resolves to the newest run, null before the first. */
  freeze(reason: string, by: string): Promise<RunId | null>;
  unfreeze(by: string): Promise<RunId | null>;
  /** Looks at every target and reports what differs; changes nothing. */
  drift(by: string): Promise<RunId>;
  /** A verb of the original dispatcher. Fails with `Refused` for one that the agent does not know. */
  command(request: {
    readonly verb: string;
    readonly targets: readonly TargetId[];
    readonly by: string;
  }): Promise<RunId>;
  /** Takes no new work, lets running actions end for `graceSeconds`, leaves the rest in the ledger. */
  stop(graceSeconds?: number): Promise<void>;
}

/** One planner and one reporter at a time, over all processes that share a Redis. */
const PLANNER = targetId('agent', 'reconcile');
const REPORTER = targetId('agent', 'report');
const LOOK_AGAIN_MS = 1_000;

/**
 * Starts the work of its roles; resolves once it takes work. Whatever an earlier process left is gone on with: the first
 * reconcile compares the head and schedules every run that is open.
 */
export async function startAgent(parts: AgentParts): Promise<Agent> {
  const { ledger, queue, options } = parts;
  const context: Context = {
    ...parts,
    declared: declarations(parts.repository, parts.managers, options.strictSecrets),
    surveys: surveys(parts.host),
  };
  const has = (role: Role) => options.roles.includes(role);
  const work: Work = {
    ...(has('reconcile') ? { reconcile: (signal) => alone(context, PLANNER, signal, () => reconcile(context)) } : {}),
    ...(has('apply') ? { apply: (run, target, signal) => apply(context, run, target, signal) } : {}),
    ...(has('report') ? { report: (signal) => alone(context, REPORTER, signal, (held) => report(context, held)) } : {}),
  };
  await queue.work(work, { node: options.node, concurrency: options.concurrency });
  if (has('reconcile')) {
    await queue.pollEvery(options.pollSeconds);
    await queue.requestReconcile();
  }
  await queue.requestReport();
  return {
    headChanged: () => queue.requestReconcile(),
    ...operations(context),
    async stop(graceSeconds = 30) {
      await queue.close(graceSeconds * 1000);
      await ledger.close();
    },
  };
}

/** The signal that the work is given is aborted when the lease is lost. */
async function alone(
  { ledger, options }: Context,
  what: TargetId,
  stopping: AbortSignal,
  work: (signal: AbortSignal) => Promise<Again>,
): Promise<Again> {
  const ttlMs = options.leaseSeconds * 1000;
  const lease = await ledger.acquireLease(what, ttlMs);
  if (lease === null) return LOOK_AGAIN_MS;
  const kept = keepLease(ledger, lease, ttlMs, stopping);
  try {
    return await work(kept.signal);
  } finally {
    kept.end();
    await ledger.releaseLease(lease);
  }
}
