// A step on the host: observe, do what is missing, and observe again until nothing is. Success is what the last observation proves,
// never what a program's exit status claims.

import { type Decision, type NoRollback, ROUNDS, type Rollback } from '../../managers/manager.ts';
import { stepReason } from '../../messages/statuses/step-status.ts';
import type { Action } from '../../model/action.ts';
import { same } from '../../plan/diff/canonical.ts';
import { isDestructive } from '../../plan/policy/policy.ts';
import { isOfHost } from '../../ports/host-failure.ts';
import { SecretUnavailable } from '../../ports/secret-unavailable.ts';
import { compare, decide, differing, isSettled, settledByQuickCheck, summariesOf } from './compare.ts';
import { Aborted } from './lease.ts';
import { perform, performRound, throwIfAborted } from './perform.ts';
import { probe } from './probe.ts';
import { CarriedOut, stillApplicable } from './rounds.ts';
import { drain } from './run-action.ts';
import { type Sealed, sealWanted } from './seal.ts';
import { type Ending, type StepWork, TransientError } from './step-work.ts';

export async function convergeStep(work: StepWork): Promise<Ending> {
  let sealed: Sealed;
  try {
    sealed = await sealWanted(work.host, work.wanted, work.readOnly === false);
  } catch (error) {
    // Nothing is started that could not be finished.
    if (error instanceof SecretUnavailable) return { outcome: 'failed', reason: error.message };
    throw error;
  }
  const { wanted, secrets } = sealed;
  // An inventory does not show what a secret's value is part of.
  const inventory = same(secrets, work.known ?? {}) ? work.inventory : null;
  const ending = await converge({ ...work, wanted, inventory });
  return Object.keys(secrets).length === 0 ? ending : { ...ending, secrets };
}

/** What the rounds of a step have done so far. */
interface Progress {
  /** How to restore the state before the first change, where it was saved. */
  readonly rollback: Rollback | null;
  /** Why that state cannot be saved. */
  readonly noRollback: string | null;
  /** Why the last round failed. Some commands fail after they took effect, so the next observation decides whether the step has. */
  readonly failed: string | null;
  readonly acted: boolean;
  /** It was created or recreated. */
  readonly anew: boolean;
  /** The actions decided in the last round, as text; empty when the same may be decided again. */
  readonly last: string;
  readonly done: CarriedOut;
}

async function converge(work: StepWork): Promise<Ending> {
  const { host, manager, wanted } = work;
  if (await settledByQuickCheck(work)) return { outcome: 'unchanged', reason: null };
  if (work.readOnly !== false) return compare(work, await manager.observe(host, wanted), work.readOnly);
  // The commands of a worker that died may still be running.
  if (work.touched) await drain(host, wanted.target, work);
  let progress: Progress = {
    rollback: null,
    noRollback: null,
    failed: null,
    acted: false,
    anew: false,
    last: '',
    done: new CarriedOut(),
  };
  for (let round = 1; ; round += 1) {
    throwIfAborted(work);
    const next = await passRound(work, progress, round);
    if ('outcome' in next) return next;
    progress = next;
  }
}

/** Observes, decides and acts once. Resolves to how the step ends, or to the progress from which the next round continues. */
async function passRound(work: StepWork, before: Progress, round: number): Promise<Ending | Progress> {
  const observed = await observeTarget(work, before.failed);
  // A command may fail after it took effect: it is a failure only if something is left to do.
  if (observed === null || (before.failed !== null && !isSettled(observed.decision)))
    return failAndRestore(work, before, before.failed ?? '');
  const { observation, decision } = observed;
  const isAbsent = work.manager.power?.running(observation) === 'absent';
  const seen = { ...before, anew: before.anew || isAbsent };
  if (decision.kind !== 'actions') return endWithoutActions(work, seen, observation, decision);

  const { actions, remarks = [] } = decision;
  const found = findRollback(work, seen, observation, actions);
  const progress = withRollback(seen, found);
  if (actions.length === 0) return proveHealth(work, progress, remarks);
  const refused = whyNotBegun(work, progress, observation, actions);
  if (refused !== null) return refused;

  const snapshot = found !== null && 'snapshot' in found ? found.snapshot : [];
  const todo = stillApplicable(snapshot, actions);
  const stuck = round > ROUNDS ? stepReason.stillDiffers(actions) : whyStuck(progress, actions, todo);
  if (stuck !== null) return failAndRestore(work, progress, stuck);
  // Saving a rollback alone makes no progress: the actions after it are the same.
  const last = todo.length === 0 ? '' : JSON.stringify(actions);
  return act(work, { ...progress, last }, snapshot, todo);
}

/** Ends a step whose target must not, cannot, or cannot fully be brought to the declared state. */
async function endWithoutActions(
  work: StepWork,
  { rollback, noRollback, anew }: Progress,
  observation: unknown,
  decision: Exclude<Decision, { kind: 'actions' }>,
): Promise<Ending> {
  const { reason } = decision;
  switch (decision.kind) {
    case 'blocked':
      return { outcome: 'blocked', reason };
    case 'impossible': {
      if (decision.passing) throw new TransientError(reason);
      const { manager, wanted } = work;
      const left = manager.selfRollback === true ? manager.rollback(wanted, observation, []) : null;
      const found = left !== null && 'snapshot' in left ? left : null;
      return failAndRestore(work, { rollback: rollback ?? found, noRollback }, reason);
    }
    case 'partly':
      if (rollback !== null) await perform(work, rollback.discard);
      return { outcome: 'failed', reason, ...(anew ? { anew } : {}) };
    default:
      return decision satisfies never;
  }
}

/** How the state before the first change is saved; null where it already is, or need not be. */
function findRollback(
  work: StepWork,
  { rollback }: Progress,
  observation: unknown,
  actions: readonly Action[],
): Rollback | NoRollback | null {
  const { manager, wanted } = work;
  // A rollback left by a dead worker is found here too, by a manager that observes its snapshot.
  const isGuarded = work.rollback || manager.selfRollback === true;
  return isGuarded && rollback === null ? manager.rollback(wanted, observation, actions) : null;
}

function withRollback(progress: Progress, found: Rollback | NoRollback | null): Progress {
  if (found === null) return progress;
  if ('noRollback' in found) return { ...progress, noRollback: progress.noRollback ?? found.noRollback };
  return { ...progress, rollback: progress.rollback ?? found };
}

/** The ending where a person has to see or approve these actions first; null when they may begin. */
function whyNotBegun(
  work: StepWork,
  { acted }: Progress,
  observation: unknown,
  actions: readonly Action[],
): Ending | null {
  const begun = acted || work.touched;
  const unseen = begun ? null : otherThanShown(actions, work.shown ?? null);
  if (unseen !== null) return { outcome: 'failed', reason: unseen };
  const waits = work.unapproved?.(actions, begun) ?? null;
  if (waits === null) return null;
  return { outcome: 'blocked', reason: waits, would: summariesOf(actions), ...differing(work, observation) };
}

/** Why a further round would change nothing; null when it may. */
function whyStuck({ last, done }: Progress, actions: readonly Action[], todo: readonly Action[]): string | null {
  if (JSON.stringify(actions) === last) return stepReason.stillDiffers(actions);
  const repeated = done.repeatedIn(todo);
  return repeated === undefined ? null : stepReason.noEffect(repeated);
}

/** Saves the rollback, then performs the actions. Resolves to an ending only when the rollback cannot be saved. */
async function act(
  work: StepWork,
  before: Progress,
  snapshot: readonly Action[],
  todo: readonly Action[],
): Promise<Ending | Progress> {
  if (!before.acted) await work.leaseGuard.touch();
  const anew = before.anew || todo.some(({ impact }) => isDestructive(impact));
  const begun = { ...before, acted: true, anew };
  const saved = await performRound(work, snapshot);
  if (saved.failure !== null)
    return saved.mayRetry ? { ...begun, rollback: null, last: '' } : { outcome: 'failed', reason: saved.failure };
  const { failure, mayRetry } = await performRound(work, todo);
  if (failure === null) begun.done.add(todo);
  if (failure !== null) return mayRetry ? { ...begun, last: '' } : { ...begun, failed: failure };
  return begun;
}

/** Ends a step that has nothing left to do: a target that was changed must also be healthy. */
async function proveHealth(work: StepWork, progress: Progress, remarks: readonly string[]): Promise<Ending> {
  const { acted, anew, rollback, noRollback, failed } = progress;
  // Whoever changed it: a worker may have died between its last action and the health check.
  const isChanged = acted || work.touched;
  const sick = isChanged ? await probe(work, work.manager.health(work.wanted)) : null;
  if (sick !== null) return failAndRestore(work, progress, stepReason.sick(sick));
  if (rollback !== null) await perform(work, rollback.discard);
  if (!isChanged) return { outcome: 'unchanged', reason: null };
  const sentences = [
    ...(noRollback === null ? [] : [stepReason.noRollback(noRollback)]),
    // A remark may end with what to do, so it comes after what was not saved.
    ...remarks,
    ...(failed === null ? [] : [stepReason.failedYetDone(failed)]),
  ];
  const reason = sentences.length === 0 ? null : sentences.join('; ');
  return { outcome: 'applied', reason, ...(anew ? { anew } : {}) };
}

/** Null when it cannot be observed after a failure, which is then the reason. */
async function observeTarget(work: StepWork, failed: string | null) {
  const { host, manager, wanted } = work;
  try {
    const observation = await manager.observe(host, wanted);
    return { observation, decision: decide(work, observation) };
  } catch (error) {
    if (failed === null || error instanceof Aborted || isOfHost(error)) throw error;
    return null;
  }
}

function otherThanShown(actions: readonly Action[], shown: readonly string[] | null): string | null {
  return shown === null || same(shown, summariesOf(actions)) ? null : stepReason.notShown(actions);
}

/** Restores the previous state, where it was saved. */
async function failAndRestore(
  work: StepWork,
  { rollback, noRollback }: Pick<Progress, 'rollback' | 'noRollback'>,
  why: string,
): Promise<Ending> {
  if (rollback === null)
    return { outcome: 'failed', reason: noRollback === null ? why : stepReason.failedWithoutWayBack(why, noRollback) };
  const failure = await perform(work, rollback.restore);
  if (failure !== null) return { outcome: 'failed', reason: stepReason.notRolledBack(why, failure) };
  const restored = work.manager.selfRollback === true ? stepReason.putBack(why) : stepReason.rolledBack(why);
  return { outcome: 'failed', reason: restored };
}
