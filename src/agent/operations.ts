// Operations requested by people: recorded first, then carried out by the same stages as a push.

import { approvalRefusal, rewindRefusal } from '../messages/statuses/refusal.ts';
import { applying } from '../messages/statuses/run-status.ts';
import { shortSha } from '../messages/statuses/status.ts';
import { stepReason, stepWaits } from '../messages/statuses/step-status.ts';
import type { CommitSha, RunId, TargetId } from '../model/ids.ts';
import { approversOf, isDestructive, mayApprove, policyOf } from '../plan/policy/policy.ts';
import { approvalsFor, wouldDo } from '../plan/policy/would-do.ts';
import type { RunDetail } from '../ports/runs.ts';
import { type Context, isoNow } from './context.ts';
import type { Agent, ReplayRequest } from './deps.ts';
import { faults } from './faults.ts';
import { channelsInUse, testChannels } from './notify/channels.ts';
import { appliedCommit, requestRun } from './open-run.ts';
import { orphans } from './orphans.ts';
import { comesAfter, commitsSince } from './reconcile/history.ts';
import { Refused, WrongTarget } from './refused.ts';
import { schedule, scheduleOpen } from './schedule.ts';
import { runStatuses, stepStatuses } from './statuses.ts';
import { command } from './verbs/command.ts';
import { known } from './verbs/known-targets.ts';
import { undeclared } from './verbs/target-names.ts';
import { certificates } from './views/certificates.ts';
import { commits } from './views/commits.ts';
import { declaration } from './views/declaration.ts';
import { environment } from './views/environment.ts';

type Operations = Omit<Agent, 'delivered' | 'stop'>;

export function operations(context: Context): Operations {
  const { ledger } = context;
  return {
    replay: (request) => replay(context, request),
    approve: (run, target, by) => approve(context, run, target, by),
    async freeze(reason, by) {
      await ledger.freeze({ reason, by, at: isoNow(context) });
      return scheduleAll(context);
    },
    async unfreeze(by) {
      await ledger.freeze(null);
      const head = await ledger.head();
      if (head?.verdict !== 'rewound') return scheduleAll(context);
      const onward = { commit: head.commit, targets: null, rewind: true, readOnly: false } as const;
      return requestRun(context, { ...onward, trigger: 'replay', by });
    },
    async drift(by) {
      const commit = await appliedCommit(context);
      return requestRun(context, { commit, trigger: 'drift', by, targets: null, rewind: false, readOnly: true });
    },
    command: (request) => command(context, request),
    known: (hostWithinMs) => known(context, hostWithinMs),
    orphans: () => orphans(context),
    environment: () => environment(context),
    declaration: (target) => declaration(context, target),
    certificates: () => certificates(context),
    faults: () => faults(context),
    channelsInUse: () => channelsInUse(context),
    testChannels: (name) => testChannels(context, name),
    root: async (commit) => (await context.declared(commit)).root,
    commits: commits(context),
  };
}

/** Applies the same commit again, or an older one if explicitly requested. @throws Refused, WrongTarget for one that the commit does not declare */
export async function replay(
  context: Context,
  { commit, targets, rewind = false, dryRun = false, now = false, by }: ReplayRequest,
): Promise<RunId> {
  const { ledger, repository, options } = context;
  const sha = (await repository.resolve(commit)) ?? (await fetchAndResolve(context, commit));
  if (sha === null) throw new Refused(`${commit} is not in the repository`);
  const branch = await repository.resolve(options.branch);
  if (branch !== null && !(await repository.isAncestor(sha, branch))) {
    throw new Refused(`${shortSha(sha)} is not on the branch ${options.branch}; merge it first`);
  }
  const base = (await ledger.head())?.base as CommitSha | null | undefined;
  if (!rewind && base && !(await comesAfter(repository, base, sha))) {
    const undone = (await comesAfter(repository, sha, base)) ? await commitsSince(repository, sha, base) : [];
    throw new Refused(rewindRefusal(sha, base, undone));
  }
  const chosen = targets === undefined || targets.length === 0 ? null : targets;
  const wrong = chosen === null ? null : undeclared(chosen, await context.declared(sha));
  if (wrong !== null) throw new WrongTarget(wrong);
  return requestRun(context, {
    commit: sha,
    trigger: 'replay',
    by,
    targets: chosen,
    rewind,
    readOnly: dryRun,
    ...(now ? { now } : {}),
  });
}

async function fetchAndResolve({ repository }: Context, commit: string): Promise<CommitSha | null> {
  await repository.fetch();
  return repository.resolve(commit);
}

/** Continues the step, and those that were skipped because of it. @param where where the approval was given, for people */
export async function approve(
  context: Context,
  id: RunId,
  target: TargetId,
  by: string,
  where?: string,
): Promise<void> {
  const { ledger, options } = context;
  const run = await ledger.run(id);
  const refusal = stepRefusal(run, id, target, by);
  if (run?.plan == null || refusal !== null) throw new Refused(refusal ?? `run ${id} is not planned yet`);
  const step = run.steps.find((each) => each.target === target);
  const would = step === undefined || run.request.heal !== true ? [] : wouldDo(run, step);
  await ledger.approve(id, {
    target,
    by,
    at: isoNow(context),
    ...(where === undefined ? {} : { where }),
    ...(would.length === 0 ? {} : { would }),
  });
  const again = run.steps.filter((each) => each.target === target || each.outcome === 'skipped');
  await ledger.reopenSteps(
    id,
    again.map((each) => each.target),
    [
      ...runStatuses(options.publicUrl, run, applying(run.plan)),
      ...again.flatMap((each) => stepStatuses(options.publicUrl, run, each.target, stepWaits(each))),
    ],
  );
  await schedule(context, id);
}

/** Pure. */
function stepRefusal(run: RunDetail | null, id: RunId, target: TargetId, by: string): string | null {
  if (run === null) return `there is no run ${id}`;
  if (run.supersededBy !== null)
    return `run ${id} was ${stepReason.superseded(run.commit, run.supersededBy)}; approve that run`;
  const step = run.steps.find((each) => each.target === target);
  if (step === undefined) return `run ${id} has no step ${target}`;
  if (run.ended !== null) return `run ${id} has ended; replay ${shortSha(run.commit)}`;
  if (step.outcome !== 'blocked') return `${target} waits for no approval in run ${id}`;
  if (run.held[target] !== undefined) return `${target} is ${run.held[target]}`;
  const planned = run.plan?.steps.find((each) => each.target === target);
  if (planned?.protected === true && isDestructive(planned.impact))
    return `${target} is protected; take "protected" off it first`;
  const policy = policyOf(run.plan);
  if (!mayApprove(policy, by)) return approvalRefusal(by, policy.approvers ?? []);
  const counted = approvalsFor(run.approvals, wouldDo(run, step));
  const given = approversOf(policy, target, counted);
  const isSecond = approversOf(policy, target, [...counted, { target, by }]).length === given.length;
  return isSecond ? `${by} has approved ${target} already; another person must` : null;
}

async function scheduleAll(context: Context): Promise<RunId | null> {
  await scheduleOpen(context);
  return (await context.ledger.runs(1))[0]?.id ?? null;
}
