// The queue; this folder is the only place that uses BullMQ. Jobs contain only ids and leave nothing behind: no result, no failure, no deduplication
// key. A lost job is requested again by the timer or at the next start.

import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../../ports/log.ts';
import type { Queue, Work, WorkOptions } from '../../ports/queue.ts';
import type { Connection } from '../ledger/connect.ts';
import { script } from '../ledger/script.ts';
import { MAX_TIMEOUT_MS, openDelays } from './delays.ts';
import { openJobQueues, type QueueBase } from './job-queues.ts';
import { openStepJobs, queueOfSteps } from './steps.ts';
import { openWorkers } from './workers.ts';

/** Time for work to end, and to record how, that is aborted after its grace. */
const ABORTED_MS = 3_000;
/** Time for closing connections once no work is left: BullMQ may wait in vain after Redis was restarted. A job whose end is lost is repeated. */
const CLOSE_MS = 1_000;
/** Pause before notifications: what happens within it is told together. */
const NOTIFY_PAUSE_MS = 1_000;
/** The keys of the timers that request reports and notifications. */
const REPORT_TIMER = 'report soon';
const NOTIFY_TIMER = 'notify soon';
/** The part of an interval for which a tick of one process suppresses those of the others: less than all of it, since their timers differ. */
const TICK_LOCK_FRACTION = 0.9;

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
  /** Pause between reports, which every outcome requests: one job sends all that is due. Callers do not wait for it. */
  readonly reportPauseMs?: number;
}

/** @param redis with `maxRetriesPerRequest: null`, as `connectRedis` makes it; closed with the queue */
export function openQueue(
  redis: Connection,
  { log, installation = 'phoenix', reportPauseMs = 100 }: QueueOptions,
): Queue {
  const prefix = `{${installation}}:queue`;
  // `phoenix doctor` checks the version of Redis: not every user of Redis may run INFO.
  const base: QueueBase = { connection: redis, prefix, skipVersionCheck: true };
  /** Aborted when work has to end; from `close` on, nothing begins. */
  const stopping = new AbortController();
  const stopped = stopping.signal;
  let closing = false;
  const queues = openJobQueues(base, log);
  const delays = openDelays(log, stopped);
  const steps = openStepJobs({ redis, prefix, queues, delays, stopped, isClosing: () => closing });
  const workers = openWorkers({ base, log, queues, delays, stopped });
  const intervals = new Map<string, NodeJS.Timeout>();

  async function work({ apply, ...single }: Work, { node, concurrency, atMost, ...locks }: WorkOptions): Promise<void> {
    for (const [name, run] of Object.entries(single))
      workers.start(name, { ...locks, concurrency: 1 }, 'queue', () => run(stopped));
    if (apply) {
      const name = queueOfSteps(node);
      const queue = queues.named(name);
      await (atMost === undefined ? queue.removeGlobalConcurrency() : queue.setGlobalConcurrency(atMost));
      workers.start(name, { ...locks, concurrency }, 'job', (job) => steps.run(node, apply, job));
    }
    await workers.ready();
  }

  /** Only one of all processes enqueues in each interval, unless it is to be done always. */
  async function tick(name: string, ms: number, when?: 'always'): Promise<void> {
    const isFirst = await tickLockScript(redis, [`${prefix}:turn:${name}`], [Math.ceil(ms * TICK_LOCK_FRACTION)]);
    if (isFirst === 1 || when === 'always') await queues.requestOf(name)();
  }

  async function close(graceMs: number): Promise<void> {
    closing = true;
    for (const interval of intervals.values()) clearInterval(interval);
    delays.stop();
    const grace = setTimeout(() => stopping.abort(), graceMs);
    const closed = workers
      .close()
      .then(() =>
        delays.has(REPORT_TIMER)
          ? queues
              .requestOf('report')()
              .catch(() => {})
          : undefined,
      )
      .then(() => queues.close());
    // While Redis is unreachable, `close` of BullMQ waits for connections that are never made, and work for answers that never come:
    // only work that was running gets its grace.
    const ended = Promise.race([workers.settled(), pause(graceMs + ABORTED_MS, undefined, { ref: false })]);
    await Promise.race([closed, ended.then(() => pause(CLOSE_MS, undefined, { ref: false }))]);
    clearTimeout(grace);
    stopping.abort();
    redis.disconnect();
  }

  return {
    requestReconcile: queues.requestOf('reconcile'),
    requestReport: spacedOut(reportPauseMs, queues.requestOf('report'), (ms, request) =>
      delays.after(REPORT_TIMER, ms, request),
    ),
    requestReview: queues.requestOf('review'),
    requestRenew: queues.requestOf('renew'),
    async requestNotify() {
      delays.after(NOTIFY_TIMER, NOTIFY_PAUSE_MS, queues.requestOf('notify'));
    },
    requestApply: steps.request,
    work,
    async every(name, seconds, first) {
      // Job schedulers of earlier versions, which went by the clock of Redis.
      for (const scheduler of ['timer', 'poll']) await queues.named(name).removeJobScheduler(scheduler);
      const ms = Math.min(seconds * 1000, MAX_TIMEOUT_MS);
      const onTimer = () =>
        void tick(name, ms).catch((error) => log.warn('a timer could not request its work', { work: name, error }));
      clearInterval(intervals.get(name));
      intervals.set(name, setInterval(onTimer, ms).unref());
      await tick(name, ms, first);
    },
    working: () => workers.names().map((name) => name.replace(/^apply-.*/, 'apply')),
    close,
  };
}

/** Calls within that time after another are delayed and share one request. */
function spacedOut(
  pauseMs: number,
  request: () => Promise<void>,
  delay: (ms: number, request: () => Promise<void>) => void,
): () => Promise<void> {
  let requestedAt = Number.NEGATIVE_INFINITY;
  return async function spaced() {
    const leftMs = requestedAt + pauseMs - performance.now();
    if (leftMs > 0) return delay(leftMs, spaced);
    requestedAt = performance.now();
    await request();
  };
}
