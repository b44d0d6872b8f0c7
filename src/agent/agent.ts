// Starts the agent: connects its parts to the queues that it serves.

import { type TargetId, targetId } from '../model/ids.ts';
import type { RetryDelay, Work } from '../ports/queue.ts';
import { inventories } from './apply/inventories.ts';
import { renewLease } from './apply/lease.ts';
import { reportNodeIsBack } from './apply/node-away.ts';
import { turn } from './apply/turn.ts';
import type { Context } from './context.ts';
import type { Agent, AgentDeps, Role } from './deps.ts';
import { startHeartbeat } from './heartbeat.ts';
import { claimInstallation } from './installation.ts';
import { newMemory } from './memory.ts';
import { watchNode } from './node-watch.ts';
import { notify } from './notify/notify.ts';
import { operations } from './operations.ts';
import { declarations } from './reconcile/desired-state.ts';
import { reconcile } from './reconcile/reconcile.ts';
import { report } from './report.ts';
import { review } from './review/review.ts';
import { logged } from './run-log.ts';
import { drift } from './timers/drift.ts';
import { renew } from './timers/renew.ts';
import { traceHost } from './tracing.ts';

/** Lease names that ensure a single planner, reviewer and reporter over all processes that share a Redis. */
const PLANNER = targetId('agent', 'reconcile');
/** Ensures that two timer ticks never open the same run twice. */
const TIMERS = targetId('agent', 'timers');
const REVIEWER = targetId('agent', 'review');
const REPORTER = targetId('agent', 'report');
const NOTIFIER = targetId('agent', 'notify');
const LOOK_AGAIN_MS = 1_000;

/**
 * Starts the work of its roles; resolves once it accepts work. Work that an earlier process left is continued: the first
 * reconcile compares the head and schedules every open run.
 */
export async function startAgent(parts: AgentDeps): Promise<Agent> {
  const { queue, options, log, clock } = parts;
  await claimInstallation(parts);
  const ledger = logged(parts.ledger, log);
  const nodeWatch = watchNode(traceHost(parts.host, parts.tracer), {
    log,
    now: () => clock.now(),
    record: (away) => ledger.noteNode(options.node, away),
    onRecovered: () => reportNodeIsBack(context),
  });
  const { host } = nodeWatch;
  const context: Context = {
    ...parts,
    ledger,
    host,
    nodeWatch,
    declared: declarations(parts.repository, parts.managers, options.reading),
    inventories: inventories(host),
    memory: newMemory((await ledger.head()) === null),
  };
  const has = (role: Role) => options.roles.includes(role);
  const work: Work = {
    ...(has('reconcile') ? planning(context) : {}),
    ...(has('apply') ? { apply: (run, target, signal) => turn(context, run, target, signal) } : {}),
    ...(has('report') ? reporting(context) : {}),
  };
  const { node, concurrency, stepsOnNode, leaseSeconds } = options;
  await queue.work(work, {
    node,
    concurrency,
    lockMs: leaseSeconds * 1000,
    ...(stepsOnNode === undefined ? {} : { atMost: stepsOnNode }),
  });
  const begin = async () => {
    if (has('reconcile')) {
      await startTimers(context);
      await Promise.all([queue.requestReconcile(), queue.requestReview()]);
    }
    await queue.requestReport();
    if (notifies(context)) await queue.every('notify', options.pollSeconds);
  };
  const endHeartbeat = startHeartbeat(context, begin);
  await begin();
  return {
    delivered: ({ kind }) => (kind === 'push' ? queue.requestReconcile() : queue.requestReview()),
    ...operations(context),
    async stop(graceSeconds = 30) {
      endHeartbeat();
      await queue.close(graceSeconds * 1000);
      await ledger.close();
    },
  };
}

function planning(context: Context): Work {
  return {
    reconcile: (signal) => alone(context, PLANNER, signal, () => reconcile(context)),
    review: (signal) => alone(context, REVIEWER, signal, () => review(context)),
    drift: (signal) => alone(context, TIMERS, signal, () => drift(context)),
    renew: (signal) => alone(context, TIMERS, signal, () => renew(context)),
  };
}

/** Whichever process reports to the forge notifies people too, where there is a channel: what goes to one may concern the other. */
function reporting(context: Context): Work {
  const sendReports = (signal: AbortSignal) => alone(context, REPORTER, signal, (held) => report(context, held));
  if (!notifies(context)) return { report: sendReports };
  return {
    async report(signal) {
      const again = await sendReports(signal);
      await context.queue.requestNotify();
      return again;
    },
    notify: (signal) => alone(context, NOTIFIER, signal, (held) => notify(context, held)),
  };
}

function notifies({ channels, options }: Context): boolean {
  return channels.length > 0 && options.roles.includes('report');
}

async function startTimers({ queue, options }: Context): Promise<void> {
  const { pollSeconds, driftSeconds, renewSeconds } = options;
  await queue.every('reconcile', pollSeconds);
  await queue.every('report', pollSeconds);
  await queue.every('review', pollSeconds);
  if (driftSeconds !== null) await queue.every('drift', driftSeconds);
  if (renewSeconds !== null) await queue.every('renew', renewSeconds);
}

/** Runs the work under a lease; its signal is aborted when the lease is lost. */
async function alone(
  { ledger, options }: Context,
  what: TargetId,
  stopping: AbortSignal,
  work: (signal: AbortSignal) => Promise<RetryDelay>,
): Promise<RetryDelay> {
  const ttlMs = options.leaseSeconds * 1000;
  const lease = await ledger.acquireLease(what, ttlMs);
  if (lease === null) return LOOK_AGAIN_MS;
  const renewal = renewLease(ledger, lease, ttlMs, stopping);
  try {
    return await work(renewal.signal);
  } finally {
    renewal.stopRenewing();
    await ledger.releaseLease(lease);
  }
}
