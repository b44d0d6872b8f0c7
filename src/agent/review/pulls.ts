// Each open pull request is planned for its head and the branch as it stands: read from Git, with no code run and no host
// asked. Which plans are missing follows from what is open, so lost and repeated events change nothing.

import type { CommitSha } from '../../model/ids.ts';
import type { PullPlan } from '../../model/pull.ts';
import type { Report } from '../../model/report.ts';
import { planBetween, type Side } from '../../plan/between.ts';
import type { Forge, PullRequest } from '../../ports.ts';
import { pullMarkdown } from '../../say/details/pull.ts';
import { planNotForFork, planned } from '../../say/pull-request.ts';
import { broken, PLAN_CONTEXT, status, toPull } from '../../say/status.ts';
import { type Context, isoNow } from '../context.ts';
import type { Declared } from '../reconcile/declared.ts';
import { against, judging } from '../reconcile/gather.ts';
import { tellMerged } from './merged.ts';

/** @param forced to be planned afresh, forks among them: a person who may push has asked */
export async function reviewPulls(context: Context, forge: Forge, forced: ReadonlySet<number>): Promise<void> {
  const { ledger, options, queue, log } = context;
  // Where the branch was when it was last looked at: when it has moved since, a reconcile follows, and asks for this again.
  const base = (await ledger.head())?.commit as CommitSha | undefined;
  if (base === undefined) return;
  const open = (await forge.openPulls()).filter((pull) => pull.base === options.branch);
  const known = await ledger.pulls();
  for (const pull of open) {
    const as = `${pull.head} ${base}`;
    const allowed = !pull.fork || options.planForks || forced.has(pull.number);
    // One that was planned because a person asked stays planned until it moves.
    const seen = known.get(pull.number);
    if (!forced.has(pull.number) && (seen === as || seen === `${as} unplanned`)) continue;
    try {
      if (allowed) await planPull(context, forge, pull, base, as);
      else await leaveFork(context, pull, `${as} unplanned`);
    } catch (error) {
      log.warn('a pull request cannot be planned', { pull: pull.number, error });
      await ledger.say([notPlanned(context, pull, error)]);
    }
  }
  const numbers = new Set(open.map(({ number }) => number));
  for (const number of known.keys()) {
    if (!numbers.has(number)) await close(context, forge, number);
  }
  await queue.requestReport();
}

async function planPull(context: Context, forge: Forge, pull: PullRequest, base: CommitSha, as: string): Promise<void> {
  const { ledger, repository, options, managers } = context;
  const from = await repository.mergeBase(base, pull.head);
  if (from === null) throw new Error(`it has no commit in common with ${options.branch}`);
  const [before, declared] = await Promise.all([context.declared(from), context.declared(pull.head)]);
  const after = await against(context, declared, before);
  const between = planBetween(side(before), side(after), {
    impact: managers.impactOf,
    policy: judging(before, after),
  });
  const plan: PullPlan = {
    pull: pull.number,
    title: pull.title,
    author: pull.author,
    head: pull.head,
    base,
    from,
    ...between,
    root: after.root,
    created: isoNow(context),
  };
  await ledger.recordPull(pull.number, as, plan, reportsOf(context, forge, plan));
}

function reportsOf({ options }: Context, forge: Forge, plan: PullPlan): Report[] {
  const link = toPull(options.publicUrl, plan.pull);
  const told = status(plan.head, PLAN_CONTEXT, planned(plan), link);
  return forge.checks ? [told] : [told, { pull: plan.pull, body: pullMarkdown(plan, link.url) }];
}

async function leaveFork({ ledger, options }: Context, { number, head }: PullRequest, as: string): Promise<void> {
  const told = status(head, PLAN_CONTEXT, planNotForFork(), toPull(options.publicUrl, number));
  await ledger.recordPull(number, as, null, [told]);
}

function notPlanned({ options }: Context, { number, head }: PullRequest, error: unknown): Report {
  const reason = error instanceof Error ? error.message : String(error);
  return status(head, PLAN_CONTEXT, broken(`not planned: ${reason}`), toPull(options.publicUrl, number));
}

function side({ commit, config, targets, problems }: Declared): Side {
  return { commit, readable: config !== null, targets, problems };
}

/** It was merged, closed, or is to be merged elsewhere now. */
async function close(context: Context, forge: Forge, number: number): Promise<void> {
  const { ledger } = context;
  const pull = await forge.pull(number);
  const merged = pull?.mergedAs ?? null;
  if (merged !== null) {
    await ledger.noteMerged(merged, number);
    await tellMerged(context, merged);
  }
  await ledger.forgetPull(number);
}
