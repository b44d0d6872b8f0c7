// Gives every commit in a delivery a status, also one that a newer push replaced before it was read.

import { superseded } from '../../messages/statuses/run-status.ts';
import { APPLY_CONTEXT, statusAlone } from '../../messages/statuses/status.ts';
import type { CommitSha } from '../../model/ids.ts';
import { isDue } from '../../model/not-before.ts';
import type { Push } from '../../ports/deliveries.ts';
import type { RetryDelay } from '../../ports/queue.ts';
import type { Context } from '../context.ts';

/** A forge may announce a commit shortly before it can be fetched. */
const WAIT_FOR_COMMIT_MS = 60_000;
const RECENT_RUNS = 100;

/** Resolves to the delay before checking again for a commit that is announced and not fetchable yet. */
export async function settleDeliveries(
  context: Context,
  head: CommitSha,
  deliveries: readonly Push[],
): Promise<RetryDelay> {
  const { ledger, repository, clock, options } = context;
  if (deliveries.length === 0) return null;
  const known = new Set((await ledger.runs(RECENT_RUNS)).map(({ commit }) => commit));
  const waiting = (await ledger.head())?.commit !== head;
  const settled: Push[] = [];
  const replaced = new Set<string>();
  for (const delivery of deliveries) {
    if (delivery.commit === head) {
      if (!waiting) settled.push(delivery);
      continue;
    }
    const there = (await repository.resolve(delivery.commit)) !== null;
    const patience = Date.parse(delivery.received) + WAIT_FOR_COMMIT_MS;
    if (!there && !isDue(patience, clock.now().getTime(), WAIT_FOR_COMMIT_MS)) continue;
    settled.push(delivery);
    const spoken = known.has(delivery.commit) || (await ledger.lastSaid(delivery.commit, APPLY_CONTEXT)) !== null;
    // An existing status is kept: the delivery of an old commit may be repeated.
    if (!spoken && (await wasOnBranch(context, delivery.commit, head))) replaced.add(delivery.commit);
  }
  const statuses = [...replaced].map((commit) => statusAlone(commit, APPLY_CONTEXT, superseded(commit, head)));
  await ledger.settleDeliveries(
    settled.map(({ id }) => id),
    statuses,
  );
  if (statuses.length > 0) await context.queue.requestReport();
  return settled.length < deliveries.length && !waiting ? options.retryMs : null;
}

/**
 * A delivery only claims it; the branch itself proves it, or after a force push the forge's record of branch updates. Where the forge has
 * none, the commit gets a status nevertheless.
 */
async function wasOnBranch({ repository, forge, log }: Context, commit: string, head: CommitSha): Promise<boolean> {
  const sha = await repository.resolve(commit);
  if (sha !== null && (await repository.isAncestor(sha, head))) return true;
  try {
    return forge === null || (await forge.pusherOf(commit as CommitSha)) !== null;
  } catch (error) {
    log.warn('the forge cannot be asked whether a commit was on the branch', { commit, error });
    return false;
  }
}
