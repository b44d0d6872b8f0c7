// Approvals given at the forge. A reply under a pull request approves exactly what that pull request shows: while it is open, the changes of its
// plan; once it is merged, what waits in the run of its merge.

import { inPull, NOT_APPROVED } from '../../messages/statuses/approval.ts';
import { approvalRefusal } from '../../messages/statuses/refusal.ts';
import type { CommitSha, RunId, TargetId } from '../../model/ids.ts';
import { mayApprove, policyOf } from '../../plan/policy/policy.ts';
import { waitingSteps } from '../../plan/policy/waiting.ts';
import type { Forge, PullRequest } from '../../ports/forge.ts';
import type { RunDetail } from '../../ports/runs.ts';
import { type Context, isoNow } from '../context.ts';
import { approve } from '../operations.ts';
import { comesAfter } from '../reconcile/history.ts';
import { Refused } from '../refused.ts';
import { changeKeys } from './change-keys.ts';
import { isRunOfMerge } from './merged.ts';
import type { ReviewedHead } from './verify-command.ts';

const RECENT_RUNS = 100;

/** The approver, and the time. */
export interface Approver {
  readonly by: string;
  readonly at: Date;
  /** Set for a code review, which counts for the reviewed head, if the policy counts reviews. */
  readonly approves?: ReviewedHead;
}

/** Resolves to the approved targets. @param targets null: all that it shows @throws Refused */
export async function approveUnder(
  context: Context,
  forge: Forge,
  number: number,
  targets: readonly TargetId[] | null,
  approver: Approver,
): Promise<TargetId[]> {
  const pull = await forge.pull(number);
  if (pull === null) throw new Refused(NOT_APPROVED.noPull(number));
  const { approves } = approver;
  if (approves !== undefined && approves.head !== pull.head) throw new Refused(NOT_APPROVED.otherHead(number));
  const merge = pull.open ? null : pull.mergedAs;
  const isRun = merge !== null && (await isFollowed(context, merge));
  const merged = mergeToApprove(pull, context.options.branch, isRun);
  if (merged === null) return approveEarly(context, pull, targets, approver);
  return approveMerged(context, pull, merged, targets, approver);
}

/**
 * The merge in whose run an approval counts; null where it counts for the plan that the pull request shows. Pure.
 *
 * @param branch that is followed
 * @param isRun whether the followed commit includes the merge: until then nothing waits, and an approval counts as given before the merge
 * @throws Refused
 */
export function mergeToApprove(
  { number, open, base, mergedAs }: Pick<PullRequest, 'number' | 'open' | 'base' | 'mergedAs'>,
  branch: string,
  isRun: boolean,
): CommitSha | null {
  if (base !== branch) throw new Refused(NOT_APPROVED.elsewhere(number, base));
  if (open) return null;
  if (mergedAs === null) throw new Refused(NOT_APPROVED.closed(number));
  return isRun ? mergedAs : null;
}

/** Whether the followed commit includes this one. */
async function isFollowed({ ledger, repository }: Context, commit: CommitSha): Promise<boolean> {
  const head = (await ledger.head())?.commit as CommitSha | undefined;
  return head !== undefined && (await comesAfter(repository, commit, head));
}

/** Bound to exactly the change that the plan shows for that head: any other change needs a new approval. */
async function approveEarly(
  context: Context,
  { number, head }: PullRequest,
  asked: readonly TargetId[] | null,
  { by, at, approves }: Approver,
): Promise<TargetId[]> {
  const { ledger } = context;
  const plan = await ledger.pullPlan(number);
  if (plan === null) return [];
  if (plan.head !== head || at.getTime() < Date.parse(plan.created)) throw new Refused(NOT_APPROVED.moved(number));
  const policy = policyOf(plan.plan);
  if (!mayApprove(policy, by)) throw new Refused(approvalRefusal(by, policy.approvers ?? []));
  const changes = changeKeys(plan.plan);
  const targets = asked ?? [...changes.keys()];
  const review = approves === undefined ? {} : { review: approves.review };
  const found = targets.flatMap((target) => {
    const change = changes.get(target);
    return change === undefined ? [] : [{ target, by, at: isoNow(context), head, change, ...review }];
  });
  await ledger.approveEarly(number, found);
  return found.map(({ target }) => target);
}

/** Approves what waits in the run of the merge; in a later run that replaced it, only the changes that the pull request showed. */
async function approveMerged(
  context: Context,
  { number, head }: PullRequest,
  merge: CommitSha,
  targets: readonly TargetId[] | null,
  { by, at, approves }: Approver,
): Promise<TargetId[]> {
  const { ledger, repository } = context;
  const plan = await ledger.pullPlan(number);
  const shown = plan === null || plan.head !== head ? new Map<TargetId, string>() : changeKeys(plan.plan);
  const carriedOut = await carriedOutSince(context, merge);
  const done: TargetId[] = [];
  for (const run of await ledger.openRuns()) {
    const isItsRun = run.commit === merge && isRunOfMerge(run);
    if (run.plan === null || !(isItsRun || (await comesAfter(repository, merge, run.commit as CommitSha)))) continue;
    if (approves !== undefined && policyOf(run.plan).approvalsBy !== 'review') continue;
    const changes = changeKeys(run.plan);
    const wasShown = (target: TargetId) =>
      !carriedOut.has(target) && shown.get(target) !== undefined && shown.get(target) === changes.get(target);
    const seen = isItsRun && at.getTime() >= Date.parse(run.created);
    for (const target of waitingSteps(run)) {
      if (targets?.includes(target) === false || !(seen || wasShown(target))) continue;
      await approve(context, run.id, target, by, inPull(number));
      done.push(target);
    }
  }
  return done;
}

/** Targets that were changed with or after the merge: the same change again belongs to another run. */
async function carriedOutSince({ ledger, repository }: Context, merge: CommitSha): Promise<ReadonlySet<TargetId>> {
  const found = new Set<TargetId>();
  for (const { commit, readOnly, steps } of await ledger.runs(RECENT_RUNS)) {
    const applied = readOnly ? [] : steps.filter(({ outcome }) => outcome === 'applied');
    if (applied.length === 0 || !(await comesAfter(repository, merge, commit as CommitSha))) continue;
    for (const { target } of applied) found.add(target);
  }
  return found;
}

/** Approves by the button of a check: in the check's run, on the check's commit. @throws Refused */
export async function approveRun(
  context: Context,
  { run: id, commit, targets }: { readonly run: RunId; readonly commit: string; readonly targets: readonly TargetId[] },
  { by }: Approver,
): Promise<TargetId[]> {
  const run = await context.ledger.run(id);
  if (run === null) return [];
  if (run.commit !== commit) throw new Refused(NOT_APPROVED.otherCommit);
  const chosen = chosenOf(run, targets);
  for (const target of chosen) await approve(context, id, target, by);
  return chosen;
}

function chosenOf(run: RunDetail, targets: readonly TargetId[]): TargetId[] {
  const waiting = waitingSteps(run);
  return targets.length === 0 ? waiting : waiting.filter((target) => targets.includes(target));
}
