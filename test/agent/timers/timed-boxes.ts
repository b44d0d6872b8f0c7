// An agent over boxes whose clock the test sets, and its queue, through which the test triggers the agent's timers.

import { connectRedis } from '../../../src/io/ledger/connect.ts';
import { openQueue } from '../../../src/io/queue/queue.ts';
import type { Queue } from '../../../src/ports/queue.ts';
import { testLog } from '../../support/agent/agent.ts';
import { type BoxAgent, startBoxAgent } from '../../support/agent/box-agent.ts';
import type { Phoenix, PhoenixOptions } from '../../support/agent/phoenix.ts';
import { BOXES } from '../../support/host/boxes.ts';

/** What the clock shows at first. */
export const START = Date.parse('2030-01-01T00:00:00Z');

export interface TimedBoxes {
  readonly boxes: BoxAgent;
  readonly queue: Queue;
  /** What the agent's clock shows, in milliseconds; the test changes it. */
  readonly clock: { ms: number };
  close(): Promise<void>;
}

export async function startTimedBoxes(managers: PhoenixOptions['managers'] = BOXES): Promise<TimedBoxes> {
  const clock = { ms: START };
  const boxes = await startBoxAgent({ managers, clock: { now: () => new Date(clock.ms) } });
  const queue = openQueueOf(boxes.phoenix);
  return {
    boxes,
    queue,
    clock,
    async close() {
      await queue.close(0);
      await boxes.close();
    },
  };
}

export function openQueueOf({ redis }: Phoenix): Queue {
  return openQueue(
    connectRedis(redis.url, () => {}),
    { log: testLog },
  );
}
