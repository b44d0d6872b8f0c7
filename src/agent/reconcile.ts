// A new head of the branch becomes a run: fetch, judge, load, plan, record, schedule. It looks at what is, never at what an
// event said, so lost, repeated and reordered events change nothing.

import type { CommitSha } from '../model/ids.ts';
import type { Delivery } from '../ports/ledger.ts';
import type { Again } from '../ports/queue.ts';
import { invalid, rewritten } from '../say/status.ts';
import { type Context, isoNow } from './context.ts';
import { settleDeliveries } from './deliveries.ts';
import { gather, requestFor } from './gather.ts';
import { propose } from './proposal.ts';
import { recordPlan, recordRefusal, sayItWaits } from './record.ts';
import { planRequested } from './requested.ts';
import { schedule } from './schedule.ts';
import { supersedeOlder } from './supersede.ts';

/** A forge that does not answer is asked again after this; what is recorded goes on meanwhile. */
const FETCH_AGAIN_MS = 5_000;

/** One at a time, by a lease that the caller holds. */
export async function reconcile(context: Context): Promise<Again> {
  const { ledger } = context;
  const deliveries = await ledger.unsettledDeliveries();
  const fetched = await fetchHead(context);
  if (fetched.head !== null) await follow(context, fetched.head, deliveries);
  await planRequested(context);
  for (const run of await ledger.openRuns()) await schedule(context, run.id, { startedToo: true });
  if (fetched.head === null) return fetched.again;
  return settleDeliveries(context, fetched.head, deliveries);
}

async function follow(context: Context, head: CommitSha, deliveries: readonly Delivery[]): Promise<void> {
  const { ledger, repository, declared } = context;
  const known = await ledger.head();
  if (known?.commit === head) return;
  const base = known?.base ?? null;
  const request = requestFor(head, deliveries, isoNow(context));

  if (base !== null && !(await repository.isAncestor(base as CommitSha, head))) {
    const said = rewritten(head, base);
    await recordRefusal(context, request, { said, problems: [], followed: { commit: head, verdict: 'refused', base } });
    return;
  }
  const proposal = propose(await gather(context, await declared(head), base, request), context.managers);
  if (proposal.kind === 'invalid') {
    const { problems } = proposal;
    await recordRefusal(context, request, {
      said: invalid(problems),
      problems,
      followed: { commit: head, verdict: 'invalid', base },
    });
    return;
  }
  const running = await supersedeOlder(context, head);
  if (running !== null) return sayItWaits(context, head, running);
  await recordPlan(context, request, proposal, { base, followed: { commit: head, verdict: 'followed', base: head } });
}

async function fetchHead({ repository, log }: Context): Promise<{ head: CommitSha | null; again: Again }> {
  try {
    return { head: await repository.fetch(), again: null };
  } catch (error) {
    log.warn('the repository cannot be fetched', { error });
    return { head: null, again: FETCH_AGAIN_MS };
  }
}
