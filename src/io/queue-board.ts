// A dashboard of the queues for operators: bull-board over the queues of `queue/`. Jobs contain only ids, so it shows no secrets; a read-only user
// gets one that changes nothing.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { Queue as JobQueue } from 'bullmq';
import { packageFolder } from '../product.ts';
import type { Connection } from './ledger/connect.ts';

/** Names of the queues in `queue/`. */
const SINGLE = ['reconcile', 'review', 'report', 'notify', 'drift', 'renew'] as const;

export interface QueueBoardOptions {
  readonly installation: string;
  readonly node: string;
  /** Path of the dashboard in the browser, without trailing slash. */
  readonly path: string;
}

export interface QueueBoard {
  /** @param may `change` also allows to retry, remove and pause */
  answer(
    may: 'look' | 'change',
    request: IncomingMessage,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ): void;
  close(): Promise<void>;
}

/** @param redis closed with it */
export function openQueueBoard(redis: Connection, { installation, node, path }: QueueBoardOptions): QueueBoard {
  const base = { connection: redis, prefix: `{${installation}}:queue`, skipVersionCheck: true };
  const queues = [`apply-${node}`, ...SINGLE].map((name) => new JobQueue(name, base));
  // The connection itself reports errors.
  for (const queue of queues) queue.on('error', () => {});
  const uiBasePath = packageFolder('@bull-board/ui');
  const boardOf = (readOnlyMode: boolean) => {
    const serverAdapter = new ExpressAdapter().setBasePath(path);
    const adapters = queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode }));
    createBullBoard({
      queues: adapters,
      serverAdapter,
      options: { uiBasePath, uiConfig: { boardTitle: 'Phoenix: queues' } },
    });
    return serverAdapter.getRouter();
  };
  const boards = { look: boardOf(true), change: boardOf(false) };
  return {
    answer: (may, request, response, next) => boards[may](request, response, next),
    async close() {
      await Promise.all(queues.map((queue) => queue.close()));
      redis.disconnect();
    },
  };
}
