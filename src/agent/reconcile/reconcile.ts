// A new head of the branch becomes a run: fetch, judge, load, plan, record, schedule. It looks at what is, never at what an
// event said, so lost, repeated and reordered events change nothing.

import type { CommitSha } from '../../model/ids.ts';
import type { Push } from '../../ports/deliveries.ts';
import type { Again } from '../../ports/queue.ts';
import { rewritten } from '../../say/status.ts';
import { type Context, isoNow } from '../context.ts';
import { scheduleOpen } from '../schedule.ts';
import { settleDeliveries } from './deliveries.ts';
import { fetchHead, NOT_FETCHED, UNREACHABLE } from './fetch-head.ts';
import { gather, requestFor } from './gather.ts';
import { comesAfter } from './history.ts';
import { propose } from './proposal.ts';
import { recordInvalid, recordPlan, recordRefusal, sayItFailed, sayItWaits } from './record.ts';
import { planRequested } from './requested.ts';
import { whyUnsigned } from './signed.ts';
import { supersedeOlder } from './supersede.ts';

/** A forge that does not answer is asked again after this; what is recorded goes on meanwhile. */
const FETCH_AGAIN_MS = 5_000;

/** One at a time, by a lease that the caller holds. */
export async function reconcile(context: Context): Promise<Again> {
  await scheduleOpen(context, { startedToo: true });
  const deliveries = (await context.ledger.unsettledDeliveries()).filter((each) => each.kind === 'push');
  const before = (await context.ledger.head())?.commit ?? null;
  const head = await fetchHead(context);
  if (head === UNREACHABLE) return FETCH_AGAIN_MS;
  if (head === NOT_FETCHED) {
    await planRequested(context);
    return scheduleOpen(context);
  }
  tellOfBranch(context, head);
  if (head !== null) await follow(context, head, deliveries).catch((error) => sayItFailed(context, head, error));
  // Pull requests are planned against the branch as it stands.
  if (head !== null && head !== before) await context.queue.requestReview();
  await planRequested(context);
  const opens = await scheduleOpen(context);
  return soonest(opens, head === null ? null : await settleDeliveries(context, head, deliveries));
}

function soonest(one: Again, other: Again): Again {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

/** Deleted or renamed: nothing is changed, and it is said once. */
function tellOfBranch({ memory, log, options }: Context, head: CommitSha | null): void {
  if (head === null && !memory.branchMissed) {
    log.warn(
      `the repository has no branch ${options.branch}: nothing is followed until it has, or PHOENIX_BRANCH names another`,
    );
  }
  memory.branchMissed = head === null;
}

async function follow(context: Context, head: CommitSha, deliveries: readonly Push[]): Promise<void> {
  const { ledger, repository, declared, managers } = context;
  const known = await ledger.head();
  if (known?.commit === head) return;
  const base = (known?.base ?? null) as CommitSha | null;
  const request = requestFor(head, deliveries, isoNow(context));

  if (base !== null && !(await comesAfter(repository, base, head))) {
    const followed = { commit: head, verdict: 'refused', base } as const;
    return recordRefusal(context, request, { said: rewritten(head, base), followed });
  }
  const unsigned = await whyUnsigned(context, base, head);
  if (unsigned !== null) {
    const followed = { commit: head, verdict: 'refused', base } as const;
    return recordRefusal(context, request, { said: unsigned, followed });
  }
  const proposal = propose(await gather(context, await declared(head), base, request), managers);
  if (proposal.kind === 'invalid') {
    const followed = { commit: head, verdict: 'invalid', base } as const;
    return recordInvalid(context, request, { problems: proposal.problems, followed });
  }
  const running = await supersedeOlder(context, head);
  if (running !== null) return sayItWaits(context, head, running);
  await recordPlan(context, request, proposal, { base, followed: { commit: head, verdict: 'followed', base: head } });
}
