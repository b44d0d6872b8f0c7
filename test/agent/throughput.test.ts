// The number of operations per outcome: the same in a run of few steps and of many.
// @module-tag long

import { expect, test } from 'vitest';
import { manyGuests } from '../bench/guests.ts';
import { startBoxAgent } from '../support/agent/box-agent.ts';
import { countCalls } from '../support/redis/redis-calls.ts';
import { until } from '../support/until.ts';

/** Each is observed, created, started and observed again. Reports are sent by another process: how many are sent together depends on its speed. */
const MAX_CALLS = 30;
const ALL_BUT_REPORT = { roles: ['reconcile', 'apply'] } as const;

/** Questions to Redis for each outcome, from the first command on the host to the last. */
async function callsPerOutcome(steps: number): Promise<number> {
  const { host, phoenix, close } = await startBoxAgent({ options: ALL_BUT_REPORT });
  const calls = await countCalls(phoenix.redis.socket);
  try {
    let [first, last, started] = [0, 0, 0];
    host.before = async (line) => {
      first ||= calls.asked();
      last = calls.asked();
      if (line.startsWith('box start')) started += 1;
    };
    await phoenix.repo.commit(manyGuests(steps));
    await phoenix.repo.push();
    await until(() => started === steps, 'every box to be started', 60_000);
    return (last - first) / steps;
  } finally {
    calls.stop();
    await close();
  }
}

test('a run of 400 steps makes as many Redis calls per outcome as one of 50', { timeout: 120_000 }, async () => {
  const few = await callsPerOutcome(50);
  const many = await callsPerOutcome(400);
  expect(many).toBeLessThanOrEqual(MAX_CALLS);
  expect(many).toBeLessThanOrEqual(1.1 * few);
});
