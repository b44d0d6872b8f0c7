// The queue over BullMQ, which nothing else knows. Jobs hold identity only and leave nothing behind: no result, no
// failure, no deduplication key. A job that is lost is asked for again by the timer or at the next start.

import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { DelayedError, type Job, Queue as JobQueue, Worker } from 'bullmq';
import type { RunId, TargetId } from '../model/ids.ts';
import type { Again, ApplyRequest, Queue, Work, WorkOptions } from '../ports/queue.ts';
import type { Log } from '../ports.ts';
import type { Connection } from './ledger/connect.ts';

/** At most, before a worker that says nothing counts as dead. */
const LOCK_MS = 20_000;
/** Stalled jobs run again however often: the ledger says when to stop. */
const STALLED_TIMES = 1_000_000;
/** After a surprise in the work itself. */
const RETRY_MS = 5_000;
/** For everything to be put away once no work is left. */
const CLOSE_MS = 3_000;
/** Between two requests for the same work, of those that come while one is on its way. */
const SHARED_PAUSE_MS = 10;
/** The same for reports, which come with every outcome: one job sends all that is due. */
const REPORT_PAUSE_MS = 100;
/** Steps that one job does before it lets others have its place. */
const MOST_TURNS = 16;
/** Nobody reads what BullMQ tells of its jobs. */
const KEEP_EVENTS = 50;
const LEAVE_NOTHING = { removeOnComplete: true, removeOnFail: true } as const;

export interface QueueOptions {
  readonly log: Log;
  /** Tells several Phoenixes in one Redis apart. */
  readonly installation?: string;
}

/** @param redis must wait for ever when Redis is away, as `connectRedis` makes it; closed with the queue */
export function openQueue(redis: Connection, { log, installation = 'phoenix' }: QueueOptions): Queue {
  const base = { connection: redis, prefix: `{${installation}}:queue` };
  const queues = new Map<string, JobQueue>();
  const workers: Worker[] = [];
  const stopping = new AbortController();
  const running = new Set<Promise<Again>>();
  const instance = randomUUID().slice(0, 8);
  const laterId = `again-${instance}`;

  function queue(name: string): JobQueue {
    const known = queues.get(name);
    if (known !== undefined) return known;
    const opened = new JobQueue(name, {
      ...base,
      defaultJobOptions: LEAVE_NOTHING,
      streams: { events: { maxLen: KEEP_EVENTS } },
    });
    opened.on('error', (error) => log.warn('queue', { queue: name, error: error.message }));
    queues.set(name, opened);
    return opened;
  }

  // A job that waits begins after this call, so it serves as well as a new one.
  const requestOne = (name: string, pauseMs = SHARED_PAUSE_MS) =>
    shared(async () => {
      if ((await queue(name).getWaitingCount()) === 0) await queue(name).add(name, {});
    }, pauseMs);

  async function requestApply(node: string, { run, target, attempt }: ApplyRequest, delay?: number): Promise<void> {
    const jobId = idOf(run, target, attempt);
    // One that only waits for the end of whoever had the step must not hold up what comes sooner.
    if (delay !== undefined) await queue(`apply-${node}`).remove(jobId);
    await queue(`apply-${node}`).add('apply', { run, target }, { jobId, ...(delay === undefined ? {} : { delay }) });
  }

  /** One step after the other, as long as there is one to go on with. The job says which one, for whoever takes it over. */
  async function takeTurns(node: string, apply: NonNullable<Work['apply']>, job: Job): Promise<Again> {
    let step = { attempt: 0, ...(job.data as Omit<ApplyRequest, 'attempt'>) };
    for (let turns = 1; ; turns += 1) {
      const after = await apply(step.run, step.target, stopping.signal);
      if (after === null) return null;
      if (typeof after === 'number') {
        if (turns === 1) return after;
        await requestApply(node, step, after);
        return null;
      }
      if (turns >= MOST_TURNS || stopping.signal.aborted) {
        await requestApply(node, after);
        return null;
      }
      step = after;
      await job.updateData({ run: step.run, target: step.target });
    }
  }

  function worker(
    name: string,
    { concurrency, lockMs = LOCK_MS }: Pick<WorkOptions, 'concurrency' | 'lockMs'>,
    onlyOne: boolean,
    run: (job: Job) => Promise<Again>,
  ): void {
    const process = async (job: Job, token?: string) => {
      let again: Again;
      try {
        const work = run(job);
        running.add(work);
        again = await work.finally(() => running.delete(work));
      } catch (error) {
        log.error(`${name} ended in a surprise`, { error });
        again = RETRY_MS;
      }
      if (again === null || stopping.signal.aborted) return;
      // Work that is the same whoever asked for it waits in one job, not in one for each request.
      if (onlyOne && job.id !== laterId) {
        await queue(name).add(name, {}, { jobId: laterId, delay: again });
        return;
      }
      await job.moveToDelayed(Date.now() + again, token);
      throw new DelayedError();
    };
    const options = {
      ...base,
      concurrency,
      lockDuration: Math.min(lockMs, LOCK_MS),
      stalledInterval: Math.min(lockMs, LOCK_MS) / 2,
      maxStalledCount: STALLED_TIMES,
    };
    const started = new Worker(name, process, options);
    started.on('error', (error) => log.warn('queue', { queue: name, error: error.message }));
    workers.push(started);
  }

  return {
    requestReconcile: requestOne('reconcile'),
    requestReport: requestOne('report', REPORT_PAUSE_MS),
    requestReview: requestOne('review'),
    requestRenew: requestOne('renew'),
    requestApply: (node, step) => requestApply(node, step),
    async work(work: Work, { node, concurrency, atMost, ...how }) {
      const { apply, ...alone } = work;
      for (const [name, run] of Object.entries(alone))
        worker(name, { ...how, concurrency: 1 }, true, () => run(stopping.signal));
      if (apply) {
        const steps = queue(`apply-${node}`);
        await (atMost === undefined ? steps.removeGlobalConcurrency() : steps.setGlobalConcurrency(atMost));
        worker(`apply-${node}`, { ...how, concurrency }, false, (job) => takeTurns(node, apply, job));
      }
      await Promise.all(workers.map((each) => each.waitUntilReady()));
    },
    async every(work, seconds) {
      const again = { name: work, opts: LEAVE_NOTHING };
      await queue(work).upsertJobScheduler('timer', { every: seconds * 1000 }, again);
      // What an earlier version called it.
      await queue(work).removeJobScheduler('poll');
    },
    hasTimer: async (work) => (await queue(work).getJobScheduler('timer')) !== undefined,
    async close(graceMs) {
      const grace = setTimeout(() => stopping.abort(), graceMs);
      const closed = closeAll(workers).then(() => closeAll([...queues.values()]));
      // While Redis is away, BullMQ waits for connections that never end, and work for answers that never come: only work that
      // was under way gets its grace.
      const given = Promise.race([Promise.allSettled(running), pause(graceMs, undefined, { ref: false })]);
      await Promise.race([closed, given.then(() => pause(CLOSE_MS, undefined, { ref: false }))]);
      clearTimeout(grace);
      stopping.abort();
      redis.disconnect();
    },
  };
}

async function closeAll(these: readonly { close(): Promise<void> }[]): Promise<void> {
  await Promise.allSettled(these.map((each) => each.close()));
}

/** BullMQ takes no id with a colon. */
function idOf(run: RunId, target: TargetId, attempt: number): string {
  return `${run}-${target}-${attempt}`.replaceAll(':', '%3A');
}

/** Calls made while one is on its way share the next, which follows after a moment: a flood costs no more than a few calls. */
function shared(task: () => Promise<void>, pauseMs: number): () => Promise<void> {
  let current: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const start = (): Promise<void> => {
    current = task().finally(() => {
      current = undefined;
    });
    return current;
  };
  return () => {
    if (next !== undefined) return next;
    if (current === undefined) return start();
    next = current
      .catch(() => {})
      .then(() => pause(pauseMs))
      .then(() => {
        next = undefined;
        return start();
      });
    return next;
  };
}
