// Drift detection: observes everything that is applied, and reports differences on the followed commit without changing anything. Of consecutive runs
// with the same result, only the first and the newest are kept.

import type { Run } from '../../model/run.ts';
import type { RetryDelay } from '../../ports/queue.ts';
import type { Context } from '../context.ts';
import { requestRun } from '../open-run.ts';
import { TIMER } from '../statuses.ts';

/** Number of runs searched for earlier drift detections. */
const RECENT_RUNS = 50;

/** Does nothing while other runs are in progress, while frozen, or before the first commit; the next tick tries again. */
export async function drift(context: Context): Promise<RetryDelay> {
  const { ledger } = context;
  const commit = (await ledger.head())?.base;
  if (!commit || (await ledger.frozen()) !== null) return null;
  if ((await ledger.openRuns()).some(({ state }) => state !== 'blocked')) return null;
  for (const run of repeated(await ledger.runs(RECENT_RUNS))) await ledger.forgetRun(run.id);
  await requestRun(context, { commit, trigger: 'drift', by: TIMER, targets: null, rewind: false, readOnly: true });
  return null;
}

/** Drift detections with the same result as those before and after them, and interrupted ones. @param runs newest first; pure */
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
