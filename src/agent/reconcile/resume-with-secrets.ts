// Continues a run that waits for secrets: once one of them is there, its commit is applied again, which takes its place.

import type { Run } from '../../model/run.ts';
import type { RunDetail } from '../../ports/runs.ts';
import type { Context } from '../context.ts';
import { missingSecrets } from '../missing-secrets.ts';
import { requestRun } from '../open-run.ts';
import { TIMER } from '../statuses.ts';
import { declaredAt } from './desired-state.ts';
import { appliesWholeCommit } from './policy-in-force.ts';

/** Number of runs that are searched for earlier attempts. */
const RUNS_LOOKED_AT = 100;
/** Replays that may be refused before only a person asks again: their statuses stand on the commit, with the reason. */
const MAX_ATTEMPTS = 5;
/** Delay after the first refused replay; it doubles with each further one. */
const FIRST_DELAY_MS = 60_000;

/** Only the whole of the commit that is followed: what somebody chose out of it, that person replays. */
export async function resumeWithSecrets(context: Context): Promise<void> {
  const open = await context.ledger.openRuns();
  const base = (await context.ledger.head())?.base;
  // Another run is still to be planned, and looks at the secrets itself.
  if (open.some(({ plan }) => plan === null)) return;
  for (const run of open) {
    if (run.commit !== base || !waitsForSecrets(run) || !(await mayAskNow(context, run))) continue;
    if (!(await isAnyThere(context, run))) continue;
    const { commit } = run;
    await requestRun(context, { commit, trigger: 'replay', by: TIMER, targets: null, rewind: false, readOnly: false });
    return;
  }
}

function waitsForSecrets({ state, request, missing = [], supersededBy }: RunDetail): boolean {
  return state === 'blocked' && missing.length > 0 && supersededBy === null && appliesWholeCommit(request);
}

async function mayAskNow({ ledger, clock }: Context, run: RunDetail): Promise<boolean> {
  return clock.now().getTime() >= mayAskFrom(run, await ledger.runs(RUNS_LOOKED_AT));
}

/**
 * The earliest time of the next replay for this run, in epoch milliseconds; infinite when there were too many. A replay takes the run's place unless it
 * is refused, so each attempt that is still beside it was refused, for a reason that most often holds until a person does something. Pure.
 *
 * @param runs the newest runs, in any order
 */
export function mayAskFrom(
  { id, commit }: Pick<Run, 'id' | 'commit'>,
  runs: readonly Pick<Run, 'id' | 'commit' | 'trigger' | 'by' | 'readOnly' | 'created'>[],
): number {
  const attempts = runs.filter(
    (each) =>
      Number(each.id) > Number(id) &&
      each.commit === commit &&
      each.trigger === 'replay' &&
      each.by === TIMER &&
      !each.readOnly,
  );
  if (attempts.length === 0) return Number.NEGATIVE_INFINITY;
  if (attempts.length >= MAX_ATTEMPTS) return Number.POSITIVE_INFINITY;
  const last = Math.max(...attempts.map(({ created }) => Date.parse(created)));
  return last + FIRST_DELAY_MS * 2 ** (attempts.length - 1);
}

/** False where the node is unreachable, and where the repository has lost the commit. */
async function isAnyThere(context: Context, { commit, missing = [] }: RunDetail): Promise<boolean> {
  const declared = await declaredAt(context, commit);
  if (declared === undefined) return false;
  const left = await missingSecrets(context, declared, missing);
  return left !== null && missing.some((target) => !left.has(target));
}
