// What is to be said goes to the forge: one at a time, as forges ask, until nothing is due. What fails waits, longer each
// time and at least as long as the forge says; what can never be sent is given up and logged.

import type { Again } from '../ports/queue.ts';
import type { Context } from './context.ts';

const LONGEST_WAIT_MS = 300_000;
const LOOK_AGAIN_MS = 10_000;

/** One at a time, by a lease that the caller holds. What a reporter that died had claimed is free as soon as its lease is. */
export async function report({ ledger, forge, clock, log, options }: Context, signal: AbortSignal): Promise<Again> {
  const now = () => clock.now().getTime();
  while (!signal.aborted) {
    const [entry] = await ledger.claimReports(now(), 1, options.leaseSeconds * 1000);
    if (entry === undefined) break;
    const answer = forge === null ? { sent: true as const } : await forge.setStatus(entry.status);
    if (answer.sent) {
      await ledger.reportSent(entry);
      continue;
    }
    log.warn('a status was not taken', { status: entry.status, reason: answer.reason });
    if (answer.retryAfterSeconds === null) {
      await ledger.reportFailed(entry, null);
      continue;
    }
    const pause = answer.retryAfterSeconds * 1000;
    const longer = Math.max(pause, Math.min(1000 * 2 ** entry.attempts, LONGEST_WAIT_MS));
    await ledger.reportFailed(entry, { at: now() + longer, holdUntil: now() + pause });
  }
  const next = await ledger.nextReport();
  return next === null ? null : Math.min(LOOK_AGAIN_MS, Math.max(50, next - now()));
}
