// Extracts from a step's record what it would do, and which approvals count for that. Pure.

import type { Run, StepRecord } from '../../model/run.ts';
import { same } from '../diff/canonical.ts';

/** Sentences: all of them in a read-only run; else those that a person has to approve first. */
export function wouldDo({ readOnly }: Pick<Run, 'readOnly'>, { outcome, actions }: StepRecord): readonly string[] {
  if (!readOnly && outcome !== 'blocked') return [];
  return actions.filter(({ exit, ms }) => exit === null && ms === 0).map(({ summary }) => summary);
}

/**
 * The approvals without those for something other than what is due now. @param due its sentences, as in `wouldDo`
 */
export function approvalsFor<Of extends { readonly would?: readonly string[] }>(
  approvals: readonly Of[],
  due: readonly string[],
): readonly Of[] {
  return approvals.filter(({ would }) => would === undefined || same(would, due));
}
