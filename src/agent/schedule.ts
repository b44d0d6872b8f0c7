// After every outcome and at every start: which steps may start now, which never can, and whether the run has ended. It reads
// the ledger and decides afresh, so a crash needs no other recovery, and running it twice does no harm.

import type { TargetId } from '../model/ids.ts';
import type { PlanStep } from '../model/plan.ts';
import type { CommitStatus } from '../model/report.ts';
import type { Outcome, RunState } from '../model/run.ts';
import { ready } from '../plan/ready.ts';
import type { RunDetail, SettledStep } from '../ports/ledger.ts';
import { applying, ended, frozen, WHY } from '../say/status.ts';
import { type Context, isoNow } from './context.ts';
import { tellMerged } from './review/merged.ts';
import { isTimed, ofRun, settled } from './tell.ts';

/** Every run that is not over. */
export async function scheduleOpen(context: Context, options: { readonly startedToo?: boolean } = {}): Promise<void> {
  for (const run of await context.ledger.openRuns()) await schedule(context, run.id, options);
}

/** @param startedToo also asks for steps that had started: whoever ran them may have died */
export async function schedule(context: Context, id: RunDetail['id'], { startedToo = false } = {}): Promise<void> {
  const { ledger, queue, options } = context;
  const run = await ledger.runProgress(id);
  if (run === null || run.plan === null || run.ended !== null) return;
  const freeze = await ledger.frozen();

  const next = whatNext(run, options.publicUrl);
  await ledger.settleSteps(id, isoNow(context), next.settle);
  if (freeze === null || run.state === 'superseded') {
    for (const step of next.start) await queue.requestApply(options.node, step);
  }
  if (startedToo) {
    for (const step of next.running) await queue.requestApply(options.node, step);
  }
  if (next.running.length === 0 && next.start.length === 0) await finish(context, id);
  else if (freeze !== null && next.running.length === 0 && run.state !== 'blocked') {
    await ledger.markRun(id, 'blocked', ofRun(options.publicUrl, run, frozen(freeze.reason)));
  } else if (freeze === null && run.state === 'blocked') {
    await ledger.markRun(id, 'applying', ofRun(options.publicUrl, run, applying(run.plan)));
  }
  await queue.requestReport();
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
  if (!step.approval) return null;
  if (step.protected) return WHY.protected(step);
  return run.approvals.some(({ target }) => target === step.target) ? null : WHY.needsApproval(run.id, step);
}

/** Every step has an outcome. A run with a blocked step stays open for a person. */
async function finish(context: Context, id: RunDetail['id']): Promise<void> {
  const { ledger, queue, options } = context;
  const run = await ledger.runProgress(id);
  if (run === null || run.ended !== null) return;
  const outcomes = new Set(run.steps.map(({ outcome }) => outcome));
  const said = run.state === 'superseded' ? [] : ofRun(options.publicUrl, run, ended(id, run.steps));
  const statuses = isTimed(run.request) ? await news(context, said) : said;
  if (outcomes.has('blocked') && run.state !== 'superseded') {
    await ledger.markRun(id, 'blocked', statuses);
    await tellMerged(context, run.commit);
    return;
  }
  const state: RunState = outcomes.has('failed') || outcomes.has('skipped') ? 'failed' : 'succeeded';
  // What waited for this run to end, a newer head or another run, gets its turn.
  if (!(await ledger.endRun(id, state, isoNow(context), statuses))) return;
  await queue.requestReconcile();
  await tellMerged(context, run.commit);
  // What was done may have made something new that ends by itself.
  if (!run.readOnly) await queue.requestRenew();
}

/** A look that finds what the one before found says nothing: a forge keeps every status for ever, and not without limit. */
async function news({ ledger }: Context, said: readonly CommitStatus[]): Promise<CommitStatus[]> {
  const known = await Promise.all(said.map(({ commit, context }) => ledger.lastSaid(commit, context)));
  return said.filter((each, index) => {
    return each.state !== known[index]?.state || each.description !== known[index]?.description;
  });
}
