// After every outcome and at every start: which steps may start now, which never can, and whether the run has ended. It reads
// the ledger and decides afresh, so a crash needs no other recovery, and running it twice does no harm.

import type { TargetId } from '../model/ids.ts';
import type { PlanStep } from '../model/plan.ts';
import type { CommitStatus } from '../model/report.ts';
import type { Outcome, RunState } from '../model/run.ts';
import { approversOf, isApproved, isDestructive, policyOf } from '../plan/policy.ts';
import { ready } from '../plan/ready.ts';
import type { RunDetail, SettledStep } from '../ports/ledger.ts';
import type { Again } from '../ports/queue.ts';
import { outsideWindow } from '../say/policy.ts';
import { applying, ended, frozen, type Sentence, superseded, WHY } from '../say/status.ts';
import { isDeferred } from './apply/deferred.ts';
import { type Context, isoNow } from './context.ts';
import { takeForce } from './reconcile/judging.ts';
import { tellMerged } from './review/merged.ts';
import { isTimed, ofRun, settled } from './tell.ts';
import { openingFor } from './window.ts';

/** A step that was left for later is asked for again when whoever left it did not come back to it by then. */
const OVERDUE_MS = 60_000;

/** Every run that is not over. Resolves to when the first of them may go on that waits for a window. */
export async function scheduleOpen(context: Context, options: { readonly startedToo?: boolean } = {}): Promise<Again> {
  const waits: number[] = [];
  for (const run of await context.ledger.openRuns()) {
    const again = await schedule(context, run.id, options);
    if (again !== null) waits.push(again);
  }
  return waits.length === 0 ? null : Math.min(...waits);
}

/** @param startedToo also asks for steps that had started: whoever ran them may have died */
export async function schedule(context: Context, id: RunDetail['id'], { startedToo = false } = {}): Promise<Again> {
  const { ledger, queue, options } = context;
  const run = await ledger.runProgress(id);
  if (run === null || run.plan === null || run.ended !== null) return null;
  const hold = await whatHolds(context, run);

  const next = whatNext(run, options.publicUrl);
  await ledger.settleSteps(id, isoNow(context), next.settle);
  if (hold === null || run.state === 'superseded') {
    for (const step of next.start) await queue.requestApply(options.node, step);
  }
  if (startedToo) {
    for (const step of next.running) {
      if (!isDeferred(run, step.target, Date.now(), OVERDUE_MS)) await queue.requestApply(options.node, step);
    }
  }
  if (next.running.length === 0 && next.start.length === 0) await finish(context, id);
  else if (hold !== null && next.running.length === 0) await waitFor(context, run, hold);
  else if (hold === null && run.state === 'blocked') {
    await ledger.markRun(id, 'applying', ofRun(options.publicUrl, run, applying(run.plan)));
  }
  await queue.requestReport();
  return hold?.opens == null ? null : soon(context, hold.opens);
}

interface Hold {
  readonly said: Sentence;
  /** When it ends by itself; null when a person ends it. */
  readonly opens: Date | null;
}

/** What keeps steps of the run from being started that have not; null when nothing does. */
async function whatHolds(context: Context, run: RunDetail): Promise<Hold | null> {
  const freeze = await context.ledger.frozen();
  if (freeze !== null) return { said: frozen(freeze.reason), opens: null };
  const opening = openingFor(context, run);
  return opening.open ? null : { said: outsideWindow(run.commit), opens: opening.opens };
}

/** Said once, and again when something else was said since, such as after an approval. */
async function waitFor(context: Context, run: RunDetail, { said, opens }: Hold): Promise<void> {
  const statuses = await news(context, ofRun(context.options.publicUrl, run, said));
  if (run.state === 'blocked' && statuses.length === 0) return;
  await context.ledger.markRun(run.id, 'blocked', statuses);
  // Whoever asked for this may not come again; a reconcile does, when the window opens.
  if (opens !== null) await context.queue.requestReconcile();
}

/** The timer comes by itself for what is later. */
function soon({ clock, options }: Context, at: Date): Again {
  const wait = Math.max(0, at.getTime() - clock.now().getTime());
  return wait <= options.pollSeconds * 1000 ? wait : null;
}

/** Pure. */
function whatNext(run: RunDetail, publicUrl: string | null) {
  const steps = run.plan?.steps ?? [];
  const outcomes = new Map<TargetId, Outcome>(
    run.steps.flatMap(({ target, outcome }) => (outcome === null ? [] : [[target, outcome]])),
  );
  const attempts = new Map(run.steps.map((step) => [step.target, step.attempts]));
  const asked = (target: TargetId) => ({ run: run.id, target, attempt: attempts.get(target) ?? 0 });
  const running = run.steps
    .filter((step) => step.outcome === null && step.started !== null)
    .map(({ target }) => target);
  const started = new Set(running);
  const settle = new Map<TargetId, SettledStep>();
  for (const step of steps) {
    const reason = outcomes.has(step.target) || started.has(step.target) ? null : whyItWaits(run, step);
    if (reason === null) continue;
    settle.set(step.target, settled(publicUrl, run, step.target, 'blocked', reason));
    outcomes.set(step.target, 'blocked');
  }
  const { start, skip } = run.plan === null ? { start: [], skip: [] } : ready(run.plan, outcomes, started);
  for (const { target, because } of skip) {
    settle.set(target, settled(publicUrl, run, target, 'skipped', WHY.skipped(because, outcomes.get(because))));
  }
  return { start: run.state === 'superseded' ? [] : start.map(asked), running: running.map(asked), settle };
}

/** What a person has to do before the step may start; null when nothing. */
function whyItWaits(run: RunDetail, step: PlanStep): string | null {
  const problem = run.held[step.target];
  if (problem !== undefined) return problem;
  if (step.protected && isDestructive(step.impact)) return WHY.protected(step);
  const policy = policyOf(run.plan);
  if (isApproved(policy, step, run.approvals)) return null;
  return WHY.needsApproval(run.id, step, approversOf(policy, step.target, run.approvals).length);
}

/** Every step has an outcome. A run with a blocked step stays open for a person. */
async function finish(context: Context, id: RunDetail['id']): Promise<void> {
  const { ledger, queue, options } = context;
  const run = await ledger.runProgress(id);
  if (run === null || run.ended !== null) return;
  const outcomes = new Set(run.steps.map(({ outcome }) => outcome));
  // A run that a newer one took steps from says so; one that did all that it was to do ends as any other.
  const cut = run.state === 'superseded' && (outcomes.has('superseded') || outcomes.has('blocked'));
  const said = ofRun(options.publicUrl, run, cut ? superseded(run.supersededBy ?? '') : ended(id, run.steps));
  // When the same commit is carried out once more, what the new run says takes the place of this.
  const replaced = run.supersededBy === run.commit;
  const statuses = replaced ? [] : isTimed(run.request) ? await news(context, said) : said;
  if (outcomes.has('blocked') && run.state !== 'superseded') {
    await ledger.markRun(id, 'blocked', statuses);
    await tellMerged(context, run.commit);
    return;
  }
  const whole: RunState = outcomes.has('failed') || outcomes.has('skipped') ? 'failed' : 'succeeded';
  const state = cut ? 'superseded' : whole;
  if (!cut) await takeForce(context, run.commit, run.request);
  // What waited for this run to end, a newer head or another run, gets its turn.
  if (!(await ledger.endRun(id, state, isoNow(context), statuses))) return;
  await queue.requestReconcile();
  await tellMerged(context, run.commit);
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
