// What an observation says about a step: what is to be done, whether an inventory settles it, and how a step ends that only compares.

import type { Decision } from '../../managers/manager.ts';
import { stepReason } from '../../messages/statuses/step-status.ts';
import type { Action } from '../../model/action.ts';
import { differencesOf } from './differences.ts';
import { withoutLeft } from './left-to-people.ts';
import type { Ending, StepWork } from './step-work.ts';

/** What is to be done, without the differences that the declaration leaves to people. */
export function decide(work: StepWork, observation: unknown): Decision {
  return work.manager.decide(withoutLeft(work, observation), observation);
}

/** The fields that differ, for an ending that changes nothing. */
export function differing(work: StepWork, observation: unknown): Pick<Ending, 'differs'> {
  return { differs: differencesOf(work.manager, withoutLeft(work, observation), observation) };
}

export function isSettled(decision: Decision): boolean {
  return decision.kind === 'actions' && decision.actions.length === 0;
}

export function summariesOf(actions: readonly Action[]): readonly string[] {
  return actions.map(({ summary }) => summary);
}

/** Whether the inventory, which all steps of the run share, suffices to conclude that nothing is to be done. */
export async function settledByQuickCheck(work: StepWork): Promise<boolean> {
  const { inventory, touched, manager, wanted } = work;
  if (inventory === null || touched) return false;
  const observation = manager.quickCheck(await inventory(), wanted);
  if (observation === null) return false;
  return isSettled(decide(work, observation));
}

/** The result of a run that only observes. */
export function compare(work: StepWork, observation: unknown, how: 'differs' | 'would'): Ending {
  const decision = decide(work, observation);
  if (decision.kind !== 'actions')
    return { outcome: 'failed', reason: decision.reason, ...differing(work, observation) };
  if (decision.actions.every(({ notes }) => notes === true)) return { outcome: 'unchanged', reason: null };
  const would = summariesOf(decision.actions);
  const found = { would, ...differing(work, observation) };
  if (how === 'would') return { outcome: 'unchanged', reason: null, ...found };
  return { outcome: 'failed', reason: stepReason.differs(decision.actions), ...found };
}
