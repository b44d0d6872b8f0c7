// Approvals that come with the commits themselves: a trailer such as `Phoenix-Approve: destroy lxc/105`.

import type { CommitSha, TargetId } from '../../model/ids.ts';
import type { Plan } from '../../model/plan.ts';
import { policyOf } from '../../plan/policy.ts';
import type { Approval } from '../../ports/ledger.ts';
import type { Repository } from '../../ports.ts';
import { commitsSince } from './history.ts';

/**
 * Approvals for steps of the plan in the commits from `base` (exclusive; null: only the head itself) to `head`. Reads nothing
 * when no step needs one. Whoever pushed them stands for
 * them all: an author is what a commit says of itself, and anybody can write one.
 *
 * @param at ISO 8601
 * @param pusher as the forge knows them; null when it did not say, and then nobody that a policy asks for by name
 */
export async function trailerApprovals(
  repository: Repository,
  plan: Plan,
  base: CommitSha | null,
  head: CommitSha,
  at: string,
  pusher: string | null,
): Promise<Approval[]> {
  const waiting = new Map(plan.steps.filter(({ approval }) => approval).map(({ target, impact }) => [target, impact]));
  if (waiting.size === 0 || (pusher === null && policyOf(plan).approvers !== null)) return [];
  const commits = base === null ? [await repository.commit(head)] : await commitsSince(repository, base, head);
  const found = commits.flatMap(({ message, author }) =>
    trailers(message).map((trailer) => ({ ...trailer, by: pusher ?? author })),
  );
  const granted = found.filter(({ impact, target }) => waiting.get(target) === impact);
  return [...new Map(granted.map(({ target, by }) => [target, { target, by, at }])).values()];
}

interface Trailer {
  readonly impact: string;
  readonly target: TargetId;
}

/** Pure. `delete` is taken for `destroy`; several targets may follow one verb. */
export function trailers(message: string): Trailer[] {
  return [...message.matchAll(/^Phoenix-Approve:[ \t]*(destroy|delete|recreate|restart|live)[ \t]+(.+)$/gim)].flatMap(
    ([, verb = '', targets = '']) =>
      targets
        .split(/[\s,]+/)
        .filter((target) => /^[a-z]+\/.+$/.test(target))
        .map((target) => ({
          impact: verb.toLowerCase() === 'delete' ? 'destroy' : verb.toLowerCase(),
          target: target as TargetId,
        })),
  );
}
