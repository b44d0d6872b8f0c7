// Approvals given under a pull request before it was merged: they count once, for the run of its merge, and for exactly the changes that were shown.

import { inPull } from '../../messages/statuses/approval.ts';
import type { CommitSha, RunId } from '../../model/ids.ts';
import type { Plan } from '../../model/plan.ts';
import { waitingSteps } from '../../plan/policy/waiting.ts';
import { ForgeFailure } from '../../ports/forge-failure.ts';
import type { EarlyApproval } from '../../ports/pulls.ts';
import type { Approval } from '../../ports/runs.ts';
import type { Context } from '../context.ts';
import { changeKeys } from '../review/change-keys.ts';
import { comesAfter } from './history.ts';

interface Early {
  readonly approvals: readonly Approval[];
  /** Pull requests whose approvals are used up. */
  readonly pulls: readonly number[];
}

export const NO_EARLY: Early = { approvals: [], pulls: [] };

/** @param base the followed commit before it; null when it is the first */
export async function earlyApprovals(
  context: Context,
  plan: Plan,
  base: CommitSha | null,
  head: CommitSha,
): Promise<Early> {
  const { ledger } = context;
  const changes = changeKeys(plan);
  if (changes.size === 0) return NO_EARLY;
  const found: { readonly pull: number; readonly approval: Approval }[] = [];
  for (const pull of await ledger.approvedPulls()) {
    const approvals = (await ledger.earlyApprovals(pull)).filter(
      ({ target, change }) => changes.get(target) === change,
    );
    if (approvals.length === 0) continue;
    const merged = await mergeOf(context, pull);
    if (merged === null || !(await isBroughtBy(context, merged.commit, base, head))) continue;
    const shown = approvals.filter((each) => each.head === merged.head);
    const held = await stillApproved(context, pull, shown);
    found.push(...held.map((each) => ({ pull, approval: approvalOf(each, pull) })));
  }
  return { approvals: found.map(({ approval }) => approval), pulls: [...new Set(found.map(({ pull }) => pull))] };
}

/**
 * For a merge that the forge reported only after its run was recorded: approvals under the pull request let the run continue. Ends all of them once
 * the merge was followed.
 *
 * @param approve lets one step of a run continue
 */
export async function useLateApprovals(
  context: Context,
  pull: number,
  merged: { readonly commit: CommitSha; readonly head: string },
  approve: (run: RunId, approval: Approval) => Promise<void>,
): Promise<void> {
  const { ledger, repository } = context;
  const followed = (await ledger.head())?.base as CommitSha | null | undefined;
  if (followed == null || !(await comesAfter(repository, merged.commit, followed))) return;
  const shown = (await ledger.earlyApprovals(pull)).filter(({ head }) => head === merged.head);
  const given = await stillApproved(context, pull, shown);
  for (const run of given.length === 0 ? [] : await ledger.openRuns()) {
    if (run.plan === null || !(await comesAfter(repository, merged.commit, run.commit as CommitSha))) continue;
    const changes = changeKeys(run.plan);
    const waiting = new Set(waitingSteps(run));
    for (const each of given) {
      const { target, change } = each;
      if (waiting.has(target) && changes.get(target) === change) await approve(run.id, approvalOf(each, pull));
    }
  }
  await ledger.endEarlyApprovals(pull);
}

/** Drops approvals by reviews that were dismissed since; while the forge does not answer, approvals by reviews do not count. */
async function stillApproved(
  { forge, log }: Context,
  pull: number,
  given: readonly EarlyApproval[],
): Promise<readonly EarlyApproval[]> {
  if (forge === null || given.every(({ review }) => review === undefined)) return given;
  try {
    const approving = new Set((await forge.reviews(pull)).filter(({ approves }) => approves).map(({ id }) => id));
    return given.filter(({ review }) => review === undefined || approving.has(review));
  } catch (error) {
    if (!(error instanceof ForgeFailure)) throw error;
    log.warn('reviews of a pull request cannot be counted yet', { pull, reason: error.message });
    return given.filter(({ review }) => review === undefined);
  }
}

function approvalOf({ target, by, at }: EarlyApproval, pull: number): Approval {
  return { target, by, at, where: inPull(pull) };
}

/** The merge according to the forge; null while it is not merged into the branch, or the forge does not answer: then nothing is proved. */
async function mergeOf({ forge, options, log }: Context, number: number) {
  try {
    const pull = await forge?.pull(number);
    if (!pull || pull.mergedAs === null || pull.base !== options.branch) return null;
    return { commit: pull.mergedAs, head: pull.head };
  } catch (error) {
    if (!(error instanceof ForgeFailure)) throw error;
    log.warn('approvals under a pull request cannot be counted yet', { pull: number, error });
    return null;
  }
}

async function isBroughtBy(
  { repository }: Context,
  commit: CommitSha,
  base: CommitSha | null,
  head: CommitSha,
): Promise<boolean> {
  if (!(await comesAfter(repository, commit, head))) return false;
  return base === null || !(await comesAfter(repository, commit, base));
}
