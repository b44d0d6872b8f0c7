// The queue, the only place that uses BullMQ. Jobs contain only ids and leave nothing behind: no result, no failure, no deduplication key. A lost job
// is requested again by the timer or at the next start.

import { setTimeout as pause } from 'node:timers/promises';
import { type Job, Queue as JobQueue, Worker } from 'bullmq';
import type { RunId, TargetId } from '../model/ids.ts';
import type { Log } from '../ports/log.ts';
import type { ApplyRequest, Queue, RetryDelay, Work, WorkOptions } from '../ports/queue.ts';
import type { Connection } from './ledger/connect.ts';
import { script } from './ledger/script.ts';

/** A worker that does not renew the lock of its job for this long counts as dead. */
const LOCK_MS = 20_000;
/** Stalled jobs are repeated without limit: the ledger decides when to stop. */
const STALLED_TIMES = 1_000_000;
/** Delay before work that failed unexpectedly is tried again. */
const RETRY_MS = 5_000;
/** Time for closing connections once no work is left. */
const CLOSE_MS = 3_000;
/** Pause before a request that was merged with one already on its way is sent. */
const SHARED_PAUSE_MS = 10;
/** The same for reports, which every outcome requests: one job sends all that is due. Callers do not wait for it. */
const REPORT_PAUSE_MS = 100;
/** The same for notifications: what happens within it is told together. */
const NOTIFY_PAUSE_MS = 1_000;
/** The key of the timer that requests reports. */
const REPORT_TIMER = 'report soon';
const NOTIFY_TIMER = 'notify soon';
/** Steps that one job does before it yields its worker to other jobs. */
const MAX_STEPS_PER_JOB = 16;
/** No step is deferred for longer: a key that lives longer was written before the server's clock was set back. */
const MAX_DELAY_MS = 3_600_000;
/** BullMQ's event streams are not used. */
const KEEP_EVENTS = 50;
/** The longest delay of `setTimeout`. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
/** The part of an interval for which a tick of one process suppresses those of the others: less than all of it, since their timers differ. */
const TICK_LOCK_FRACTION = 0.9;
const LEAVE_NOTHING = { removeOnComplete: true, removeOnFail: true } as const;

/** A delayed request of this process; `at` by `performance.now`. */
interface Delayed {
  readonly at: number;
  readonly timer: NodeJS.Timeout;
}

// Keys: the lock of a tick. Arguments: its milliseconds. A lock that lives longer was written before the server's clock was set back.
const tickLockScript = script(`
local left = redis.call('PTTL', KEYS[1])
if left > 0 and left <= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], 1, 'PX', ARGV[1])
return 1
`);

export interface QueueOptions {
  readonly log: Log;
  /** The prefix of all keys, so that several installations can share one Redis. */
  readonly installation?: string;
}

/** @param redis with `maxRetriesPerRequest: null`, as `connectRedis` makes it; closed with the queue */
export function openQueue(redis: Connection, { log, installation = 'phoenix' }: QueueOptions): Queue {
  // `phoenix doctor` checks the version of Redis: not every user of Redis may run INFO.
  const base = { connection: redis, prefix: `{${installation}}:queue`, skipVersionCheck: true };
  const queues = new Map<string, JobQueue>();
  const workers: Worker[] = [];
  /** Aborted when work has to end; from `close` on, nothing begins. */
  const stopping = new AbortController();
  let closing = false;
  const running = new Set<Promise<RetryDelay>>();
  // Monotonic timers: BullMQ's delayed and repeated jobs go by the wall clock. Those that are lost with the process are requested again by
  // the next poll.
  const delayed = new Map<string, Delayed>();
  const timers = new Map<string, NodeJS.Timeout>();

  function after(id: string, ms: number, enqueue: () => Promise<unknown>): void {
    const at = performance.now() + ms;
    const known = delayed.get(id);
    if (known !== undefined && known.at <= at) return;
    clearTimeout(known?.timer);
    const begin = () => {
      delayed.delete(id);
      enqueue().catch((error) => {
        log.warn('work could not be requested', { work: id, error });
        if (!stopping.signal.aborted) after(id, RETRY_MS, enqueue);
      });
    };
    const timer = setTimeout(begin, Math.min(Math.max(0, ms), MAX_TIMEOUT_MS));
    timer.unref();
    delayed.set(id, { at, timer });
  }

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

  // A job that is still waiting covers this request too: BullMQ adds none with an id that is there.
  async function requestApply(node: string, { run, target, attempt }: ApplyRequest): Promise<void> {
    const jobId = idOf(run, target, attempt);
    // Deferred. This process sets a timer as well, in case the one that deferred it dies.
    const delayMs = await redis.pttl(waitKey(node, jobId));
    if (delayMs > 0 && delayMs <= MAX_DELAY_MS) {
      return after(jobId, delayMs + 1, () => requestApply(node, { run, target, attempt }));
    }
    await queue(`apply-${node}`).add('apply', { run, target }, { jobId });
  }

  /** Until the key in Redis expires, no process begins the step. */
  async function deferApply(node: string, { run, target }: ApplyRequest, jobId: string, ms: number): Promise<void> {
    await redis.set(waitKey(node, jobId), 1, 'PX', Math.max(1, Math.round(ms)));
    after(jobId, ms, async () => {
      await redis.del(waitKey(node, jobId));
      await queue(`apply-${node}`).add('apply', { run, target }, { jobId });
    });
  }

  const waitKey = (node: string, jobId: string) => `${base.prefix}:wait:${node}:${jobId}`;

  /** One step after the other, as long as one follows. The job holds the current one, for a worker that takes it over. */
  async function runSteps(node: string, apply: NonNullable<Work['apply']>, job: Job): Promise<RetryDelay> {
    let step = { attempt: 0, ...(job.data as Omit<ApplyRequest, 'attempt'>) };
    for (let count = 1; ; count += 1) {
      const next = await apply(step.run, step.target, stopping.signal);
      if (next === null) return null;
      if (typeof next === 'number') {
        if (stopping.signal.aborted) return null;
        const jobId = count === 1 && job.id !== undefined ? job.id : idOf(step.run, step.target, step.attempt);
        await deferApply(node, step, jobId, next);
        return null;
      }
      if (count >= MAX_STEPS_PER_JOB || closing) {
        await requestApply(node, next);
        return null;
      }
      step = next;
      await job.updateData({ run: step.run, target: step.target });
    }
  }

  const requests = new Map<string, () => Promise<void>>();
  const requestOf = (name: string): (() => Promise<void>) => {
    const known = requests.get(name);
    if (known !== undefined) return known;
    const request = merged(async () => {
      if ((await queue(name).getWaitingCount()) === 0) await queue(name).add(name, {});
    });
    requests.set(name, request);
    return request;
  };

  let reportRequestedAt = Number.NEGATIVE_INFINITY;
  async function requestReport(): Promise<void> {
    const pauseMs = reportRequestedAt + REPORT_PAUSE_MS - performance.now();
    if (pauseMs > 0) return after(REPORT_TIMER, pauseMs, requestReport);
    reportRequestedAt = performance.now();
    await requestOf('report')();
  }

  function worker(
    name: string,
    { concurrency, lockMs = LOCK_MS }: Pick<WorkOptions, 'concurrency' | 'lockMs'>,
    onlyOne: boolean,
    run: (job: Job) => Promise<RetryDelay>,
  ): void {
    const handle = async (job: Job) => {
      let delayMs: RetryDelay;
      try {
        const work = run(job);
        running.add(work);
        delayMs = await work.finally(() => running.delete(work));
      } catch (error) {
        log.error(`${name} failed unexpectedly`, { error });
        delayMs = RETRY_MS;
      }
      if (delayMs === null || stopping.signal.aborted) return;
      // Work that is the same whoever asked for it waits once, not once for each request.
      if (onlyOne) after(name, delayMs, requestOf(name));
      else if (job.id !== undefined) {
        const jobId = job.id;
        after(jobId, delayMs, () => queue(name).add(name, job.data, { jobId }));
      }
    };
    const options = {
      ...base,
      concurrency,
      lockDuration: Math.min(lockMs, LOCK_MS),
      stalledInterval: Math.min(lockMs, LOCK_MS) / 2,
      maxStalledCount: STALLED_TIMES,
    };
    const started = new Worker(name, handle, options);
    started.on('error', (error) => log.warn('queue', { queue: name, error: error.message }));
    workers.push(started);
  }

  return {
    requestReconcile: requestOf('reconcile'),
    requestReport,
    requestReview: requestOf('review'),
    requestRenew: requestOf('renew'),
    async requestNotify() {
      after(NOTIFY_TIMER, NOTIFY_PAUSE_MS, requestOf('notify'));
    },
    requestApply,
    async work(work: Work, { node, concurrency, atMost, ...locks }) {
      const { apply, ...single } = work;
      for (const [name, run] of Object.entries(single))
        worker(name, { ...locks, concurrency: 1 }, true, () => run(stopping.signal));
      if (apply) {
        const steps = queue(`apply-${node}`);
        await (atMost === undefined ? steps.removeGlobalConcurrency() : steps.setGlobalConcurrency(atMost));
        worker(`apply-${node}`, { ...locks, concurrency }, false, (job) => runSteps(node, apply, job));
      }
      await Promise.all(workers.map((each) => each.waitUntilReady()));
    },
    async every(work, seconds) {
      // Job schedulers of earlier versions, which went by the clock of Redis.
      for (const scheduler of ['timer', 'poll']) await queue(work).removeJobScheduler(scheduler);
      const ms = Math.min(seconds * 1000, MAX_TIMEOUT_MS);
      const tick = async () => {
        // Only one of all processes enqueues in each interval.
        if ((await tickLockScript(redis, [`${base.prefix}:turn:${work}`], [Math.ceil(ms * TICK_LOCK_FRACTION)])) === 1)
          await requestOf(work)();
      };
      const onTimer = () =>
        void tick().catch((error) => log.warn('a timer could not request its work', { work, error }));
      clearInterval(timers.get(work));
      timers.set(work, setInterval(onTimer, ms).unref());
      await tick();
    },
    working: () => workers.filter((each) => each.isRunning()).map(({ name }) => name.replace(/^apply-.*/, 'apply')),
    async close(graceMs) {
      closing = true;
      for (const timer of timers.values()) clearInterval(timer);
      for (const { timer } of delayed.values()) clearTimeout(timer);
      const grace = setTimeout(() => stopping.abort(), graceMs);
      const closed = closeAll(workers)
        .then(() => (delayed.has(REPORT_TIMER) ? requestOf('report')().catch(() => {}) : undefined))
        .then(() => closeAll([...queues.values()]));
      // While Redis is unreachable, `close` of BullMQ waits for connections that are never made, and work for answers that never come:
      // only work that was running gets its grace.
      const graceOver = Promise.race([Promise.allSettled(running), pause(graceMs, undefined, { ref: false })]);
      await Promise.race([closed, graceOver.then(() => pause(CLOSE_MS, undefined, { ref: false }))]);
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

/** Calls made while one is on its way share the next, which follows after a pause: a flood costs no more than a few calls. */
function merged(task: () => Promise<void>): () => Promise<void> {
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
      .then(() => pause(SHARED_PAUSE_MS))
      .then(() => {
        next = undefined;
        return start();
      });
    return next;
  };
}
