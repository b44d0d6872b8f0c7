// One step of a run, from the lease on its target to its outcome. It may be started twice: the ledger says whether it may still run, and the host
// what is still to be done.

import { stepEnded, stepReason, stepTriedAgain, stepWaits } from '../../messages/statuses/step-status.ts';
import type { Action } from '../../model/action.ts';
import { kindOf, type RunId, type TargetId } from '../../model/ids.ts';
import { dependentsOf, stepOf } from '../../model/plan-graph.ts';
import type { CommitStatus } from '../../model/report.ts';
import type { Outcome, StepRecord } from '../../model/run.ts';
import { hidePlainSecrets } from '../../model/secret-shapes.ts';
import { imperative } from '../../model/verbs.ts';
import { approversOf, policyOf } from '../../plan/policy/policy.ts';
import { approvalsFor } from '../../plan/policy/would-do.ts';
import { HostAway, HostRefused, SecretRefused } from '../../ports/host-failure.ts';
import type { RetryDelay } from '../../ports/queue.ts';
import type { RunDetail } from '../../ports/runs.ts';
import type { Lease, StepEnd } from '../../ports/steps.ts';
import { type Context, isoNow } from '../context.ts';
import { openingFor, waitingReason } from '../start-conditions.ts';
import { changedStatuses, stepStatuses } from '../statuses.ts';
import { carryOutVerb } from '../verbs/carry-out-verb.ts';
import { shownActions } from '../verbs/reviewed-plan.ts';
import { isDeferred, MAX_DEFERRAL_MS } from './deferred.ts';
import { withPlaces } from './difference-places.ts';
import { Aborted, renewLease } from './lease.ts';
import { waitingStatuses } from './node-away.ts';
import type { LeaseGuard } from './perform.ts';
import { stepLog } from './step-log.ts';
import { type Ending, TransientError } from './step-work.ts';
import { wantedBy } from './wanted.ts';

/**
 * Unexpected errors (a bug in Phoenix, an unreadable file) that a step survives before it counts as failed. An unreachable node is not one of them.
 */
const MAX_ATTEMPTS = 5;
/** Attempts while a transient obstacle lasts, such as a backup: about half an hour. */
const MAX_PASSING = 30;
/** A run with fewer steps observes each target; one with more starts with an inventory, which may settle many at once. */
const SURVEY_FROM = 4;

/** A step that has ended. */
export interface Over {
  /** The run, with only that step. */
  readonly run: RunDetail;
  readonly outcome: Outcome;
}

/** Resolves to how the step ended, or to the delay before a retry; null when it may not start, or is left to a later job. */
export async function apply(
  context: Context,
  id: RunId,
  target: TargetId,
  signal: AbortSignal,
): Promise<RetryDelay | Over> {
  const { ledger, options } = context;
  const [run, freeze] = await Promise.all([ledger.runStep(id, target), ledger.frozen()]);
  const [step] = run?.steps ?? [];
  if (run === null || step === undefined || run.ended !== null) return null;
  if (step.outcome !== null) return { run, outcome: step.outcome };
  const start = startOf(context, run, step, freeze !== null);
  if (start !== 'now') return start;

  const lease = await ledger.acquireLease(target, options.leaseSeconds * 1000);
  // The worker of a started step reports its end; this retry only covers that worker's death.
  if (lease === null) return step.started === null ? options.retryMs : (options.leaseSeconds * 1000) / 2;
  const renewal = renewLease(ledger, lease, options.leaseSeconds * 1000, signal);
  let given = false;
  try {
    if (!(await ledger.startStep(lease, id, isoNow(context)))) return null;
    return await context.tracer.span(`step ${kindOf(target)}`, spanOf(run, step), async (add) => {
      const ending = await attempt(context, run, lease, renewal.signal, step);
      add({ 'phoenix.outcome': ending.outcome });
      await end(context, run, lease, ending);
      given = true;
      return { run, outcome: ending.outcome };
    });
  } catch (error) {
    if (error instanceof Aborted) return signal.aborted ? null : options.retryMs;
    return await deferAfter(error, context, run, step, lease);
  } finally {
    renewal.stopRenewing();
    if (!given) await ledger.releaseLease(lease);
  }
}

/** Whether a step may start now; otherwise the delay before a retry, null for none. A started step always continues. */
function startOf(context: Context, run: RunDetail, step: StepRecord, isFrozen: boolean): 'now' | RetryDelay {
  const isNew = step.started === null;
  const mayBegin = openingFor(context, run).open && !isFrozen;
  if (isNew && !(mayBegin && isAllowed(run, step.target))) return null;
  // Another job is already queued for that time.
  if (isDeferred(run, step.target, Date.now())) return null;
  const away = context.nodeWatch.waitMs();
  return isNew && away > 0 ? away : 'now';
}

/** @throws `error` unless the step is to be tried again */
async function deferAfter(
  error: unknown,
  context: Context,
  run: RunDetail,
  step: StepRecord,
  lease: Lease,
): Promise<RetryDelay> {
  if (error instanceof TryAgain)
    return defer(context, run, lease, {
      pause: pauseAfter(step, context.options.retryMs),
      failed: true,
      why: error.message,
    });
  if (error instanceof HostAway)
    return defer(context, run, lease, {
      pause: Math.max(context.nodeWatch.waitMs(), 1),
      failed: false,
      why: error.message,
    });
  throw error;
}

function spanOf({ id, request }: RunDetail, { target, attempts }: StepRecord) {
  const attributes = { 'phoenix.run': id, 'phoenix.target': target, 'phoenix.attempt': attempts + 1 };
  return { parent: request.trace, attributes };
}

/** Checks the approvals again: they were checked when the step was claimed, but there may have been several approvals since. */
function isAllowed(run: RunDetail, target: TargetId): boolean {
  const planned = run.plan === null ? undefined : stepOf(run.plan, target);
  return planned !== undefined && waitingReason(run, planned) === null;
}

interface Ended extends Ending {
  /** When the target was last recreated. */
  readonly made?: string;
}

/** The message: why the attempt did not end the step. */
class TryAgain extends Error {}

function pauseAfter({ failures = 0 }: StepRecord, firstMs: number): number {
  return Math.min(2 ** failures * firstMs, MAX_DEFERRAL_MS);
}

/** The lease is released only after this, so that no other job starts the step too early. */
async function defer(
  context: Context,
  run: RunDetail,
  lease: Lease,
  { pause, failed, why }: { readonly pause: number; readonly failed: boolean; readonly why: string },
): Promise<RetryDelay> {
  const shown = hidePlainSecrets(why);
  const statuses = failed
    ? await changedStatuses(context, stepStatuses(context.options.publicUrl, run, lease.target, stepTriedAgain(shown)))
    : await statusesOfAway(context, run);
  const reason = stepReason.triedAgain(shown);
  await context.ledger.deferStep(lease, run.id, { notBefore: Date.now() + pause, failed, why: reason, statuses });
  if (statuses.length > 0) await context.queue.requestReport();
  return pause;
}

async function statusesOfAway(context: Context, run: RunDetail): Promise<CommitStatus[]> {
  const away = context.nodeWatch.away();
  return away === null ? [] : await waitingStatuses(context, run, away);
}

async function attempt(
  context: Context,
  run: RunDetail,
  lease: Lease,
  signal: AbortSignal,
  { attempts, failures = 0 }: StepRecord,
): Promise<Ended> {
  const log = stepLog(context.ledger, run.id, lease.target);
  try {
    const { host, managers } = context;
    const manager = managers.managerOf(kindOf(lease.target));
    const mayQuickCheck = attempts === 0 && inventoryPays(run, lease.target);
    const { made, ...task } = await wantedBy(context, run, lease.target);
    const ending = await carryOutVerb(run, {
      ...task,
      ...(run.request.heal === true ? { unapproved: (...due) => unapproved(run, lease.target, ...due) } : {}),
      shown: await shownActions(context.ledger, run.request.shown, lease.target),
      host,
      manager,
      inventory: mayQuickCheck ? () => context.inventories(run.id, manager) : null,
      leaseGuard: leaseGuardOf(context, run, lease, { hasFailed: failures > 0 }),
      log,
      signal,
    });
    const since = ending.anew ? isoNow(context) : made;
    return { ...ending, ...(since === undefined ? {} : { made: since }) };
  } catch (error) {
    if (error instanceof Aborted || signal.aborted) throw new Aborted();
    const message = error instanceof Error ? error.message : String(error);
    log.write(error instanceof HostAway ? `… ${message}; it is waited for` : `! ${message}`);
    return failureOf(error, context, run, lease.target, failures + 1);
  } finally {
    await log.flush();
  }
}

/**
 * The outcome of an attempt that ended with an error, where a retry is useless.
 *
 * @param number of failed attempts, with this one
 * @throws TryAgain or HostAway where it is not
 */
function failureOf(error: unknown, context: Context, run: RunDetail, target: TargetId, number: number): Ended {
  if (error instanceof HostAway) throw error;
  const message = error instanceof Error ? error.message : String(error);
  // Only a person can fix this.
  if (error instanceof HostRefused || error instanceof SecretRefused) return { outcome: 'failed', reason: message };
  const passes = error instanceof TransientError;
  if (!passes) context.log.error('a step failed unexpectedly', { run: run.id, target, error });
  if (number < (passes ? MAX_PASSING : MAX_ATTEMPTS)) throw new TryAgain(message);
  return { outcome: 'failed', reason: passes ? message : `gave up after ${number} attempts: ${message}` };
}

/**
 * A change found by a timer, which nobody requested, is done only as far as the policy allows a commit to do it; and an approval given to a different
 * change does not count.
 *
 * @param begun the step has already done something, so that these actions are the rest of it
 */
function unapproved(run: RunDetail, target: TargetId, actions: readonly Action[], begun: boolean): string | null {
  const policy = policyOf(run.plan);
  const due = actions.map(({ summary }) => hidePlainSecrets(summary));
  const given = approversOf(policy, target, begun ? run.approvals : approvalsFor(run.approvals, due)).length;
  const [first] = actions
    .map(({ impact }) => ({ target, impact, approvals: policy.approvals[impact] }))
    .sort((a, b) => b.approvals - a.approvals);
  return first === undefined || given >= first.approvals ? null : stepReason.needsApproval(run.id, first, given);
}

function inventoryPays({ plan }: RunDetail, target: TargetId): boolean {
  if (plan === null) return false;
  return plan.steps.length >= SURVEY_FROM || stepOf(plan, target)?.changes.length === 0;
}

/**
 * The lease guard of a step: checks the lease and records in the ledger.
 *
 * @param hasFailed an earlier attempt failed, and its status says what the step waits for
 */
function leaseGuardOf(
  context: Context,
  run: RunDetail,
  lease: Lease,
  { hasFailed }: { readonly hasFailed: boolean },
): LeaseGuard {
  const { ledger, options, queue } = context;
  const held = async (holds: Promise<boolean>) => {
    if (!(await holds)) throw new Aborted();
  };
  return {
    assertHeld: () => held(ledger.renewLease(lease, options.leaseSeconds * 1000)),
    async touch() {
      const statuses = hasFailed ? await actsAgain(context, run, lease.target) : [];
      await held(ledger.touch(lease, run.id, { commit: run.commit, statuses }));
      if (statuses.length > 0) await queue.requestReport();
    },
    record: (action) => held(ledger.recordAction(lease, run.id, action)),
  };
}

/** Statuses of a step that waited and now acts: the one from before it waited. If it ends before they are sent, only its end is. */
async function actsAgain(context: Context, run: RunDetail, target: TargetId): Promise<CommitStatus[]> {
  const planned = run.plan === null ? undefined : stepOf(run.plan, target);
  if (planned === undefined) return [];
  return changedStatuses(context, stepStatuses(context.options.publicUrl, run, target, stepWaits(planned)));
}

/** Records the outcome, what it proves and its statuses in one write; a worker that lost its lease writes nothing. */
async function end(context: Context, run: RunDetail, lease: Lease, ending: Ended): Promise<void> {
  const { ledger, options } = context;
  const { target } = lease;
  const { outcome } = ending;
  const reason = ending.reason === null ? null : hidePlainSecrets(ending.reason);
  const would = ending.would?.map(hidePlainSecrets);
  const differs = await withPlaces(context, run.commit, target, ending.differs ?? []);
  const finished = await ledger.finishStep(lease, run.id, {
    outcome,
    reason,
    ...(would === undefined ? {} : { would }),
    ...(differs.length === 0 ? {} : { differs }),
    ended: isoNow(context),
    applied: proof(run, target, ending, isoNow(context)),
    statuses: stepStatuses(options.publicUrl, run, target, stepEnded(outcome, reason)),
    release: true,
    frees: run.plan === null ? [] : dependentsOf(run.plan, target),
  });
  if (!finished) throw new Aborted();
}

function proof(
  run: RunDetail,
  target: TargetId,
  { outcome, secrets = {}, made }: Ended,
  at: string,
): StepEnd['applied'] {
  const { readOnly, verb } = run.request;
  const proved = outcome === 'applied' || outcome === 'unchanged';
  if (!proved || readOnly || imperative(verb)?.proves === 'nothing') return { kind: 'kept' };
  const digest = run.digests[target];
  if (digest === null || digest === undefined) return { kind: 'gone' };
  return {
    kind: 'proved',
    record: { target, commit: run.commit, digest, secrets, at, ...(made === undefined ? {} : { made }) },
  };
}
