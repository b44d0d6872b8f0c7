// Every commit that a delivery named gets an answer, also one that a newer push replaced before it was looked at.

import { APPLY_CONTEXT, statusAlone, superseded } from '../../messages/status.ts';
import type { CommitSha } from '../../model/ids.ts';
import { isDue } from '../../model/not-before.ts';
import type { Push } from '../../ports/deliveries.ts';
import type { RetryDelay } from '../../ports/queue.ts';
import type { Context } from '../context.ts';

/** A forge may announce a commit a moment before it hands it out. */
const WAIT_FOR_COMMIT_MS = 60_000;
const LOOK_AGAIN_MS = 1_000;
const RECENT_RUNS = 100;

/** Resolves to when to look again for a commit that the forge has announced and not handed out yet. */
export async function settleDeliveries(
  context: Context,
  head: CommitSha,
  deliveries: readonly Push[],
): Promise<RetryDelay> {
  const { ledger, repository, clock } = context;
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
    // Whatever was said of it stays: the delivery of a commit from long ago may come again.
    if (!spoken && (await wasOnBranch(context, delivery.commit, head))) replaced.add(delivery.commit);
  }
  const statuses = [...replaced].map((commit) => statusAlone(commit, APPLY_CONTEXT, superseded(head)));
  await ledger.settleDeliveries(
    settled.map(({ id }) => id),
    statuses,
  );
  if (statuses.length > 0) await context.queue.requestReport();
  return settled.length < deliveries.length && !waiting ? LOOK_AGAIN_MS : null;
}

/**
 * A delivery only says so: the branch itself shows it, or the forge's record of who moved it, after a force push. Where the forge keeps
 * none, the commit gets its answer rather than none.
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
