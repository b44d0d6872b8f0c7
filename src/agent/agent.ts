// Starts the agent: connects its parts to the queues that it serves.

import type { FaultSubject } from '../model/fault.ts';
import { type TargetId, targetId } from '../model/ids.ts';
import type { RetryDelay, Work } from '../ports/queue.ts';
import { inventories } from './apply/inventories.ts';
import { renewLease } from './apply/lease.ts';
import { reportNodeIsBack } from './apply/node-away.ts';
import { turn } from './apply/turn.ts';
import type { Context } from './context.ts';
import type { Agent, AgentDeps, Role } from './deps.ts';
import { noteFault, noting } from './faults.ts';
import { startHeartbeat } from './heartbeat.ts';
import { claimInstallation } from './installation.ts';
import { newMemory } from './memory.ts';
import { watchNode } from './node-watch.ts';
import { notify } from './notify/notify.ts';
import { operations } from './operations.ts';
import { declarations } from './reconcile/desired-state.ts';
import { reconcile } from './reconcile/reconcile.ts';
import { report } from './report.ts';
import { requestLook } from './request-look.ts';
import { review } from './review/review.ts';
import { logged } from './run-log.ts';
import { drift } from './timers/drift.ts';
import { renew } from './timers/renew.ts';
import { traceHost } from './tracing.ts';

/** Work that one process does at a time, over all that share a Redis, each with the name of its lease. */
const LEASES = {
  reconcile: targetId('agent', 'reconcile'),
  review: targetId('agent', 'review'),
  report: targetId('agent', 'report'),
  notify: targetId('agent', 'notify'),
  // One lease, so that two timer ticks never open the same run twice.
  drift: targetId('agent', 'timers'),
  renew: targetId('agent', 'timers'),
} as const satisfies Partial<Record<FaultSubject, TargetId>>;

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
    minPauseMs: options.retryMs,
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
    if (has('reconcile')) await startTimers(context);
    await queue.requestReport();
    if (notifies(context)) await queue.every('notify', options.pollSeconds);
    else if (has('report')) await noteFault(context, 'notify', null);
  };
  const endHeartbeat = startHeartbeat(context, begin);
  await begin();
  return {
    delivered: (delivery) => requestLook(queue, delivery),
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
    reconcile: noted(context, 'reconcile', () => reconcile(context)),
    review: noted(context, 'review', () => review(context)),
    drift: noted(context, 'drift', () => drift(context)),
    // Records itself what keeps it from its work.
    renew: (signal) => alone(context, LEASES.renew, signal, () => renew(context)),
  };
}

/** Whichever process reports to the forge notifies people too, where there is a channel: what goes to one may concern the other. */
function reporting(context: Context): Work {
  const sendReports = noted(context, 'report', (held) => report(context, held));
  if (!notifies(context)) return { report: sendReports };
  return {
    async report(signal) {
      const again = await sendReports(signal);
      await context.queue.requestNotify();
      return again;
    },
    notify: noted(context, 'notify', (held) => notify(context, held)),
  };
}

function notifies({ channels, options }: Context): boolean {
  return channels.length > 0 && options.roles.includes('report');
}

async function startTimers(context: Context): Promise<void> {
  const { queue, options } = context;
  const { pollSeconds, driftSeconds, renewSeconds } = options;
  await queue.every('reconcile', pollSeconds, 'always');
  await queue.every('report', pollSeconds);
  await queue.every('review', pollSeconds, 'always');
  // What runs no more cannot end its fault.
  if (driftSeconds !== null) await queue.every('drift', driftSeconds);
  else await noteFault(context, 'drift', null);
  if (renewSeconds !== null) await queue.every('renew', renewSeconds);
  else await noteFault(context, 'renew', null);
}

/** The work under its lease. That it fails, and works again, is recorded for everybody. */
function noted(
  context: Context,
  what: keyof typeof LEASES,
  work: (signal: AbortSignal) => Promise<RetryDelay>,
): (signal: AbortSignal) => Promise<RetryDelay> {
  return (stopping) => alone(context, LEASES[what], stopping, (held) => noting(context, what, held, () => work(held)));
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
  if (lease === null) return options.retryMs;
  const renewal = renewLease(ledger, lease, ttlMs, stopping);
  try {
    return await work(renewal.signal);
  } finally {
    renewal.stopRenewing();
    await ledger.releaseLease(lease);
  }
}
