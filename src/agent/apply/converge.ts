// A step on the host: observe, do what is missing, and observe again until nothing is. Success is what the last observation proves,
// never what a program's exit status claims.

import {
  type Decision,
  type Manager,
  type NoRollback,
  ROUNDS,
  type Rollback,
  type Wanted,
} from '../../managers/manager.ts';
import { stepReason } from '../../messages/step-status.ts';
import type { Action } from '../../model/action.ts';
import type { Outcome } from '../../model/run.ts';
import { same } from '../../plan/canonical.ts';
import { isDestructive } from '../../plan/policy.ts';
import { isOfHost } from '../../ports/host-failure.ts';
import { SecretUnavailable } from '../../ports/secret-unavailable.ts';
import { differencesOf, type KeptDifference } from './differences.ts';
import { Aborted } from './lease.ts';
import { withoutLeft } from './left-to-people.ts';
import { type Performing, perform, performRound, throwIfAborted } from './perform.ts';
import { probe } from './probe.ts';
import { CarriedOut, stillApplicable } from './rounds.ts';
import { drain } from './run-action.ts';
import { type Sealed, type SecretDigests, sealWanted } from './seal.ts';

export interface Ending {
  readonly outcome: Extract<Outcome, 'applied' | 'unchanged' | 'failed' | 'blocked'>;
  readonly reason: string | null;
  /** Sentences of what would be done, where nothing may be done, or not yet. */
  readonly would?: readonly string[];
  /** Fields that differ from the declaration, where nothing was changed; absent where nothing was observed or something was done. */
  readonly differs?: readonly KeptDifference[];
  /** Keyed digests of the secrets that it has now, by reference. */
  readonly secrets?: SecretDigests;
  /** It was created or recreated, so its former content is gone. */
  readonly anew?: boolean;
}

/** A transient obstacle; the message names it. */
export class TransientError extends Error {
  override readonly name = 'Passing';
}

export interface StepWork extends Performing {
  readonly manager: Manager;
  readonly wanted: Wanted;
  /** A step began to change the target, and its state was not proved since. */
  readonly touched: boolean;
  /** Restore the state before when the change fails, where it can be saved. */
  readonly rollback: boolean;
  /** Change nothing. `differs`: a difference counts as failed; `would`: only report what would be done. */
  readonly readOnly: 'differs' | 'would' | false;
  /** One inventory of the whole host, which may settle the step; null: the target itself is observed at once. */
  readonly inventory: (() => Promise<unknown>) | null;
  /** Digests of the secrets that it had when it was last proved; absent: unknown. */
  readonly known?: SecretDigests;
  /** Fields of an existing target whose differences are ignored; absent for none. */
  readonly leaves?: readonly string[];
  /**
   * Why these actions may not be done yet, since a person has to approve them first; absent: they may. @param begun whether other actions of this
   * step were done before
   */
  readonly unapproved?: (actions: readonly Action[], begun: boolean) => string | null;
  /** The actions that a person was shown and approved: nothing else is begun. Absent where nobody was shown any. */
  readonly shown?: readonly string[] | null;
}

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

async function converge(work: StepWork): Promise<Ending> {
  const { host, manager, wanted, touched } = work;
  if (await settledByQuickCheck(work)) return { outcome: 'unchanged', reason: null };
  if (work.readOnly !== false) return compare(work, await manager.observe(host, wanted), work.readOnly);

  let rollback: Rollback | null = null;
  let noRollback: string | null = null;
  let remarks: readonly string[] = [];
  const fail = (why: string): Promise<Ending> => failAndRestore(work, rollback, noRollback, why);
  // The commands of a worker that died may still be running.
  if (touched) await drain(host, wanted.target, work);
  let failed: string | null = null;
  let acted = false;
  let anew = false;
  let last = '';
  const done = new CarriedOut();
  for (let round = 1; ; round += 1) {
    throwIfAborted(work);
    const observed = await observeTarget(work, failed);
    // Some commands fail after they took effect: it is a failure only if something is left to do.
    if (observed === null || (failed !== null && !isSettled(observed.decision))) return fail(failed ?? '');
    const { observation, decision } = observed;
    anew ||= manager.power?.running(observation) === 'absent';
    if (decision.kind === 'blocked') return { outcome: 'blocked', reason: decision.reason };
    if (decision.kind === 'impossible') {
      if (decision.passing) throw new TransientError(decision.reason);
      const left = manager.selfRollback === true ? manager.rollback(wanted, observation, []) : null;
      const found = left !== null && 'snapshot' in left ? left : null;
      return failAndRestore(work, rollback ?? found, noRollback, decision.reason);
    }
    if (decision.kind === 'partly') {
      if (rollback !== null) await perform(work, rollback.discard);
      return { outcome: 'failed', reason: decision.reason, ...(anew ? { anew } : {}) };
    }
    // A rollback left by a dead worker is found here too, by a manager that observes its snapshot.
    const guarded = work.rollback || manager.selfRollback === true;
    const found: Rollback | NoRollback | null =
      guarded && rollback === null ? manager.rollback(wanted, observation, decision.actions) : null;
    if (found !== null && 'noRollback' in found) noRollback ??= found.noRollback;
    else rollback ??= found;
    remarks = [...(decision.remarks ?? []), ...(failed === null ? [] : [stepReason.failedYetDone(failed)])];
    if (decision.actions.length === 0) break;
    const unseen = acted || touched ? null : otherThanShown(decision.actions, work.shown ?? null);
    if (unseen !== null) return { outcome: 'failed', reason: unseen };
    const waits = work.unapproved?.(decision.actions, acted || touched) ?? null;
    if (waits !== null)
      return {
        ...{ outcome: 'blocked', reason: waits, would: summariesOf(decision.actions) },
        ...differing(work, observation),
      };
    const snapshot = found !== null && 'snapshot' in found ? found.snapshot : [];
    const todo = stillApplicable(snapshot, decision.actions);
    const text = JSON.stringify(decision.actions);
    if (round > ROUNDS || text === last) return fail(stepReason.stillDiffers(decision.actions));
    const repeated = done.repeatedIn(todo);
    if (repeated !== undefined) return fail(stepReason.noEffect(repeated));
    // Saving a rollback alone makes no progress: the actions after it are the same.
    last = todo.length === 0 ? '' : text;

    if (!acted) await work.leaseGuard.touch();
    acted = true;
    anew ||= todo.some(({ impact }) => isDestructive(impact));
    const performed = await performRound(work, snapshot);
    if (performed.failure !== null && !performed.open) return { outcome: 'failed', reason: performed.failure };
    if (performed.open) rollback = null;
    const { failure, open } = performed.open ? performed : await performRound(work, todo);
    if (failure === null) done.add(todo);
    else if (open) last = '';
    else failed = failure;
  }

  // A changed target must also be healthy, whoever changed it: a worker may have died between its last action and the health check.
  const sick = acted || touched ? await probe(work, manager.health(wanted)) : null;
  if (sick !== null) return fail(stepReason.sick(sick));
  if (rollback !== null) await perform(work, rollback.discard);
  if (!acted && !touched) return { outcome: 'unchanged', reason: null };
  // A remark may end with what to do, so it comes last.
  const sentences = [...(noRollback === null ? [] : [stepReason.noRollback(noRollback)]), ...remarks];
  return {
    outcome: 'applied',
    reason: sentences.length === 0 ? null : sentences.join('; '),
    ...(anew ? { anew } : {}),
  };
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

function decide(work: StepWork, observation: unknown): Decision {
  return work.manager.decide(withoutLeft(work, observation), observation);
}

function differing(work: StepWork, observation: unknown): Pick<Ending, 'differs'> {
  return { differs: differencesOf(work.manager, withoutLeft(work, observation), observation) };
}

function isSettled(decision: Decision): boolean {
  return decision.kind === 'actions' && decision.actions.length === 0;
}

function otherThanShown(actions: readonly Action[], shown: readonly string[] | null): string | null {
  return shown === null || same(shown, summariesOf(actions)) ? null : stepReason.notShown(actions);
}

function summariesOf(actions: readonly Action[]): readonly string[] {
  return actions.map(({ summary }) => summary);
}

/** Whether the inventory, which all steps of the run share, suffices to conclude that nothing is to be done. */
async function settledByQuickCheck(work: StepWork): Promise<boolean> {
  const { inventory, touched, manager, wanted } = work;
  if (inventory === null || touched) return false;
  const observation = manager.quickCheck(await inventory(), wanted);
  if (observation === null) return false;
  return isSettled(decide(work, observation));
}

/** The result of a run that only observes. */
function compare(work: StepWork, observation: unknown, how: 'differs' | 'would'): Ending {
  const decision = decide(work, observation);
  if (decision.kind !== 'actions')
    return { outcome: 'failed', reason: decision.reason, ...differing(work, observation) };
  if (decision.actions.every(({ notes }) => notes === true)) return { outcome: 'unchanged', reason: null };
  const would = summariesOf(decision.actions);
  const found = { would, ...differing(work, observation) };
  if (how === 'would') return { outcome: 'unchanged', reason: null, ...found };
  return { outcome: 'failed', reason: stepReason.differs(decision.actions), ...found };
}

/** Restores the previous state, where it was saved. */
async function failAndRestore(
  work: StepWork,
  rollback: Rollback | null,
  noRollback: string | null,
  why: string,
): Promise<Ending> {
  if (rollback === null)
    return { outcome: 'failed', reason: noRollback === null ? why : stepReason.failedWithoutWayBack(why, noRollback) };
  const failure = await perform(work, rollback.restore);
  return {
    outcome: 'failed',
    reason:
      failure === null
        ? work.manager.selfRollback === true
          ? stepReason.putBack(why)
          : stepReason.rolledBack(why)
        : stepReason.notRolledBack(why, failure),
  };
}
