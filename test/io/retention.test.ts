// The data in Redis after more runs than are retained.

import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Ledger } from '../../src/ports/ledger.ts';
import { openTestLedger } from '../support/agent/agent.ts';
import { LONG_TEST } from '../support/long.ts';
import { pushRuns } from '../support/redis/many-runs.ts';
import { startRedis, type TestRedis } from '../support/redis/redis.ts';

const KEPT = 500;
const MORE = 40;

let server: TestRedis;
let ledger: Ledger;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis();
  ledger = openTestLedger(server.url);
  redis = new Redis({ path: server.socket });
});
afterAll(async () => {
  redis.disconnect();
  await ledger.close();
  await server.stop();
});

const allKeys = async () => (await redis.keys('*')).sort();

test(
  'nothing remains of runs beyond the retention, and of an ended one only itself and its output',
  LONG_TEST,
  async () => {
    const runs = await pushRuns(ledger, 1, KEPT);
    const before = await allKeys();
    runs.push(...(await pushRuns(ledger, KEPT + 1, MORE)));
    const kept = new Set(runs.slice(-KEPT));
    const after = await allKeys();
    expect(after.length).toBe(before.length);
    const ofRuns = after.filter((key) => /:(run|log):\d/.test(key));
    expect(ofRuns.filter((key) => !kept.has(/:(?:run|log):(\d+)/.exec(key)?.[1] as never))).toEqual([]);
    expect(ofRuns.filter((key) => key.includes(':run:'))).toHaveLength(KEPT);
    // A fixed number of keys always remains.
    const others = after.filter((key) => !ofRuns.includes(key)).map((key) => key.replace('{phoenix}:', ''));
    expect(others).toEqual([
      'applied',
      'deliveries:settled',
      'fence',
      'head',
      'outbox:counter',
      'outbox:handles',
      'outbox:sent',
      'outbox:sent-at',
      'runs',
      'runs:counter',
    ]);
  },
);

test('records of notifications, deliveries and commands are kept up to a number', {
  timeout: 60_000,
}, async () => {
  const many = 10_050;
  const since = Date.now() - 60_000;
  const old = Array.from({ length: many }, (_, index) => [since + index, `old ${index}`] as const).flat();
  for (const key of ['outbox:sent-at', 'deliveries:settled', 'pulls:counted'])
    await redis.zadd(`{phoenix}:${key}`, ...old);
  await pushRuns(ledger, 1_000, 20);
  await ledger.count('a command');
  for (const key of ['outbox:sent-at', 'deliveries:settled', 'pulls:counted']) {
    expect(await redis.zcard(`{phoenix}:${key}`)).toBe(10_000);
  }
  expect(await ledger.hasCounted('a command')).toBe(true);
});

test('a command that an earlier version counted is counted still', async () => {
  await redis.sadd('{phoenix}:pulls:commands', 'of before');
  expect([await ledger.hasCounted('of before'), await ledger.hasCounted('another')]).toEqual([true, false]);
});
