// Decides which steps may start now, which never can, and whether a run has ended. `schedule` reads the whole run and decides from scratch, at every
// start and whenever something other than an outcome changed it, so a crash needs no other recovery, and repeating it is harmless. `scheduleAfter`
// does incrementally what one outcome adds; tests check that both agree.

import { endOf, healed } from '../messages/drift.ts';
import { outsideWindow } from '../messages/statuses/policy.ts';
import { applying, frozen, superseded } from '../messages/statuses/run-status.ts';
import type { Sentence } from '../messages/statuses/status.ts';
import { stepReason } from '../messages/statuses/step-status.ts';
import type { TargetId } from '../model/ids.ts';
import { dependentsOf, type Placed } from '../model/plan-graph.ts';
import { endedWell, type Outcome, type RunState } from '../model/run.ts';
import { cutOffTargets } from '../plan/order/following.ts';
import { ready } from '../plan/order/ready.ts';
import type { ApplyRequest, RetryDelay } from '../ports/queue.ts';
import type { RunDetail } from '../ports/runs.ts';
import type { SettledStep } from '../ports/steps.ts';
import { isDeferred } from './apply/deferred.ts';
import { type Context, isoNow } from './context.ts';
import { enforcePolicyOf } from './reconcile/policy-in-force.ts';
import { commentOnMerged } from './review/merged.ts';
import { openingFor, waitingReason } from './start-conditions.ts';
import { changedStatuses, isTimed, runStatuses, settled } from './statuses.ts';
import { driftBeside, heal } from './timers/heal.ts';

/** A deferred step is requested again if its worker has not returned to it by this much later. */
const OVERDUE_MS = 60_000;
/** Steps of a run that are claimed at a time where no limit for the node is set. */
const STEPS_ON_NODE = 16;

/** Schedules every open run. Resolves to when the first of those that wait for a window may continue. */
export async function scheduleOpen(
  context: Context,
  options: { readonly startedToo?: boolean } = {},
): Promise<RetryDelay> {
  const waits: number[] = [];
  for (const run of await context.ledger.openRuns()) {
    const again = await schedule(context, run.id, options);
    if (again !== null) waits.push(again);
  }
  return waits.length === 0 ? null : Math.min(...waits);
}

/** @param startedToo also requests steps that had started, whose worker may have died */
export async function schedule(
  context: Context,
  id: RunDetail['id'],
  { startedToo = false } = {},
): Promise<RetryDelay> {
  const { ledger, queue, options } = context;
  const run = await ledger.runProgress(id);
  if (run === null || run.plan === null || run.ended !== null) return null;
  const hold = await currentHold(context, run);

  const next = nextSteps(run, options.publicUrl);
  await ledger.settleSteps(id, isoNow(context), next.settle);
  if (hold === null && run.state !== 'superseded') await begin(context, id, next.start);
  if (startedToo) {
    for (const step of next.running) {
      if (!isDeferred(run, step.target, Date.now(), OVERDUE_MS)) await queue.requestApply(options.node, step);
    }
  }
  if (next.running.length === 0 && next.start.length === 0)
    await finish(context, id, next.settle.size === 0 ? run : null);
  else if (hold !== null && next.running.length === 0) await waitFor(context, run, hold);
  else if (hold === null && run.state === 'blocked') {
    await ledger.markRun(id, 'applying', runStatuses(options.publicUrl, run, applying(run.plan)));
  }
  await queue.requestReport();
  return hold?.opens == null ? null : soon(context, hold.opens);
}

/**
 * What the outcome of one step makes ready or impossible: reads only the steps that depend on it.
 *
 * @param run with that step, as `runStep` reads it
 * @returns the next step for the same worker; null when there is none
 */
export async function scheduleAfter(
  context: Context,
  run: RunDetail,
  { target, outcome }: { readonly target: TargetId; readonly outcome: Outcome },
): Promise<ApplyRequest | null> {
  const { ledger, options } = context;
  if (run.plan === null) return null;
  if (!endedWell(outcome)) {
    const cutOff = await cutOffTargets(run.plan, target, (these) => ledger.endedOf(run.id, these));
    const reason = stepReason.skipped(target, outcome);
    const ends = cutOff.map((each) => [each, settled(options.publicUrl, run, each, 'skipped', reason)] as const);
    await ledger.settleSteps(run.id, isoNow(context), new Map(ends));
  }
  const [next = null, ...others] = await claimReady(context, run, 1 + dependentsOf(run.plan, target).length);
  for (const each of others) await context.queue.requestApply(options.node, each);
  return next;
}

/** A step has to wait: starts another ready step in its place. */
export async function scheduleBeside(context: Context, run: RunDetail, target: TargetId): Promise<void> {
  const { ledger, queue, options } = context;
  await ledger.setAside(run.id, target);
  for (const each of await claimReady(context, run, 1)) await queue.requestApply(options.node, each);
}

/**
 * Claims the steps to start next. If more has to be decided, the whole run is read.
 *
 * @param most one for the caller, plus those that it may have made ready; other workers claim their own
 */
async function claimReady(context: Context, run: RunDetail, most: number): Promise<ApplyRequest[]> {
  const { ledger, queue, options } = context;
  const taken = openingFor(context, run).open ? await ledger.takeSteps(run.id, { most, out: mostOut(options) }) : null;
  if (taken === null || !taken.certain || taken.left === 0) {
    await schedule(context, run.id);
    return [];
  }
  await queue.requestReport();
  return taken.steps.map((each) => ({ run: run.id, ...each }));
}

/** No more steps are claimed than can run: ready ones wait in the ledger, not in the queue. */
function mostOut({ concurrency, stepsOnNode = STEPS_ON_NODE }: Context['options']): number {
  return Math.max(concurrency, stepsOnNode);
}

async function begin(
  { ledger, queue, options }: Context,
  run: RunDetail['id'],
  start: readonly Placed[],
): Promise<void> {
  // Claimed steps may have been lost with their worker; requesting one again creates no second job.
  const lost = await ledger.offerSteps(run, start);
  const taken = await ledger.takeSteps(run, { most: mostOut(options), out: mostOut(options) });
  for (const each of [...lost, ...taken.steps]) await queue.requestApply(options.node, { run, ...each });
}

interface Hold {
  readonly sentence: Sentence;
  /** When it ends by itself; null when a person has to end it. */
  readonly opens: Date | null;
}

/** What prevents further steps of the run from starting; null when nothing does. */
async function currentHold(context: Context, run: RunDetail): Promise<Hold | null> {
  const freeze = await context.ledger.frozen();
  if (freeze !== null) return { sentence: frozen(freeze.reason), opens: null };
  const opening = openingFor(context, run);
  return opening.open ? null : { sentence: outsideWindow(run.commit), opens: opening.opens };
}

/** Reported once, and again after another status, such as after an approval. */
async function waitFor(context: Context, run: RunDetail, { sentence, opens }: Hold): Promise<void> {
  const statuses = await changedStatuses(context, runStatuses(context.options.publicUrl, run, sentence));
  if (run.state === 'blocked' && statuses.length === 0) return;
  await context.ledger.markRun(run.id, 'blocked', statuses);
  // The caller may not come again; a reconcile will, when the window opens.
  if (opens !== null) await context.queue.requestReconcile();
}

/** Later times are covered by the timer. */
function soon({ clock, options }: Context, at: Date): RetryDelay {
  const wait = Math.max(0, at.getTime() - clock.now().getTime());
  return wait <= options.pollSeconds * 1000 ? wait : null;
}

/** Pure. */
function nextSteps(run: RunDetail, publicUrl: string | null) {
  const steps = run.plan?.steps ?? [];
  const outcomes = new Map<TargetId, Outcome>(
    run.steps.flatMap(({ target, outcome }) => (outcome === null ? [] : [[target, outcome]])),
  );
  const places = new Map(steps.map(({ target }, place) => [target, place]));
  const jobOf = (target: TargetId) => ({ run: run.id, target, attempt: run.jobs[target] ?? 0 });
  const placed = (target: TargetId) => ({ target, place: places.get(target) ?? 0 });
  const running = run.steps
    .filter((step) => step.outcome === null && step.started !== null)
    .map(({ target }) => target);
  const started = new Set(running);
  const settle = new Map<TargetId, SettledStep>();
  for (const step of steps) {
    const reason = outcomes.has(step.target) || started.has(step.target) ? null : waitingReason(run, step);
    if (reason === null) continue;
    settle.set(step.target, settled(publicUrl, run, step.target, 'blocked', reason));
    outcomes.set(step.target, 'blocked');
  }
  const { start, skip } = run.plan === null ? { start: [], skip: [] } : ready(run.plan, outcomes, started);
  for (const { target, because } of skip) {
    settle.set(target, settled(publicUrl, run, target, 'skipped', stepReason.skipped(because, outcomes.get(because))));
  }
  return { start: run.state === 'superseded' ? [] : start.map(placed), running: running.map(jobOf), settle };
}

/** Called when every step has an outcome. A run with a blocked step stays open for a person. @param known the run, if it was just read */
async function finish(context: Context, id: RunDetail['id'], known: RunDetail | null): Promise<void> {
  const { ledger, queue, options } = context;
  const run = known ?? (await ledger.runProgress(id));
  if (run === null || run.ended !== null) return;
  const outcomes = new Set(run.steps.map(({ outcome }) => outcome));
  // A run that lost steps to a newer one says so; one that did everything ends normally.
  const cut = run.state === 'superseded' && (outcomes.has('superseded') || outcomes.has('blocked'));
  const done = run.request.heal === true ? healed(id, run.steps, await driftBeside(context, run)) : endOf(run);
  const said = runStatuses(options.publicUrl, run, cut ? superseded(run.commit, run.supersededBy ?? '') : done);
  // If the same commit is applied again, the new run's statuses replace these.
  const replaced = run.supersededBy === run.commit;
  const statuses = replaced ? [] : isTimed(run.request) ? await changedStatuses(context, said) : said;
  if (outcomes.has('blocked') && run.state !== 'superseded') {
    await ledger.markRun(id, 'blocked', statuses);
    await commentOnMerged(context, run.commit);
    return;
  }
  const whole: RunState = outcomes.has('failed') || outcomes.has('skipped') ? 'failed' : 'succeeded';
  const state = cut ? 'superseded' : whole;
  if (!cut) await enforcePolicyOf(context, run.commit, run.request);
  // Continues what waited for the end of this run: a newer head or another run.
  if (!(await ledger.endRun(id, state, isoNow(context), statuses))) return;
  await queue.requestReport();
  await queue.requestReconcile();
  await commentOnMerged(context, run.commit);
  await heal(context, run);
  // The run may have created something that expires.
  if (!run.readOnly) await queue.requestRenew();
}
