// Starts, stops or restarts one target at a person's request: observe, act, and observe again until done. The target's proof is not affected, since
// its configuration is not changed.

import { type Decision, type Manager, type PowerManager, ROUNDS, type Wanted } from '../../managers/manager.ts';
import { DONE } from '../../messages/command.ts';
import { stepReason } from '../../messages/statuses/step-status.ts';
import type { Power } from '../../model/verbs.ts';
import { type Performing, performRound, throwIfAborted } from '../apply/perform.ts';
import { probe } from '../apply/probe.ts';
import { type Ending, TransientError } from '../apply/step-work.ts';

export interface PowerWork extends Performing {
  readonly manager: Manager;
  readonly wanted: Wanted;
  /** What the person asked for. */
  readonly requested: Power;
  /** An earlier worker of this step performed its first action: what remains of a restart is a start. */
  readonly begun: boolean;
  readonly readOnly: boolean;
}

export async function switchPower(work: PowerWork): Promise<Ending> {
  const { manager, wanted, requested } = work;
  const { power } = manager;
  if (power === undefined) return { outcome: 'failed', reason: stepReason.doesNotRun(wanted.target) };
  const end = await bringTo(work, power);
  if (end !== 'unchanged' && end !== 'changed') return end;
  const acted = work.begun || end === 'changed';
  // Its dependents are started next and need it to work.
  const sick = acted && requested !== 'stop' ? await probe(work, manager.health(wanted)) : null;
  if (sick !== null) return { outcome: 'failed', reason: stepReason.sick(sick) };
  return { outcome: acted ? 'applied' : 'unchanged', reason: acted ? expectation(power, work) : null };
}

/** Observes and acts until the target is in the requested state. Any other end is the end of the step. */
async function bringTo(work: PowerWork, power: PowerManager): Promise<'unchanged' | 'changed' | Ending> {
  const { host, manager, wanted } = work;
  const observe = () => power.observe?.(host, wanted) ?? manager.observe(host, wanted);
  let next = firstSwitch(work);
  let end: 'unchanged' | 'changed' = 'unchanged';
  let done = '';
  let failed: string | null = null;
  for (let round = 1; ; round += 1) {
    throwIfAborted(work);
    const decision = power.decide(wanted, next, await observe());
    // Some commands fail after they took effect: it is a failure only if the state is not the requested one.
    if (failed !== null && !isReached(decision, next)) return { outcome: 'failed', reason: failed };
    if (decision.kind !== 'actions') return impossible(decision, work.readOnly);
    if (work.readOnly) return would(decision.actions);
    if (decision.actions.length === 0) return end;
    const todo = JSON.stringify(decision.actions);
    if (round > ROUNDS || todo === done)
      return { outcome: 'failed', reason: stepReason.stillDiffers(decision.actions) };
    done = todo;
    end = 'changed';
    const { failure, mayRetry } = await performRound(work, decision.actions);
    if (mayRetry) done = '';
    else if (failure !== null) failed = failure;
    // A target that is already stopped is only started.
    else if (next === 'restart') next = 'start';
  }
}

function firstSwitch({ requested, begun }: PowerWork): Power {
  return requested === 'restart' && begun ? 'start' : requested;
}

function isReached(decision: Decision, requested: Power): boolean {
  return decision.kind === 'actions' && decision.actions.length === 0 && requested !== 'restart';
}

/** @throws TransientError when time alone may help */
function impossible(decision: Exclude<Decision, { readonly kind: 'actions' }>, readOnly: boolean): Ending {
  const passes = decision.kind === 'impossible' && decision.passing === true;
  if (passes && !readOnly) throw new TransientError(decision.reason);
  return { outcome: 'failed', reason: decision.reason };
}

function would(actions: readonly { readonly summary: string }[]): Ending {
  return { outcome: 'unchanged', reason: null, would: actions.map(({ summary }) => summary) };
}

function expectation(power: PowerManager, { wanted: { spec }, requested }: PowerWork): string | null {
  return requested === 'stop' && spec !== undefined && power.role(spec) === 'runs' ? DONE.stoppedDeclared : null;
}
