// Turns a new head of the branch into a run: fetch, check, load, plan, record, schedule. It reads the current state, never the content of an event,
// so lost, repeated and reordered events change nothing.

import { branchMissing } from '../../messages/faults.ts';
import { rewritten } from '../../messages/statuses/run-status.ts';
import type { CommitSha } from '../../model/ids.ts';
import { HeadNotFetched } from '../../ports/head-not-fetched.ts';
import type { RetryDelay } from '../../ports/queue.ts';
import type { RunRequest } from '../../ports/runs.ts';
import { type Context, isoNow } from '../context.ts';
import { messageOf, noteFault } from '../faults.ts';
import { scheduleOpen } from '../schedule.ts';
import { traced } from '../tracing.ts';
import { settleDeliveries } from './deliveries.ts';
import { gather, requestFor } from './gather.ts';
import { comesAfter } from './history.ts';
import { runInTheFiles } from './in-the-files.ts';
import { noticeMissedWebhook } from './missed-webhook.ts';
import { propose } from './proposal.ts';
import { recordInvalid, recordPlan, recordRefusal, reportNotFetched } from './record.ts';
import { planRequested } from './requested.ts';
import { resumeWithSecrets } from './resume-with-secrets.ts';
import { signatureViolation } from './signed.ts';
import { supersedeOlder } from './supersede.ts';
import { endOvertaken, reportFailed, reportWaiting } from './waiting-heads.ts';

/** Delay before an unreachable forge is contacted again; recorded work continues meanwhile. */
const FETCH_AGAIN_MS = 5_000;

/** The forge did not answer, or not with valid Git protocol. */
const UNREACHABLE = Symbol('unreachable');

/** The forge answered, but its head could not be fetched: work that does not concern that commit continues. */
const NOT_FETCHED = Symbol('not fetched');

/** Runs under a lease that the caller holds, one at a time. */
export async function reconcile(context: Context): Promise<RetryDelay> {
  await scheduleOpen(context, { startedToo: true });
  const deliveries = (await context.ledger.unsettledDeliveries()).filter((each) => each.kind === 'push');
  const before = (await context.ledger.head())?.commit ?? null;
  const from = context.clock.now();
  const head = await fetchHead(context);
  if (head === UNREACHABLE) return FETCH_AGAIN_MS;
  if (head === NOT_FETCHED) {
    await planRequested(context);
    return scheduleOpen(context);
  }
  if (head !== null) {
    const parent = (deliveries.findLast(({ commit }) => commit === head) ?? deliveries.at(-1))?.trace;
    const begin = () => {
      const request = traced(requestFor(head, deliveries, isoNow(context)), context.tracer);
      return follow(context, head, request).catch((error) => reportFailed(context, request, error));
    };
    // No trace for a reconcile without anything new.
    if (before !== null && head !== before) await noticeMissedWebhook(context, head, deliveries);
    if (head === before) await begin();
    else await traceReconcile(context, { head, parent, from }, begin);
  }
  // Pull requests are planned against the current branch.
  if (head !== null && head !== before) await context.queue.requestReview();
  await resumeWithSecrets(context);
  await planRequested(context);
  const opens = await scheduleOpen(context);
  return soonest(opens, head === null ? null : await settleDeliveries(context, head, deliveries));
}

/** Fetches the head of the branch, and records for everybody when and why that fails. Null when the branch does not exist. */
async function fetchHead(context: Context): Promise<CommitSha | null | typeof UNREACHABLE | typeof NOT_FETCHED> {
  const { repository, memory, log } = context;
  const fetched = await repository.fetch().then(
    (head) => ({ head }),
    (error: unknown) => ({ error }),
  );
  const reason = 'error' in fetched ? messageOf(fetched.error) : fetched.head === null ? await noBranch(context) : null;
  // Each poll tries again; the same reason is logged once.
  const isNews = reason !== null && reason !== memory.fetchFailure;
  memory.fetchFailure = reason ?? '';
  if (isNews) log.warn('the repository cannot be followed', { reason });
  await noteFault(context, 'repository', reason);
  if ('head' in fetched) return fetched.head;
  if (!(fetched.error instanceof HeadNotFetched)) return UNREACHABLE;
  if (isNews) await reportNotFetched(context, fetched.error);
  return NOT_FETCHED;
}

/** The branch was deleted or renamed, or nothing was pushed yet: the other branches tell which. */
async function noBranch({ repository, options }: Context): Promise<string> {
  const others = await repository.branches().catch(() => null);
  return branchMissing(options.repositoryUrl, options.branch, others);
}

interface Reconciled {
  readonly head: CommitSha;
  /** Trace of the delivery that announced the commit. */
  readonly parent: string | undefined;
  /** When the fetch began. */
  readonly from: Date;
}

/** Starts the trace after the fetch, which showed that there is a new head. */
function traceReconcile(
  { tracer, clock }: Context,
  { head, parent, from }: Reconciled,
  work: () => Promise<void>,
): Promise<void> {
  const to = clock.now();
  return tracer.span('reconcile', { parent, from, attributes: { 'phoenix.commit': head } }, () => {
    tracer.past('fetch', { from, to });
    return work();
  });
}

function soonest(one: RetryDelay, other: RetryDelay): RetryDelay {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

async function follow(context: Context, head: CommitSha, asked: RunRequest): Promise<void> {
  const { ledger, repository, declared, managers, tracer } = context;
  const waiting = await endOvertaken(context, head);
  const known = await ledger.head();
  if (known?.commit === head) return;
  const base = (known?.base ?? null) as CommitSha | null;
  const request = waiting?.request ?? asked;
  const run = waiting === null ? {} : { run: waiting.id };

  if (base !== null && !(await comesAfter(repository, base, head))) {
    const followed = { commit: head, verdict: 'refused', base } as const;
    return recordRefusal(context, request, { sentence: rewritten(head, base), followed, ...run });
  }
  const unsigned = await signatureViolation(context, base, head);
  if (unsigned !== null) {
    const followed = { commit: head, verdict: 'refused', base } as const;
    return recordRefusal(context, request, { sentence: unsigned, followed, ...run });
  }
  const declaration = await tracer.span('load', {}, () => declared(head));
  const { gathered, proposal } = await tracer.span('plan', {}, async (add) => {
    const all = await gather(context, declaration, base, request);
    const proposed = propose(all, managers);
    add({ 'phoenix.steps': proposed.kind === 'plan' ? proposed.plan.steps.length : 0 });
    return { gathered: all, proposal: proposed };
  });
  if (proposal.kind === 'invalid') {
    const followed = { commit: head, verdict: 'invalid', base } as const;
    return recordInvalid(context, request, { problems: proposal.problems, followed, ...run });
  }
  const running = await supersedeOlder(context, head);
  if (running !== null) return reportWaiting(context, request, running);
  const followed = { commit: head, verdict: 'followed', base: head } as const;
  const plan = await runInTheFiles(context, proposal.plan, gathered);
  await recordPlan(context, request, { ...proposal, plan }, { base, followed, ...run });
}
