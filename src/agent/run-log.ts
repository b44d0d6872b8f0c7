// Logs every run: one line when it is planned, when a step starts and ends, and when the run ends. It wraps the ledger, so that every record is
// logged, whichever stage writes it.

import type { RunId, TargetId } from '../model/ids.ts';
import { hidePlainSecrets } from '../model/secret-shapes.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Log } from '../ports/log.ts';
import type { Planned, RunRequest } from '../ports/runs.ts';
import type { SettledStep } from '../ports/steps.ts';

/** Number of runs whose commit is cached. */
const MAX_RUNS = 100;

/** The ledger, with a log line at `info` for what it records of runs. */
export function logged(ledger: Ledger, log: Log): Ledger {
  const commits = new Map<RunId, string>();

  function remember(run: RunId, commit: string): void {
    commits.delete(run);
    commits.set(run, commit);
    const [oldest] = commits.keys();
    if (commits.size > MAX_RUNS && oldest !== undefined) commits.delete(oldest);
  }

  /** Read again when a step starts: run numbers repeat after a Redis that lost its data. */
  async function commitOf(run: RunId, { again = false } = {}): Promise<string | null> {
    const known = again ? undefined : commits.get(run);
    const commit = known ?? (await ledger.runRequest(run))?.commit;
    if (commit !== undefined) remember(run, commit);
    return commit ?? null;
  }

  function logPlan(run: RunId, { commit, trigger, by }: RunRequest, { state, plan, reason }: Planned): void {
    remember(run, commit);
    if (plan !== null) log.info('run planned', { run, commit, trigger, by, steps: plan.steps.length });
    if (state !== 'planned') log.info('run ended', { run, commit, outcome: state, ...because(reason) });
  }

  return {
    ...ledger,
    async openRun(request, statuses) {
      const run = await ledger.openRun(request, statuses);
      const { commit, trigger, by } = request;
      remember(run, commit);
      log.info('run asked for', { run, commit, trigger, by });
      return run;
    },
    async recordRun(request, planned) {
      const run = await ledger.recordRun(request, planned);
      logPlan(run, request, planned);
      return run;
    },
    async planRun(run, planned) {
      await ledger.planRun(run, planned);
      const request = await ledger.runRequest(run);
      if (request !== null) logPlan(run, request, planned);
    },
    async startStep(lease, run, started) {
      const begun = await ledger.startStep(lease, run, started);
      if (begun) log.info('step started', { run, commit: await commitOf(run, { again: true }), step: lease.target });
      return begun;
    },
    async finishStep(lease, run, end) {
      const ended = await ledger.finishStep(lease, run, end);
      const { outcome, reason } = end;
      if (ended)
        log.info('step ended', { run, commit: await commitOf(run), step: lease.target, outcome, ...because(reason) });
      return ended;
    },
    async settleSteps(run, ended, ends) {
      await ledger.settleSteps(run, ended, ends);
      if (ends.size > 0) logSettled(log, run, await commitOf(run), ends);
    },
    async supersedeRun(run, by, ended, ends, statuses) {
      const running = await ledger.supersedeRun(run, by, ended, ends, statuses);
      const now = running === null ? null : await ledger.runProgress(run);
      if (now === null) return running;
      const superseded = now.steps.filter((step) => step.outcome === 'superseded' && step.ended === ended);
      const ours = superseded.flatMap(({ target }) => {
        const end = ends.get(target);
        return end === undefined ? [] : [[target, end] as const];
      });
      logSettled(log, run, now.commit, new Map(ours));
      if (now.ended === ended) log.info('run ended', { run, commit: now.commit, outcome: now.state, by });
      return running;
    },
    async endRun(run, state, ended, statuses) {
      const is = await ledger.endRun(run, state, ended, statuses);
      if (is) log.info('run ended', { run, commit: await commitOf(run), outcome: state });
      return is;
    },
  };
}

function logSettled(log: Log, run: RunId, commit: string | null, ends: ReadonlyMap<TargetId, SettledStep>): void {
  for (const [step, { outcome, reason }] of ends)
    log.info('step ended', { run, commit, step, outcome, ...because(reason) });
}

function because(reason: string | null): { readonly reason?: string } {
  return reason === null ? {} : { reason: hidePlainSecrets(reason) };
}
