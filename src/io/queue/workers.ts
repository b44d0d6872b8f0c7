// The workers of this process: each takes the jobs of one queue, and requests work again that failed or asks for it.

import { type Job, Worker } from 'bullmq';
import type { Log } from '../../ports/log.ts';
import type { RetryDelay, WorkOptions } from '../../ports/queue.ts';
import { type Delays, RETRY_MS } from './delays.ts';
import { closeAll, type JobQueues, logErrors, type QueueBase } from './job-queues.ts';

/** A worker that does not renew the lock of its job for this long counts as dead. */
const LOCK_MS = 20_000;
/** Stalled jobs are repeated without limit: the ledger decides when to stop. */
const STALLED_TIMES = 1_000_000;

export interface WorkersDeps {
  readonly base: QueueBase;
  readonly log: Log;
  readonly queues: JobQueues;
  readonly delays: Delays;
  /** Aborted when work has to end. */
  readonly stopped: AbortSignal;
}

type Locks = Pick<WorkOptions, 'concurrency' | 'lockMs'>;

export interface Workers {
  /**
   * Starts a worker.
   *
   * @param repeats what is requested again: its `job`, or the `queue`'s work, which is the same whoever asked for it and so waits once
   */
  start(name: string, locks: Locks, repeats: 'job' | 'queue', run: (job: Job) => Promise<RetryDelay>): void;
  ready(): Promise<unknown>;
  /** Names of the queues whose jobs are taken. */
  names(): readonly string[];
  /** Resolves when the work that runs now has ended. */
  settled(): Promise<unknown>;
  close(): Promise<void>;
}

export function openWorkers({ base, log, queues, delays, stopped }: WorkersDeps): Workers {
  const workers: Worker[] = [];
  const running = new Set<Promise<RetryDelay>>();

  async function outcomeOf(name: string, run: (job: Job) => Promise<RetryDelay>, job: Job): Promise<RetryDelay> {
    try {
      const work = run(job);
      running.add(work);
      return await work.finally(() => running.delete(work));
    } catch (error) {
      log.error(`${name} failed unexpectedly`, { error });
      return RETRY_MS;
    }
  }

  function start(
    name: string,
    { concurrency, lockMs = LOCK_MS }: Locks,
    repeats: 'job' | 'queue',
    run: (job: Job) => Promise<RetryDelay>,
  ): void {
    const handle = async (job: Job) => {
      const delayMs = await outcomeOf(name, run, job);
      if (delayMs === null || stopped.aborted) return;
      if (repeats === 'queue') delays.after(name, delayMs, queues.requestOf(name));
      else if (job.id !== undefined) {
        const jobId = job.id;
        delays.after(jobId, delayMs, () => queues.named(name).add(name, job.data, { jobId }));
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
    started.on('error', logErrors(log, name));
    workers.push(started);
  }

  return {
    start,
    ready: () => Promise.all(workers.map((each) => each.waitUntilReady())),
    names: () => workers.filter((each) => each.isRunning()).map(({ name }) => name),
    settled: () => Promise.allSettled(running),
    close: () => closeAll(workers),
  };
}
