// Runs that a person or a timer asked for: planned when it is their turn.

import type { CommitSha } from '../model/ids.ts';
import type { Head, RunDetail } from '../ports/ledger.ts';
import { broken, superseded } from '../say/status.ts';
import type { Context } from './context.ts';
import { gather } from './gather.ts';
import { comesAfter } from './history.ts';
import { propose } from './proposal.ts';
import { recordInvalid, recordPlan, recordRefusal } from './record.ts';
import { supersedeOlder } from './supersede.ts';

/** In the order in which they were asked for. One that waits for others is planned in a later reconcile. */
export async function planRequested(context: Context): Promise<void> {
  const open = await context.ledger.openRuns();
  for (const run of open.filter(({ plan }) => plan === null)) {
    if (!(await planOne(context, run))) return;
  }
}

async function planOne(context: Context, run: RunDetail): Promise<boolean> {
  const { ledger, repository, declared } = context;
  const { request } = run;
  const commit = run.commit as CommitSha;
  const known = await ledger.head();
  if ((await repository.resolve(commit)) === null) {
    await recordRefusal(context, request, {
      said: broken('this commit is not in the repository any more'),
      run: run.id,
    });
    return true;
  }
  const base = known?.base as CommitSha | null | undefined;
  if (base && !request.rewind && !(await comesAfter(repository, base, commit))) {
    await recordRefusal(context, request, { state: 'superseded', said: superseded(base), run: run.id });
    return true;
  }
  const declaration = await declared(commit);
  const unknown = request.targets?.find((target) => !declaration.targets.has(target));
  if (unknown !== undefined) {
    const said = broken(`${unknown} is not declared at this commit`);
    await recordRefusal(context, request, { said, run: run.id });
    return true;
  }
  const proposal = propose(await gather(context, declaration, base ?? null, request), context.managers);
  if (proposal.kind === 'invalid') {
    await recordInvalid(context, request, { problems: proposal.problems, run: run.id });
    return true;
  }
  const older = (await ledger.openRuns()).filter(({ plan }) => plan !== null);
  const approvals = older.filter((each) => each.commit === commit).flatMap((each) => each.approvals);
  if (isWhole(run)) {
    if ((await supersedeOlder(context, commit)) !== null) return false;
  } else if (older.some(({ state, steps }) => state !== 'blocked' && steps.some(({ outcome }) => outcome === null))) {
    return false;
  }
  const followed = followedBy(run, known);
  await recordPlan(context, request, proposal, {
    base: commit,
    run: run.id,
    approvals,
    ...(followed === undefined ? {} : { followed }),
  });
  return true;
}

/** It brings everything to its commit, so nothing of older runs is left to do; a part of it or a look takes nothing over. */
function isWhole({ request }: RunDetail): boolean {
  return request.targets === null && !request.readOnly;
}

/** From here on a new head must build on this commit, and what was refused or invalid about it is settled. */
function followedBy(run: RunDetail, known: Head | null): Head | undefined {
  if (!isWhole(run) || known === null) return undefined;
  return { ...known, base: run.commit, ...(known.commit === run.commit ? { verdict: 'followed' } : {}) };
}
