// The regular look at everything that is applied: what differs is reported on the followed commit, and nothing is changed. Looks
// that found the same leave one run at the beginning and the newest.

import type { Run } from '../../model/run.ts';
import type { RetryDelay } from '../../ports/queue.ts';
import type { Context } from '../context.ts';
import { open } from '../open-run.ts';
import { TIMER } from '../statuses.ts';

/** How many of the newest runs are searched for earlier looks. */
const RECENT_RUNS = 50;

/** Nothing while something else goes on, while frozen, or before the first commit: the next tick comes. */
export async function drift(context: Context): Promise<RetryDelay> {
  const { ledger } = context;
  const commit = (await ledger.head())?.base;
  if (!commit || (await ledger.frozen()) !== null) return null;
  if ((await ledger.openRuns()).some(({ state }) => state !== 'blocked')) return null;
  for (const run of repeated(await ledger.runs(RECENT_RUNS))) await ledger.forgetRun(run.id);
  await open(context, { commit, trigger: 'drift', by: TIMER, targets: null, rewind: false, readOnly: true });
  return null;
}

/** Looks that say what those before and after them say, and those that a push broke off. @param runs newest first; pure */
export function repeated(runs: readonly Run[]): readonly Run[] {
  const driftRuns = runs.filter(({ trigger, readOnly, by, ended }) => {
    return trigger === 'drift' && readOnly && by === TIMER && ended !== null;
  });
  const whole = driftRuns.filter(({ state }) => state !== 'superseded');
  const found = whole.map(({ commit, state, steps }) => {
    return JSON.stringify([commit, state, steps.map(({ target, outcome, reason }) => [target, outcome, reason])]);
  });
  const between = whole.filter((_, index) => found[index] === found[index - 1] && found[index] === found[index + 1]);
  return [...driftRuns.filter(({ state }) => state === 'superseded'), ...between];
}
