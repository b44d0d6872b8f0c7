// A step on the host: look, do what is missing, and look again until nothing is. Success is what the last look proves,
// never what a program's exit claims.

import { type Decision, type Manager, ROUNDS, type Safeguard, type Wanted } from '../managers/manager.ts';
import type { Action } from '../model/action.ts';
import { kindOf } from '../model/ids.ts';
import type { Outcome } from '../model/run.ts';
import type { Lease, RunDetail } from '../ports/ledger.ts';
import { actionFailure } from '../say/failure.ts';
import { WHY } from '../say/status.ts';
import type { Context } from './context.ts';
import { Stopped } from './lease.ts';
import { probe } from './probe.ts';
import { runAction } from './run-action.ts';
import type { StepLog } from './step-log.ts';
import { wantedBy } from './wanted.ts';

/** A run of fewer steps looks at each target closely; one of more begins with a survey, which may settle many at once. */
const SURVEY_FROM = 4;

export interface Ending {
  readonly outcome: Extract<Outcome, 'applied' | 'unchanged' | 'failed' | 'blocked'>;
  readonly reason: string | null;
}

/** Something is in the way that goes away by itself; the message says what. */
export class Passing extends Error {
  override readonly name = 'Passing';
}

export interface StepWork {
  readonly run: RunDetail;
  readonly lease: Lease;
  /** Aborted when the work must stop at once. */
  readonly signal: AbortSignal;
  readonly log: StepLog;
  /** Nobody tried this step before. */
  readonly first: boolean;
}

export async function carryOut(context: Context, work: StepWork): Promise<Ending> {
  const { host, managers } = context;
  const manager = managers.managerOf(kindOf(work.lease.target));
  const { wanted, touched, rollback } = await wantedBy(context, work.run, work.lease.target);

  if (await settledByGlance(context, work, manager, wanted, touched)) return { outcome: 'unchanged', reason: null };
  if (work.run.request.readOnly) return compare(manager.decide(wanted, await manager.observe(host, wanted)));

  let safeguard: Safeguard | null = null;
  let acted = false;
  let done = '';
  for (let round = 1; ; round += 1) {
    stopIfTold(work);
    const observation = await manager.observe(host, wanted);
    const decision = manager.decide(wanted, observation);
    if (decision.kind === 'blocked') return { outcome: 'blocked', reason: decision.reason };
    if (decision.kind === 'impossible') {
      if (decision.passing) throw new Passing(decision.reason);
      return rollBack(context, work, safeguard, decision.reason);
    }
    if (decision.actions.length === 0) break;
    const todo = JSON.stringify(decision.actions);
    if (round > ROUNDS || todo === done) return rollBack(context, work, safeguard, WHY.stillDiffers(decision.actions));
    done = todo;

    if (!acted) {
      await touch(context, work);
      safeguard = rollback ? manager.safeguard(wanted, observation, decision.actions) : null;
      const untaken = safeguard === null ? null : await perform(context, work, safeguard.take);
      if (untaken !== null) return { outcome: 'failed', reason: untaken };
      acted = true;
    }
    const failure = await perform(context, work, decision.actions);
    if (failure !== null) return rollBack(context, work, safeguard, failure);
  }

  // What was changed must also work, whoever changed it: a worker may have died between its last action and the question.
  const sick = acted || touched ? await probe(context, work, manager.health(wanted)) : null;
  if (sick !== null) return rollBack(context, work, safeguard, sick);
  if (safeguard !== null) await perform(context, work, safeguard.drop);
  return { outcome: acted || touched ? 'applied' : 'unchanged', reason: null };
}

/** From the survey that all steps of the run share, where that is enough to see that nothing is to be done. */
async function settledByGlance(
  context: Context,
  { run, first }: StepWork,
  manager: Manager,
  wanted: Wanted,
  touched: boolean,
): Promise<boolean> {
  const step = run.plan?.steps.find(({ target }) => target === wanted.target);
  const worthIt = (run.plan?.steps.length ?? 0) >= SURVEY_FROM || step?.changes.length === 0;
  if (!first || touched || !worthIt) return false;
  const observation = manager.glance(await context.surveys(run.id, manager), wanted);
  if (observation === null) return false;
  const decision = manager.decide(wanted, observation);
  return decision.kind === 'actions' && decision.actions.length === 0;
}

/** For a run that only looks. */
function compare(decision: Decision): Ending {
  if (decision.kind !== 'actions') return { outcome: 'failed', reason: decision.reason };
  if (decision.actions.length === 0) return { outcome: 'unchanged', reason: null };
  return { outcome: 'failed', reason: WHY.differs(decision.actions) };
}

/** Runs actions in order; resolves to why one failed, or null. The lease is checked before each. */
async function perform(context: Context, work: StepWork, actions: readonly Action[]): Promise<string | null> {
  for (const action of actions) {
    await holdOn(context, work);
    const result = await runAction(context.host, action, work);
    const record = { summary: action.summary, exit: result.exit, ms: Math.round(result.ms) };
    if (!(await context.ledger.recordAction(work.lease, work.run.id, record))) throw new Stopped();
    if (result.exit !== 0 && action.failure !== 'observe') return actionFailure(action, result);
  }
  return null;
}

/** Back to the state before, where that was kept. */
async function rollBack(context: Context, work: StepWork, safeguard: Safeguard | null, why: string): Promise<Ending> {
  if (safeguard === null) return { outcome: 'failed', reason: why };
  const failure = await perform(context, work, safeguard.restore);
  return { outcome: 'failed', reason: failure === null ? WHY.rolledBack(why) : WHY.notRolledBack(why, failure) };
}

async function touch({ ledger }: Context, { lease, run }: StepWork): Promise<void> {
  if (!(await ledger.touch(lease, run.commit))) throw new Stopped();
}

async function holdOn({ ledger, options }: Context, work: StepWork): Promise<void> {
  stopIfTold(work);
  if (!(await ledger.renewLease(work.lease, options.leaseSeconds * 1000))) throw new Stopped();
}

function stopIfTold({ signal }: StepWork): void {
  if (signal.aborted) throw new Stopped();
}
