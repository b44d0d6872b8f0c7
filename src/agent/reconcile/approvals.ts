// Approvals in the pushed commit: a trailer such as `Phoenix-Approve: destroy lxc/105` in the message of the head, which the person who merged or
// pushed has seen. Text that an author wrote into an earlier commit or pull request is not an approval.

import { inTheMessageOf, TRAILER_IGNORED } from '../../messages/statuses/approval.ts';
import { approvalRefusal } from '../../messages/statuses/refusal.ts';
import type { CommitSha } from '../../model/ids.ts';
import type { Plan } from '../../model/plan.ts';
import type { Trailer } from '../../model/trailer.ts';
import { mayApprove, policyOf } from '../../plan/policy/policy.ts';
import { isSameTrailer, trailers, trailersAnywhere } from '../../plan/policy/trailers.ts';
import { canBeApproved } from '../../plan/policy/waiting.ts';
import type { Approval } from '../../ports/runs.ts';
import type { Context } from '../context.ts';
import { commitsSince } from './history.ts';
import { originOf } from './origin.ts';

/** Maximum number of commits in a push that are searched; beyond it, no trailer of the push counts. */
const MAX_COMMITS = 300;

export interface TrailerApprovals {
  readonly approvals: readonly Approval[];
  /** Why trailers do not count. */
  readonly notes: readonly string[];
}

const NONE: TrailerApprovals = { approvals: [], notes: [] };

/**
 * Approvals for steps of the plan that need one. Reads nothing when none does, and queries the forge only when the head has a trailer.
 *
 * @param base the followed commit before it, exclusive; null: there is none
 * @param at ISO 8601
 */
export async function trailerApprovals(
  context: Context,
  plan: Plan,
  base: CommitSha | null,
  head: CommitSha,
  at: string,
): Promise<TrailerApprovals> {
  const waiting = new Map(plan.steps.filter(canBeApproved).map((step) => [step.target, step]));
  if (waiting.size === 0) return NONE;
  const isWanted = ({ target, impact }: Trailer) => waiting.get(target)?.impact === impact;
  const { repository } = context;
  const { message, author } = await repository.commit(head);
  const brought = base === null ? [] : await commitsSince(repository, base, head, MAX_COMMITS + 1);
  const others = brought
    .filter(({ sha }) => sha !== head)
    .map((commit) => ({ text: commit.message, where: inTheMessageOf(commit.sha) }));
  const named = trailers(message).filter(isWanted);
  if (named.length === 0) {
    const found = others.flatMap(({ text, where }) => trailers(text).map((trailer) => ({ trailer, where })));
    const missed = found.filter(({ trailer }) => isWanted(trailer));
    return { approvals: [], notes: missed.map(({ trailer, where }) => TRAILER_IGNORED.elsewhere(trailer, where)) };
  }
  const ignored = (reasonFor: (trailer: Trailer) => string): TrailerApprovals => ({
    approvals: [],
    notes: named.map(reasonFor),
  });
  if (brought.length > MAX_COMMITS) return ignored(TRAILER_IGNORED.tooMany);
  const origin = await originOf(context, head, message);
  if ('unknown' in origin) return ignored((trailer) => TRAILER_IGNORED.unknown(trailer, origin.unknown));

  const written = [...others, ...origin.texts];
  const judged = named.map((trailer) => {
    const copy = written.find(({ text }) => trailersAnywhere(text).some((other) => isSameTrailer(other, trailer)));
    if (copy !== undefined) return { note: TRAILER_IGNORED.copied(trailer, copy.where) };
    const { target } = trailer;
    if (origin.by === null && countsWho(plan, waiting.get(target)?.approvals ?? 1)) {
      return { note: TRAILER_IGNORED.nameless(trailer) };
    }
    const policy = policyOf(plan);
    if (origin.by !== null && !mayApprove(policy, origin.by)) {
      return { note: TRAILER_IGNORED.mayNot(trailer, approvalRefusal(origin.by, policy.approvers ?? [])) };
    }
    return { approval: { target, by: origin.by ?? author, at, where: inTheMessageOf(head) } };
  });
  return {
    approvals: judged.flatMap(({ approval }) => approval ?? []),
    notes: judged.flatMap(({ note }) => note ?? []),
  };
}

/** Whether the approver's identity matters: where persons are named, or several must approve. A commit's author is unverified. */
function countsWho(plan: Plan, approvals: number): boolean {
  return approvals > 1 || policyOf(plan).approvers !== null;
}
