// Which steps may start now, which never can, and whether the run has ended. `schedule` reads the whole run and decides afresh, at every
// start and whenever something else than an outcome changed it, so a crash needs no other recovery, and running it twice does no
// harm. `scheduleAfter` does what one outcome adds to that, for as little as that is: the tests hold it to the other.

import { outsideWindow } from '../messages/policy.ts';
import { applying, ended, frozen, healed, type Sentence, superseded, WHY } from '../messages/status.ts';
import type { TargetId } from '../model/ids.ts';
import type { PlanStep } from '../model/plan.ts';
import { dependentsOf, type Placed } from '../model/plan-graph.ts';
import type { CommitStatus } from '../model/report.ts';
import { endedWell, type Outcome, type RunState } from '../model/run.ts';
import { cutOffTargets } from '../plan/following.ts';
import { approversOf, isApproved, isDestructive, policyOf } from '../plan/policy.ts';
import { ready } from '../plan/ready.ts';
import type { ApplyRequest, RetryDelay } from '../ports/queue.ts';
import type { RunDetail } from '../ports/runs.ts';
import type { SettledStep } from '../ports/steps.ts';
import { isDeferred } from './apply/deferred.ts';
import { type Context, isoNow } from './context.ts';
import { enforcePolicyOf } from './reconcile/policy-in-force.ts';
import { commentOnMerged } from './review/merged.ts';
import { isTimed, runStatuses, settled } from './statuses.ts';
import { driftBeside, heal } from './timers/heal.ts';
import { openingFor } from './window.ts';

/** A step that was left for later is asked for again when whoever left it did not come back to it by then. */
const OVERDUE_MS = 60_000;
/** Steps of a run that are handed out at a time where nothing says how many may be on the way on the node. */
const STEPS_ON_NODE = 16;

/** Every run that is not over. Resolves to when the first of them may go on that waits for a window. */
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

/** @param startedToo also asks for steps that had started: whoever ran them may have died */
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
 * What the outcome of one step makes ready or cuts off: looks at the steps that need it, and at no others.
 *
 * @param run with that step, as `runStep` reads it
 * @returns the step that whoever did this one goes on with; null when there is none for it
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
    const reason = WHY.skipped(target, outcome);
    const ends = cutOff.map((each) => [each, settled(options.publicUrl, run, each, 'skipped', reason)] as const);
    await ledger.settleSteps(run.id, isoNow(context), new Map(ends));
  }
  const [next = null, ...others] = await claimReady(context, run, 1 + dependentsOf(run.plan, target).length);
  for (const each of others) await context.queue.requestApply(options.node, each);
  return next;
}

/** A step waits for something: another that is ready gets its place. */
export async function scheduleBeside(context: Context, run: RunDetail, target: TargetId): Promise<void> {
  const { ledger, queue, options } = context;
  await ledger.setAside(run.id, target);
  for (const each of await claimReady(context, run, 1)) await queue.requestApply(options.node, each);
}

/**
 * The steps to begin next, marked as handed out. Where more is to be decided than that, the whole run is looked at.
 *
 * @param most one for who asks, and what may be ready because of it; the others that end meanwhile take their own
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

/** No more is handed out at a time than can be carried out: what is ready waits in the ledger, not in the queue. */
function mostOut({ concurrency, stepsOnNode = STEPS_ON_NODE }: Context['options']): number {
  return Math.max(concurrency, stepsOnNode);
}

async function begin(
  { ledger, queue, options }: Context,
  run: RunDetail['id'],
  start: readonly Placed[],
): Promise<void> {
  // Those that were handed out may have been lost with who had them; asked for twice, they are no second job.
  const lost = await ledger.offerSteps(run, start);
  const taken = await ledger.takeSteps(run, { most: mostOut(options), out: mostOut(options) });
  for (const each of [...lost, ...taken.steps]) await queue.requestApply(options.node, { run, ...each });
}

interface Hold {
  readonly said: Sentence;
  /** When it ends by itself; null when a person ends it. */
  readonly opens: Date | null;
}

/** What keeps steps of the run from being started that have not; null when nothing does. */
async function currentHold(context: Context, run: RunDetail): Promise<Hold | null> {
  const freeze = await context.ledger.frozen();
  if (freeze !== null) return { said: frozen(freeze.reason), opens: null };
  const opening = openingFor(context, run);
  return opening.open ? null : { said: outsideWindow(run.commit), opens: opening.opens };
}

/** Said once, and again when something else was said since, such as after an approval. */
async function waitFor(context: Context, run: RunDetail, { said, opens }: Hold): Promise<void> {
  const statuses = await news(context, runStatuses(context.options.publicUrl, run, said));
  if (run.state === 'blocked' && statuses.length === 0) return;
  await context.ledger.markRun(run.id, 'blocked', statuses);
  // Whoever asked for this may not come again; a reconcile does, when the window opens.
  if (opens !== null) await context.queue.requestReconcile();
}

/** The timer comes by itself for what is later. */
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
  const asked = (target: TargetId) => ({ run: run.id, target, attempt: run.jobs[target] ?? 0 });
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
    settle.set(target, settled(publicUrl, run, target, 'skipped', WHY.skipped(because, outcomes.get(because))));
  }
  return { start: run.state === 'superseded' ? [] : start.map(placed), running: running.map(asked), settle };
}

/** What a person has to do before the step may start; null when nothing. @param run with at least that step's approvals */
export function waitingReason(run: RunDetail, step: PlanStep): string | null {
  const problem = run.held[step.target];
  if (problem !== undefined) return problem;
  if (step.protected && isDestructive(step.impact)) return WHY.protected(step);
  const policy = policyOf(run.plan);
  if (isApproved(policy, step, run.approvals)) return null;
  return WHY.needsApproval(run.id, step, approversOf(policy, step.target, run.approvals).length);
}

/** Every step has an outcome. A run with a blocked step stays open for a person. @param known the run, where it was just read */
async function finish(context: Context, id: RunDetail['id'], known: RunDetail | null): Promise<void> {
  const { ledger, queue, options } = context;
  const run = known ?? (await ledger.runProgress(id));
  if (run === null || run.ended !== null) return;
  const outcomes = new Set(run.steps.map(({ outcome }) => outcome));
  // A run that a newer one took steps from says so; one that did all that it was to do ends as any other.
  const cut = run.state === 'superseded' && (outcomes.has('superseded') || outcomes.has('blocked'));
  const done =
    run.request.heal === true ? healed(id, run.steps, await driftBeside(context, run)) : ended(id, run.steps);
  const said = runStatuses(options.publicUrl, run, cut ? superseded(run.supersededBy ?? '') : done);
  // When the same commit is carried out once more, what the new run says takes the place of this.
  const replaced = run.supersededBy === run.commit;
  const statuses = replaced ? [] : isTimed(run.request) ? await news(context, said) : said;
  if (outcomes.has('blocked') && run.state !== 'superseded') {
    await ledger.markRun(id, 'blocked', statuses);
    await commentOnMerged(context, run.commit);
    return;
  }
  const whole: RunState = outcomes.has('failed') || outcomes.has('skipped') ? 'failed' : 'succeeded';
  const state = cut ? 'superseded' : whole;
  if (!cut) await enforcePolicyOf(context, run.commit, run.request);
  // What waited for this run to end, a newer head or another run, gets its turn.
  if (!(await ledger.endRun(id, state, isoNow(context), statuses))) return;
  await queue.requestReport();
  await queue.requestReconcile();
  await commentOnMerged(context, run.commit);
  await heal(context, run);
  // What was done may have made something new that ends by itself.
  if (!run.readOnly) await queue.requestRenew();
}

/** A look that finds what the one before found says nothing: a forge keeps every status for ever, and not without limit. */
export async function news({ ledger }: Context, said: readonly CommitStatus[]): Promise<CommitStatus[]> {
  const known = await Promise.all(said.map(({ commit, context }) => ledger.lastSaid(commit, context)));
  return said.filter((each, index) => {
    return each.state !== known[index]?.state || each.description !== known[index]?.description;
  });
}
