// What the timer's look found otherwise than declared is brought back where the configuration says so: by a run like any other, which waits for
// windows and approvals, and is said on the commit as drift.

import type { RunId, TargetId } from '../../model/ids.ts';
import { endedWell, type Run, type StepRecord } from '../../model/run.ts';
import { targetsToHeal } from '../../plan/drift.ts';
import type { RunDetail } from '../../ports/runs.ts';
import type { Context } from '../context.ts';
import { open } from '../open-run.ts';
import { declaredAt } from '../reconcile/gather.ts';
import { isTimed, TIMER } from '../statuses.ts';

/** Runs that are searched for what was healed before. */
const RECENT_RUNS = 50;

/** @param look that has just ended; nothing is healed after one that a person asked for, which reports. */
export async function heal(context: Context, look: RunDetail): Promise<RunId | null> {
  const { ledger, clock } = context;
  if (!isTimed(look.request) || !look.readOnly || look.steps.every(isWell)) return null;
  if ((await ledger.frozen()) !== null) return null;
  const head = await ledger.head();
  // What was followed since is looked at by its own run.
  if (head?.base !== look.commit) return null;
  const declared = await declaredAt(context, look.commit);
  const policy = declared?.config?.hypervisor.drift;
  if (declared === undefined || policy === undefined) return null;
  const [open_, recent] = await Promise.all([ledger.openRuns(), ledger.runs(RECENT_RUNS)]);
  const heals = await healsAmong(context, [...open_.toReversed(), ...recent]);
  const targets = targetsToHeal(policy, {
    look,
    declared: new Set(declared.targets.keys()),
    heals,
    now: clock.now(),
  });
  if (targets.length === 0) return null;
  const request = {
    commit: look.commit,
    trigger: 'drift',
    by: TIMER,
    targets,
    rewind: false,
    readOnly: false,
  } as const;
  return open(context, { ...request, heal: true });
}

/** What the newest look found otherwise beside what the run heals: the commit is not as declared while there is some. */
export async function driftBeside({ ledger }: Context, run: RunDetail): Promise<readonly TargetId[]> {
  const own = new Set(run.steps.map(({ target }) => target));
  const look = (await ledger.runs(RECENT_RUNS)).find(
    ({ trigger, readOnly, ended, state }) =>
      trigger === 'drift' && readOnly && ended !== null && state !== 'superseded',
  );
  return look?.steps.filter((step) => !isWell(step) && !own.has(step.target)).map(({ target }) => target) ?? [];
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
    // One that waits to be planned has no steps yet, and is about what was asked for all the same.
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
