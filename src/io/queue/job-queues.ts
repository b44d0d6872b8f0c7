// The queues of BullMQ by name, opened when they are first used, and requests for work that is the same whoever asks for it.

import { setTimeout as pause } from 'node:timers/promises';
import { isNotConnectionError, Queue as JobQueue, type QueueOptions } from 'bullmq';
import type { Log } from '../../ports/log.ts';
import type { Connection } from '../ledger/connect.ts';

/** BullMQ's event streams are not used. */
const KEEP_EVENTS = 50;
/** Pause before a request that was merged with one already on its way is sent. */
const SHARED_PAUSE_MS = 10;
const LEAVE_NOTHING = { removeOnComplete: true, removeOnFail: true } as const;

/** Options that queues and workers share. */
export type QueueBase = Pick<QueueOptions, 'skipVersionCheck'> & {
  readonly connection: Connection;
  /** The prefix of all keys. */
  readonly prefix: string;
};

export interface JobQueues {
  named(name: string): JobQueue;
  /** A request for the work of a queue. Requests before its start share it: a job that waits covers them all. */
  requestOf(name: string): () => Promise<void>;
  close(): Promise<void>;
}

export function openJobQueues(base: QueueBase, log: Log): JobQueues {
  const queues = new Map<string, JobQueue>();
  const requests = new Map<string, () => Promise<void>>();

  function named(name: string): JobQueue {
    const known = queues.get(name);
    if (known !== undefined) return known;
    const opened = new JobQueue(name, {
      ...base,
      defaultJobOptions: LEAVE_NOTHING,
      streams: { events: { maxLen: KEEP_EVENTS } },
    });
    opened.on('error', logErrors(log, name));
    queues.set(name, opened);
    return opened;
  }

  function requestOf(name: string): () => Promise<void> {
    const known = requests.get(name);
    if (known !== undefined) return known;
    const request = merged(async () => {
      if ((await named(name).getWaitingCount()) === 0) await named(name).add(name, {});
    });
    requests.set(name, request);
    return request;
  }

  return { named, requestOf, close: () => closeAll([...queues.values()]) };
}

/** Logs the errors of a queue or worker, but not those of its connection to Redis: BullMQ repeats each of them, and the connection tells an outage once. */
export function logErrors(log: Log, queue: string): (error: Error) => void {
  return (error) => {
    if (isNotConnectionError(error) && !('syscall' in error)) log.warn('queue', { queue, error: error.message });
  };
}

export async function closeAll(these: readonly { close(): Promise<void> }[]): Promise<void> {
  await Promise.allSettled(these.map((each) => each.close()));
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
