// Sends reports to the forge: one at a time, as forges request, until none is due. A failed one is retried after increasing delays, at least as long
// as the forge asks for; one that can never be sent is dropped and logged.

import {
  detailsOfPull,
  detailsOfQueued,
  detailsOfRun,
  detailsOfSentence,
  detailsOfStep,
} from '../messages/details/details.ts';
import { COMMENT_CHANGED } from '../messages/statuses/approval.ts';
import type { CommitSha } from '../model/ids.ts';
import { type CommitStatus, type Details, isComment } from '../model/report.ts';
import type { Forge, SendResult } from '../ports/forge.ts';
import { LATE_MS, MAX_HOLD_MS, MAX_WAIT_MS, type OutboxEntry } from '../ports/outbox.ts';
import type { RetryDelay } from '../ports/queue.ts';
import { NO_TRACES } from '../ports/tracing.ts';
import type { Context } from './context.ts';

const LOOK_AGAIN_MS = 10_000;
/** Attempts for a report that is refused while others are accepted: a week, every five minutes. */
const MAX_ATTEMPTS = 2_016;
/** Number of lines of a failed step's output that are shown. */
const LOG_TAIL = 40;

/** Runs under a lease that the caller holds, one at a time. Reports claimed by a dead reporter are free as soon as its lease is. */
export async function report(context: Context, signal: AbortSignal): Promise<RetryDelay> {
  const { ledger, forge, clock, log, options } = context;
  const now = () => clock.now().getTime();
  while (!signal.aborted) {
    const entry = await ledger.claimReport(now(), options.leaseSeconds * 1000, forge?.limits ?? null);
    if (entry === null) break;
    const answer = forge === null ? { sent: true as const, handle: null } : await sendTraced(context, forge, entry);
    if (answer.sent) {
      await ledger.reportSent(entry, answer.handle);
      continue;
    }
    log.warn('a report was not taken', { report: entry.key, reason: answer.reason });
    if (answer.retryAfterSeconds === null || (!answer.holds && entry.attempts >= MAX_ATTEMPTS)) {
      log.error('a report is given up', { report: entry.key, reason: answer.reason });
      await ledger.reportFailed(entry, null);
      continue;
    }
    const pause = Math.min(answer.retryAfterSeconds * 1000, MAX_HOLD_MS);
    // If all reports are on hold, the hold gives the time; then this one is sent first, to test the forge.
    const longer = Math.min(Math.max(answer.holds ? 0 : pause, 1000 * 2 ** entry.attempts), MAX_WAIT_MS);
    await ledger.reportFailed(entry, {
      at: now() + longer,
      holdUntil: answer.holds ? now() + pause : null,
      // A comment is written once, and found again if the result was unclear.
      lateUntil: answer.unclear && !isComment(entry.report) ? now() + LATE_MS : null,
      why: answer.reason,
    });
  }
  const next = await ledger.nextReport();
  return next === null ? null : Math.min(LOOK_AGAIN_MS, Math.max(50, next - now()));
}

/** Reports about a run are part of its trace; others are not traced. */
async function sendTraced(context: Context, forge: Forge, entry: OutboxEntry): Promise<SendResult> {
  const { ledger, tracer } = context;
  const { report: said } = entry;
  const about = isComment(said) ? null : said.about;
  const parent =
    tracer !== NO_TRACES && about?.kind === 'run' ? (await ledger.runRequest(about.run))?.trace : undefined;
  if (parent === undefined || isComment(said)) return send(context, forge, entry);
  const attributes = { 'phoenix.context': said.context, 'phoenix.state': said.state };
  return tracer.span('status', { parent, attributes }, async (add) => {
    const result = await send(context, forge, entry);
    add({ 'phoenix.sent': result.sent });
    return result;
  });
}

async function send(context: Context, forge: Forge, { report, handle }: OutboxEntry): Promise<SendResult> {
  if (isComment(report)) return forge.setComment(report, handle, COMMENT_CHANGED);
  const details = forge.checks ? ((await detailsOf(context, report)) ?? detailsOfSentence(report)) : null;
  return forge.setStatus(report, details, handle);
}

/** Details are read from the ledger when sending; the outbox only has the sentence, which must not be lost. */
async function detailsOf({ ledger, declared }: Context, { about, state, url }: CommitStatus): Promise<Details | null> {
  if (about === null) return null;
  if (about.kind === 'pull') {
    const plan = await ledger.pullPlan(about.pull);
    return plan === null ? null : detailsOfPull(plan, url);
  }
  if (about.kind === 'queue') {
    const plan = await ledger.queuedPlan(about.head);
    return plan === null ? null : detailsOfQueued(plan, url);
  }
  const run = about.target === null ? await ledger.run(about.run) : await ledger.runStep(about.run, about.target);
  if (run === null) return null;
  if (about.target === null) {
    const root = run.problems.length === 0 ? '' : (await declared(run.commit as CommitSha)).root;
    return detailsOfRun(run, state, root);
  }
  const { lines } = await ledger.readLog(about.run, about.target, -LOG_TAIL);
  return detailsOfStep(run, about.target, state, lines);
}
