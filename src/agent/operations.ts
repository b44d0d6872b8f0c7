// What people ask of the agent: recorded first, carried out by the same stages as a push.

import type { CommitSha, RunId, TargetId } from '../model/ids.ts';
import type { RunDetail, RunRequest } from '../ports/ledger.ts';
import { APPLY_CONTEXT, applying, DRIFT_CONTEXT, shortSha, status, stepWaits, waitsForTurn } from '../say/status.ts';
import { type Context, isoNow } from './context.ts';
import { comesAfter } from './history.ts';
import type { Agent, ReplayRequest } from './parts.ts';
import { Refused } from './refused.ts';
import { schedule, scheduleOpen } from './schedule.ts';
import { ofRun, ofStep } from './tell.ts';

type Operations = Pick<Agent, 'replay' | 'approve' | 'freeze' | 'unfreeze' | 'drift' | 'command'>;

/** Verbs that mean: bring these targets to what is declared. */
const CONVERGING = new Set(['converge', 'create', 'setup', 'sync', 'adopt']);

export function operations(context: Context): Operations {
  const { ledger } = context;
  return {
    replay: (request) => replay(context, request),
    approve: (run, target, by) => approve(context, run, target, by),
    async freeze(reason, by) {
      await ledger.freeze({ reason, by, at: isoNow(context) });
      return scheduleAll(context);
    },
    async unfreeze() {
      await ledger.freeze(null);
      return scheduleAll(context);
    },
    async drift(by) {
      const commit = await followed(context);
      return open(context, { commit, trigger: 'drift', by, targets: null, rewind: false, readOnly: true });
    },
    async command({ verb, targets, by }) {
      if (!CONVERGING.has(verb)) {
        throw new Refused(`the agent does not know the verb ${verb}; it knows ${[...CONVERGING].join(', ')}`);
      }
      const commit = await followed(context);
      const chosen = targets.length === 0 ? null : targets;
      const adopt = verb === 'adopt';
      return open(context, { commit, trigger: 'command', by, targets: chosen, rewind: false, readOnly: false, adopt });
    },
  };
}

/** The same commit again, or an older one when that is asked for in so many words. */
async function replay(
  context: Context,
  { commit, targets, rewind = false, dryRun = false, by }: ReplayRequest,
): Promise<RunId> {
  const { ledger, repository, options } = context;
  const sha = (await repository.resolve(commit)) ?? (await fetchAndResolve(context, commit));
  if (sha === null) throw new Refused(`${commit} is not in the repository`);
  const branch = await repository.resolve(options.branch);
  if (branch !== null && !(await repository.isAncestor(sha, branch))) {
    throw new Refused(`${shortSha(sha)} is not on the branch ${options.branch}; merge it first`);
  }
  const base = (await ledger.head())?.base;
  if (!rewind && base && !(await comesAfter(repository, base as CommitSha, sha))) {
    throw new Refused(
      `${shortSha(sha)} does not come after ${shortSha(base)}, which was applied; add --rewind to go back`,
    );
  }
  const chosen = targets === undefined || targets.length === 0 ? null : targets;
  return open(context, { commit: sha, trigger: 'replay', by, targets: chosen, rewind, readOnly: dryRun });
}

async function fetchAndResolve({ repository }: Context, commit: string): Promise<CommitSha | null> {
  await repository.fetch();
  return repository.resolve(commit);
}

/** What is applied: the head that was followed last. */
async function followed({ ledger }: Context): Promise<string> {
  const base = (await ledger.head())?.base;
  if (!base) throw new Refused('nothing has been applied yet; push a commit first');
  return base;
}

async function open(context: Context, asked: Omit<RunRequest, 'created'>): Promise<RunId> {
  const { ledger, queue } = context;
  const where = asked.readOnly ? DRIFT_CONTEXT : APPLY_CONTEXT;
  const said = status(asked.commit, where, waitsForTurn(), null);
  const run = await ledger.openRun({ ...asked, created: isoNow(context) }, [said]);
  await queue.requestReconcile();
  return run;
}

/** The step goes on, and what was skipped because of it. */
async function approve(context: Context, id: RunId, target: TargetId, by: string): Promise<void> {
  const { ledger, options } = context;
  const run = await ledger.run(id);
  const refusal = whyNotApprove(run, id, target);
  if (run?.plan == null || refusal !== null) throw new Refused(refusal ?? `run ${id} is not planned yet`);
  await ledger.approve(id, { target, by, at: isoNow(context) });
  const again = run.steps.filter((step) => step.target === target || step.outcome === 'skipped');
  await ledger.reopenSteps(
    id,
    again.map((step) => step.target),
    [
      ofRun(options.publicUrl, run, applying(run.plan)),
      ...again.flatMap((step) => ofStep(options.publicUrl, run, step.target, stepWaits(step))),
    ],
  );
  await schedule(context, id);
}

/** Pure. */
function whyNotApprove(run: RunDetail | null, id: RunId, target: TargetId): string | null {
  if (run === null) return `there is no run ${id}`;
  if (run.supersededBy !== null) return `run ${id} was superseded by ${shortSha(run.supersededBy)}; approve its run`;
  const step = run.steps.find((each) => each.target === target);
  if (step === undefined) return `run ${id} has no step ${target}`;
  if (run.ended !== null) return `run ${id} has ended; replay ${shortSha(run.commit)}`;
  if (step.outcome !== 'blocked') return `${target} waits for no approval in run ${id}`;
  if (run.held[target] !== undefined) return `${target} is ${run.held[target]}`;
  const planned = run.plan?.steps.find((each) => each.target === target);
  if (planned?.protected === true) return `${target} is protected; take "protected" off it first`;
  return null;
}

async function scheduleAll(context: Context): Promise<RunId | null> {
  await scheduleOpen(context);
  return (await context.ledger.runs(1))[0]?.id ?? null;
}
