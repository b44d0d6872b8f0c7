// Plans each open pull request, from its head and the current branch: read from Git, without running code. Of a host is asked only whether secrets are
// there. Missing plans are found from the open pull requests, so lost and repeated events change nothing.

import { pullMarkdown } from '../../messages/details/pull.ts';
import { inPull, inTheMessageOf, TRAILER_IGNORED } from '../../messages/statuses/approval.ts';
import { missingWhenPlanned } from '../../messages/statuses/missing-secret.ts';
import { planNotForFork, planned } from '../../messages/statuses/pull-request.ts';
import { broken } from '../../messages/statuses/run-status.ts';
import { PLAN_CONTEXT, status, toPull } from '../../messages/statuses/status.ts';
import type { CommitSha } from '../../model/ids.ts';
import type { Plan } from '../../model/plan.ts';
import type { PullPlan } from '../../model/pull.ts';
import type { PullComment, Report } from '../../model/report.ts';
import { planBetween, type Side } from '../../plan/between.ts';
import { trailersAnywhere } from '../../plan/policy/trailers.ts';
import { canBeApproved } from '../../plan/policy/waiting.ts';
import type { Forge, PullRequest } from '../../ports/forge.ts';
import type { EarlyApproval } from '../../ports/pulls.ts';
import { type Context, isoNow } from '../context.ts';
import { missingSecrets } from '../missing-secrets.ts';
import { approve } from '../operations.ts';
import type { Declared } from '../reconcile/desired-state.ts';
import { useLateApprovals } from '../reconcile/early-approvals.ts';
import { against } from '../reconcile/gather.ts';
import { comesAfter, commitsSince } from '../reconcile/history.ts';
import { planInTheFiles } from '../reconcile/in-the-files.ts';
import { policyIfMerged } from '../reconcile/policy-in-force.ts';
import { changeKeys } from './change-keys.ts';
import { commentOnMerged, isRunOfMerge } from './merged.ts';

/** Number of runs searched for the one that brought a merge. */
const RECENT_RUNS = 20;

/** @param forced pull requests to plan again, including forks, since a person who may push requested it */
export async function reviewPulls(context: Context, forge: Forge, forced: ReadonlySet<number>): Promise<void> {
  const { ledger, options, queue, log } = context;
  // The branch as of the last reconcile: if it has moved since, another reconcile follows and requests this again.
  const base = (await ledger.head())?.commit as CommitSha | undefined;
  if (base === undefined) return;
  const open = (await forge.openPulls()).filter((pull) => pull.base === options.branch);
  const known = await ledger.pulls();
  for (const pull of open) {
    await ledger.noteAuthorTrailers(pull.number, trailersAnywhere(`${pull.title}\n${pull.description}`));
    const as = `${pull.head} ${base}`;
    const allowed = !pull.fork || options.planForks || forced.has(pull.number);
    // A plan that a person requested is kept until the pull request changes.
    const seen = known.get(pull.number);
    if (!forced.has(pull.number) && (seen === as || seen === `${as} unplanned`)) continue;
    try {
      if (allowed) await planPull(context, forge, pull, base, as);
      else await leaveFork(context, forge, pull, `${as} unplanned`);
    } catch (error) {
      log.warn('a pull request cannot be planned', { pull: pull.number, error });
      await ledger.say(await notPlanned(context, pull, error));
    }
  }
  const numbers = new Set(open.map(({ number }) => number));
  for (const number of known.keys()) {
    if (!numbers.has(number)) await close(context, forge, number);
  }
  await queue.requestReport();
}

async function planPull(context: Context, forge: Forge, pull: PullRequest, base: CommitSha, as: string): Promise<void> {
  const { ledger } = context;
  const unnoted = await planHead(context, pull, pull.head, base);
  const notes = [
    ...(await missingInPlan(context, unnoted)),
    ...(await authorTrailers(context, pull, unnoted.from, unnoted.plan)),
  ];
  const plan = notes.length === 0 ? unnoted : { ...unnoted, notes };
  const changes = [...changeKeys(plan.plan).values()];
  const approvals = (await ledger.earlyApprovals(pull.number)).filter((each) => {
    return each.head === plan.head && changes.includes(each.change);
  });
  await ledger.recordPull(pull.number, as, plan, changes, reportsOf(context, forge, plan, approvals));
}

/** Plans a head that is to be merged for the pull request. @param base the current branch */
export async function planHead(
  context: Context,
  { number, title, author }: PullRequest,
  head: CommitSha,
  base: CommitSha,
): Promise<PullPlan> {
  const { repository, options, managers } = context;
  const from = await repository.mergeBase(base, head);
  if (from === null) throw new Error(`it has no commit in common with ${options.branch}`);
  const [before, declared] = await Promise.all([context.declared(from), context.declared(head)]);
  const policy = await policyIfMerged(context, declared);
  const after = await against(context, declared, before, policy);
  const between = planBetween(side(before), side(after), { impact: managers.impactOf, policy });
  const plan = await planInTheFiles(context, between.plan, before, declared);
  return {
    pull: number,
    title,
    author,
    head,
    base,
    from,
    ...between,
    plan,
    root: after.root,
    created: isoNow(context),
  };
}

/** Targets of the plan that would wait for a secret. */
async function missingInPlan(context: Context, { head, plan }: PullPlan): Promise<string[]> {
  const targets = plan.steps.flatMap(({ target, verb }) => (verb === 'delete' ? [] : [target]));
  const missing = await missingSecrets(context, await context.declared(head as CommitSha), targets);
  return [...(missing ?? [])].map(([target, reason]) => missingWhenPlanned(target, reason));
}

/** Trailers by its author, reported before the merge as not counting. */
async function authorTrailers(
  { repository }: Context,
  { number, head, title, description }: PullRequest,
  from: CommitSha,
  plan: Plan,
): Promise<string[]> {
  const commits = await commitsSince(repository, from, head);
  const written = [
    ...commits.map(({ sha, message }) => ({ text: message, where: inTheMessageOf(sha) })),
    { text: `${title}\n${description}`, where: `the text of ${inPull(number)}` },
  ];
  const wanted = plan.steps.filter(canBeApproved);
  return written.flatMap(({ text, where }) =>
    trailersAnywhere(text)
      .filter(({ target, impact }) => wanted.some((step) => step.target === target && step.impact === impact))
      .map((trailer) => TRAILER_IGNORED.copied(trailer, where)),
  );
}

function reportsOf(
  { options: { publicUrl } }: Context,
  forge: Forge,
  plan: PullPlan,
  given: readonly EarlyApproval[],
): Report[] {
  const told = status(plan.head, PLAN_CONTEXT, planned(plan), toPull(publicUrl, plan.pull));
  return forge.checks ? [told] : [told, commentOf(plan, given, publicUrl)];
}

/** The comment with the plan. @param given approvals of what it shows */
export function commentOf(plan: PullPlan, given: readonly EarlyApproval[], publicUrl: string | null): PullComment {
  const { url } = toPull(publicUrl, plan.pull);
  return { pull: plan.pull, body: pullMarkdown(plan, url, given), ...(url === null ? {} : { url }) };
}

/**
 * Two pull requests may have the same head, and a status belongs to the commit: the other one's status is kept, and this one is
 * only informed by a comment.
 */
async function leaveFork(context: Context, forge: Forge, { number, head }: PullRequest, as: string): Promise<void> {
  const { ledger, options } = context;
  const link = toPull(options.publicUrl, number);
  const told = planNotForFork();
  const others = await isOfAnother(context, number, head);
  const comment = { pull: number, body: told.description };
  const reports = others ? (forge.checks ? [] : [comment]) : [status(head, PLAN_CONTEXT, told, link)];
  await ledger.recordPull(number, as, null, [], reports);
}

async function notPlanned(context: Context, { number, head }: PullRequest, error: unknown): Promise<Report[]> {
  if (await isOfAnother(context, number, head)) return [];
  const reason = error instanceof Error ? error.message : String(error);
  const link = toPull(context.options.publicUrl, number);
  return [status(head, PLAN_CONTEXT, broken(`not planned: ${reason}`), link)];
}

/** Whether the status on the commit belongs to another pull request. */
async function isOfAnother({ ledger }: Context, number: number, head: CommitSha): Promise<boolean> {
  const about = (await ledger.lastSaid(head, PLAN_CONTEXT))?.about;
  return about?.kind === 'pull' && about.pull !== number && (await ledger.pullPlan(about.pull))?.head === head;
}

function side({ commit, config, targets, problems }: Declared): Side {
  return { commit, readable: config !== null, targets, problems };
}

/** It was merged, closed, or its destination branch changed. Does nothing while GitLab merges it: then it is neither listed as open nor merged. */
async function close(context: Context, forge: Forge, number: number): Promise<void> {
  const { ledger } = context;
  const pull = await forge.pull(number);
  if (pull?.open === true && pull.base === context.options.branch) return;
  const merged = pull?.mergedAs ?? null;
  if (pull !== null && merged !== null && pull.base === context.options.branch) {
    const followed = await followedWith(context, merged);
    if (followed === null) return;
    await ledger.noteMerged(followed, number);
    await useLateApprovals(context, number, { commit: merged, head: pull.head }, (run, { target, by, where }) =>
      approve(context, run, target, by, where),
    );
    await commentOnMerged(context, followed);
  } else await ledger.endEarlyApprovals(number);
  await ledger.forgetPull(number);
}

/**
 * The first followed commit that contains the merge: the merge itself, or a later one if several came at once, as by a
 * merge queue. Null until the branch has been reconciled since: another review follows then.
 */
async function followedWith(context: Context, merged: CommitSha): Promise<CommitSha | null> {
  const { ledger, repository, options } = context;
  let first: CommitSha | null = null;
  for (const run of await ledger.runs(RECENT_RUNS)) {
    const commit = run.commit as CommitSha;
    if (isRunOfMerge(run) && (await comesAfter(repository, merged, commit))) first = commit;
  }
  if (first !== null) return first;
  const head = (await ledger.head())?.commit;
  const now = await repository.resolve(options.branch);
  return now !== null && now !== head && (await comesAfter(repository, merged, now)) ? null : merged;
}
