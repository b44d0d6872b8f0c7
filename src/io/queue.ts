// The queue over BullMQ, which nothing else knows. Jobs hold identity only and leave nothing behind: no result, no
// failure, no deduplication key. A job that is lost is asked for again by the timer or at the next start.

import { setTimeout as pause } from 'node:timers/promises';
import { type Job, Queue as JobQueue, Worker } from 'bullmq';
import type { RunId, TargetId } from '../model/ids.ts';
import type { ApplyRequest, Queue, RetryDelay, Work, WorkOptions } from '../ports/queue.ts';
import type { Log } from '../ports.ts';
import type { Connection } from './ledger/connect.ts';
import { script } from './ledger/script.ts';

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
/** The same for reports, which come with every outcome: one job sends all that is due. Who asks does not wait for it. */
const REPORT_PAUSE_MS = 100;
const REPORT_SOON = 'report soon';
/** Steps that one job does before it lets others have its place. */
const MOST_TURNS = 16;
/** No step waits for longer to be tried again. A key that would is from before the clock was set back. */
const LONGEST_WAIT_MS = 3_600_000;
/** Nobody reads what BullMQ tells of its jobs. */
const KEEP_EVENTS = 50;
/** A timer of Node reaches no further. */
const LONGEST_MS = 2 ** 31 - 1;
/** Of the time between two looks, how much has to be over since that of any process. */
const TURN = 0.9;
const LEAVE_NOTHING = { removeOnComplete: true, removeOnFail: true } as const;

/** Work of this process that waits; `at` by `performance.now`. */
interface Later {
  readonly at: number;
  readonly timer: NodeJS.Timeout;
}

// Keys: turn. Arguments: milliseconds that it holds. One that would hold for longer is from before the clock was set back.
const turnScript = script(`
local left = redis.call('PTTL', KEYS[1])
if left > 0 and left <= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], 1, 'PX', ARGV[1])
return 1
`);

export interface QueueOptions {
  readonly log: Log;
  /** Tells several Phoenixes in one Redis apart. */
  readonly installation?: string;
}

/** @param redis must wait for ever when Redis is away, as `connectRedis` makes it; closed with the queue */
export function openQueue(redis: Connection, { log, installation = 'phoenix' }: QueueOptions): Queue {
  // The version is for the doctor to judge: not every login may ask for it.
  const base = { connection: redis, prefix: `{${installation}}:queue`, skipVersionCheck: true };
  const queues = new Map<string, JobQueue>();
  const workers: Worker[] = [];
  const stopping = new AbortController();
  const running = new Set<Promise<RetryDelay>>();
  // By clocks that nobody sets, as BullMQ's own for delayed and repeated jobs is not. What a process takes with it when it dies is asked for by
  // the next poll.
  const later = new Map<string, Later>();
  const timers = new Map<string, NodeJS.Timeout>();

  function after(id: string, ms: number, ask: () => Promise<unknown>): void {
    const at = performance.now() + ms;
    const known = later.get(id);
    if (known !== undefined && known.at <= at) return;
    clearTimeout(known?.timer);
    const begin = () => {
      later.delete(id);
      ask().catch((error) => {
        log.warn('work could not be asked for', { work: id, error });
        if (!stopping.signal.aborted) after(id, RETRY_MS, ask);
      });
    };
    const timer = setTimeout(begin, Math.min(Math.max(0, ms), LONGEST_MS));
    timer.unref();
    later.set(id, { at, timer });
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

  // A job that waits begins after this call, so it serves as well as a new one.
  async function requestApply(node: string, { run, target, attempt }: ApplyRequest): Promise<void> {
    const jobId = idOf(run, target, attempt);
    // It waits to be tried again: whoever asks meanwhile sees to that too, should the process that waits with it die.
    const waits = await redis.pttl(waitKey(node, jobId));
    if (waits > 0 && waits <= LONGEST_WAIT_MS) {
      return after(jobId, waits + 1, () => requestApply(node, { run, target, attempt }));
    }
    await queue(`apply-${node}`).add('apply', { run, target }, { jobId });
  }

  /** Nobody begins the step sooner: the key in Redis says so, and ends by itself. */
  async function laterApply(node: string, { run, target }: ApplyRequest, jobId: string, ms: number): Promise<void> {
    await redis.set(waitKey(node, jobId), 1, 'PX', Math.max(1, Math.round(ms)));
    after(jobId, ms, async () => {
      await redis.del(waitKey(node, jobId));
      await queue(`apply-${node}`).add('apply', { run, target }, { jobId });
    });
  }

  const waitKey = (node: string, jobId: string) => `${base.prefix}:wait:${node}:${jobId}`;

  /** One step after the other, as long as there is one to go on with. The job says which one, for whoever takes it over. */
  async function takeTurns(node: string, apply: NonNullable<Work['apply']>, job: Job): Promise<RetryDelay> {
    let step = { attempt: 0, ...(job.data as Omit<ApplyRequest, 'attempt'>) };
    for (let turns = 1; ; turns += 1) {
      const next = await apply(step.run, step.target, stopping.signal);
      if (next === null) return null;
      if (typeof next === 'number') {
        if (stopping.signal.aborted) return null;
        const jobId = turns === 1 && job.id !== undefined ? job.id : idOf(step.run, step.target, step.attempt);
        await laterApply(node, step, jobId, next);
        return null;
      }
      if (turns >= MOST_TURNS || stopping.signal.aborted) {
        await requestApply(node, next);
        return null;
      }
      step = next;
      await job.updateData({ run: step.run, target: step.target });
    }
  }

  const asks = new Map<string, () => Promise<void>>();
  const ask = (name: string): (() => Promise<void>) => {
    const known = asks.get(name);
    if (known !== undefined) return known;
    const asked = shared(async () => {
      if ((await queue(name).getWaitingCount()) === 0) await queue(name).add(name, {});
    });
    asks.set(name, asked);
    return asked;
  };

  let reportAsked = Number.NEGATIVE_INFINITY;
  async function requestReport(): Promise<void> {
    const pauseMs = reportAsked + REPORT_PAUSE_MS - performance.now();
    if (pauseMs > 0) return after(REPORT_SOON, pauseMs, requestReport);
    reportAsked = performance.now();
    await ask('report')();
  }

  function worker(
    name: string,
    { concurrency, lockMs = LOCK_MS }: Pick<WorkOptions, 'concurrency' | 'lockMs'>,
    onlyOne: boolean,
    run: (job: Job) => Promise<RetryDelay>,
  ): void {
    const process = async (job: Job) => {
      let again: RetryDelay;
      try {
        const work = run(job);
        running.add(work);
        again = await work.finally(() => running.delete(work));
      } catch (error) {
        log.error(`${name} ended in a surprise`, { error });
        again = RETRY_MS;
      }
      if (again === null || stopping.signal.aborted) return;
      // Work that is the same whoever asked for it waits once, not once for each request.
      if (onlyOne) after(name, again, ask(name));
      else if (job.id !== undefined) {
        const jobId = job.id;
        after(jobId, again, () => queue(name).add(name, job.data, { jobId }));
      }
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
    requestReconcile: ask('reconcile'),
    requestReport,
    requestReview: ask('review'),
    requestRenew: ask('renew'),
    requestApply,
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
      // What earlier versions kept in Redis: by its clock, which held it up when it was set back.
      for (const former of ['timer', 'poll']) await queue(work).removeJobScheduler(former);
      const ms = Math.min(seconds * 1000, LONGEST_MS);
      const turn = async () => {
        // One of all processes, with some room for their clocks.
        if ((await turnScript(redis, [`${base.prefix}:turn:${work}`], [Math.ceil(ms * TURN)])) === 1) await ask(work)();
      };
      const tick = () => void turn().catch((error) => log.warn('a timer could not ask for its work', { work, error }));
      clearInterval(timers.get(work));
      timers.set(work, setInterval(tick, ms).unref());
      await turn();
    },
    working: () => workers.filter((each) => each.isRunning()).map(({ name }) => name.replace(/^apply-.*/, 'apply')),
    async close(graceMs) {
      for (const timer of timers.values()) clearInterval(timer);
      for (const { timer } of later.values()) clearTimeout(timer);
      const grace = setTimeout(() => stopping.abort(), graceMs);
      const closed = closeAll(workers)
        .then(() => (later.has(REPORT_SOON) ? ask('report')().catch(() => {}) : undefined))
        .then(() => closeAll([...queues.values()]));
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
function shared(task: () => Promise<void>): () => Promise<void> {
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
