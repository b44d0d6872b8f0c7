// Corrects drift that the timer found, where the configuration allows it: by a normal run, which waits for windows and approvals, and is reported on
// the commit as drift.

import type { RunId } from '../../model/ids.ts';
import { endedWell, type Run, type StepRecord } from '../../model/run.ts';
import { targetsToHeal } from '../../plan/drift.ts';
import type { RunDetail } from '../../ports/runs.ts';
import type { Context } from '../context.ts';
import { requestRun } from '../open-run.ts';
import { declaredAt } from '../reconcile/desired-state.ts';
import { isTimed, TIMER } from '../statuses.ts';

/** Number of runs searched for earlier corrections. */
const RECENT_RUNS = 50;

/** @param driftRun the run that has just ended; after one that a person requested, nothing is corrected */
export async function heal(context: Context, driftRun: RunDetail): Promise<RunId | null> {
  const { ledger, clock } = context;
  if (!isTimed(driftRun.request) || !driftRun.readOnly || driftRun.steps.every(isWell)) return null;
  if ((await ledger.frozen()) !== null) return null;
  const head = await ledger.head();
  // A commit followed since then has its own run.
  if (head?.base !== driftRun.commit) return null;
  const declared = await declaredAt(context, driftRun.commit);
  const policy = declared?.config?.hypervisor.drift;
  if (declared === undefined || policy === undefined) return null;
  const [open_, recent] = await Promise.all([ledger.openRuns(), ledger.runs(RECENT_RUNS)]);
  const heals = await healsAmong(context, [...open_.toReversed(), ...recent]);
  const targets = targetsToHeal(policy, {
    driftRun: driftRun,
    declared: new Set(declared.targets.keys()),
    heals,
    now: clock.now(),
  });
  if (targets.length === 0) return null;
  const request = {
    commit: driftRun.commit,
    trigger: 'drift',
    by: TIMER,
    targets,
    rewind: false,
    readOnly: false,
  } as const;
  return requestRun(context, { ...request, heal: true });
}

/** Steps of the newest check that are not well and that the run does not correct: while there are some, the commit is not as declared. */
export async function driftBeside({ ledger }: Context, run: RunDetail): Promise<readonly StepRecord[]> {
  const own = new Set(run.steps.map(({ target }) => target));
  const look = (await ledger.runs(RECENT_RUNS)).find(
    ({ trigger, readOnly, ended, state }) =>
      trigger === 'drift' && readOnly && ended !== null && state !== 'superseded',
  );
  return look?.steps.filter((step) => !isWell(step) && !own.has(step.target)) ?? [];
}

function isWell({ outcome }: StepRecord): boolean {
  return outcome !== null && endedWell(outcome);
}

async function healsAmong({ ledger }: Context, runs: readonly Run[]): Promise<readonly Run[]> {
  const timed = runs.filter(({ trigger, readOnly, by }) => trigger === 'drift' && !readOnly && by === TIMER);
  const requests = await Promise.all(timed.map(({ id }) => ledger.runRequest(id)));
  return timed.flatMap((run, index) => {
    const request = requests[index];
    if (request?.heal !== true) return [];
    // A run that waits to be planned has no steps yet, but concerns the requested targets.
    return run.steps.length > 0 || run.ended !== null ? [run] : [{ ...run, steps: stepsAsked(request.targets ?? []) }];
  });
}

function stepsAsked(targets: readonly StepRecord['target'][]): readonly StepRecord[] {
  const waiting = {
    verb: 'update',
    impact: 'live',
    outcome: null,
    reason: null,
    attempts: 0,
    started: null,
    ended: null,
  } as const;
  return targets.map((target) => ({ ...waiting, target, actions: [] }));
}
