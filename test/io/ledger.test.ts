// The ledger in Redis beyond its contract (test/ports/ledger.contract.ts): its cost, and its behaviour after a Redis was unreachable, emptied or
// damaged.

import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectRedis } from '../../src/io/ledger/connect.ts';
import { openLedger } from '../../src/io/ledger/ledger.ts';
import { type RunId, targetId } from '../../src/model/ids.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { LONG_TEST } from '../support/long.ts';
import {
  A,
  delivery,
  leaseOf,
  planned,
  planOf,
  proved,
  request,
  START,
  T1,
  T2,
} from '../support/redis/ledger-records.ts';
import { startRedis, type TestRedis } from '../support/redis/redis.ts';
import { until } from '../support/until.ts';

let server: TestRedis;
let ledger: Ledger;
let raw: Redis;
let time = START;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.clear();
  time = START;
  ledger = openLedger(
    connectRedis(server.url, () => {}),
    { clock: { now: () => new Date(time) } },
  );
  raw = new Redis(server.socket);
  raw.on('error', () => {});
});
afterEach(async () => {
  await ledger.close();
  raw.disconnect();
});

const at = () => new Date(time).toISOString();

describe('deliveries', () => {
  test('a hundred at once are all recorded, in a few round trips', async () => {
    const before = await commands();
    const ids = Array.from({ length: 100 }, (_, index) => String(index));
    const answers = await Promise.all(ids.map((id) => ledger.recordDelivery(delivery(id))));
    expect(new Set(answers)).toEqual(new Set(['recorded']));
    expect(await ledger.unsettledDeliveries()).toHaveLength(100);
    expect((await commands()) - before).toBeLessThan(10);
  });

  // Scripts run by clients, not the commands inside of them.
  async function commands(): Promise<number> {
    const stats = await raw.info('commandstats');
    return [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
  }

  test('one fails within the forge’s patience when Redis is away', { ...LONG_TEST, timeout: 15_000 }, async () => {
    await server.kill();
    await expect(ledger.recordDelivery(delivery('1'))).rejects.toThrow('cannot record delivery 1');
    await server.start();
  });
});

test('of deliveries that arrive together the newest is kept, at the cost of the first and the last', async () => {
  const arrivals = Array.from({ length: 50 }, (_, index) => ({ at: at(), id: `delivery-${index}`, event: 'push' }));
  await raw.config('RESETSTAT');
  await Promise.all(arrivals.map(ledger.noteArrival));
  expect(await ledger.lastArrival()).toEqual(arrivals.at(-1));
  expect(await raw.info('commandstats')).toMatch(/^cmdstat_set:calls=2,/m);
  const later = { at: at(), id: 'later', event: 'push' };
  await ledger.noteArrival(later);
  expect(await ledger.lastArrival()).toEqual(later);
});

describe('runs', () => {
  test('only the newest runs are kept', async () => {
    const first = await ledger.recordRun(request(), planned(null, { state: 'succeeded' }));
    await ledger.appendLog(first, T1, ['line']);
    for (let n = 0; n < 500; n += 1) await ledger.recordRun(request(), planned(null, { state: 'succeeded' }));
    expect(await ledger.run(first)).toBeNull();
    expect(await ledger.runs(1000)).toHaveLength(500);
  });

  test('a value in an unknown version is refused with what to do', async () => {
    await raw.set('{phoenix}:head', JSON.stringify({ v: 2, commit: A }));
    await expect(ledger.head()).rejects.toThrow(/followed head in version 2.*knows version 1/);
  });
});

describe('a large run', () => {
  const TARGETS = Array.from({ length: 2_000 }, (_, n) => targetId('lxc', 1_000 + n));

  const sent = async () => Number(/^total_net_output_bytes:(\d+)/m.exec(await raw.info('stats'))?.[1]);

  test('is read a step at a time, and its plan once', async () => {
    const run = await ledger.recordRun(request(), planned(planOf(...TARGETS)));
    const [target = T1] = TARGETS;
    const lease = await ledger.acquireLease(target, 10_000);
    if (lease === null) throw new Error('no lease');
    await ledger.startStep(lease, run, at());
    await ledger.recordAction(lease, run, { summary: 'make it', exit: 0, ms: 5 });
    await ledger.approve(run, { target, by: 'ann', at: at() });
    const whole = await ledger.run(run);
    const before = await sent();
    const one = await ledger.runStep(run, target);
    expect((await sent()) - before).toBeLessThan(10_000);
    expect(one).toEqual({ ...whole, steps: whole?.steps.slice(0, 1) });
    expect(await ledger.runStep('999' as RunId, target)).toBeNull();
  });

  test('one of the same number in a Redis that was emptied is another run', async () => {
    const old = await ledger.recordRun(request(), planned(planOf(T1)));
    await ledger.run(old);
    await raw.flushall();
    time += 1;
    const run = await ledger.recordRun({ ...request(), created: at() }, planned(planOf(T2)));
    expect(run).toBe(old);
    expect((await ledger.run(run))?.steps.map(({ target }) => target)).toEqual([T2]);
    expect((await ledger.runStep(run, T2))?.steps).toHaveLength(1);
  });
});

describe('leases', () => {
  test('a worker that lost the lease writes nothing any more', async () => {
    const run = await ledger.recordRun(request(), planned(planOf(T1)));
    const lost = await leaseOf(ledger, T1);
    await ledger.startStep(lost, run, at());
    await raw.del('{phoenix}:lease:lxc/101');
    const holder = await leaseOf(ledger, T1);
    expect(await ledger.startStep(lost, run, at())).toBe(false);
    expect(await ledger.touch(lost, run, { commit: A })).toBe(false);
    expect(await ledger.recordAction(lost, run, { summary: 'x', exit: 0, ms: 1 })).toBe(false);
    expect(await ledger.finishStep(lost, run, proved(T1))).toBe(false);
    expect((await ledger.targets()).applied.size).toBe(0);
    expect(await ledger.startStep(holder, run, at())).toBe(true);
    expect((await ledger.run(run))?.steps[0]).toMatchObject({ attempts: 2, outcome: null, actions: [] });
  });
});

describe('what is known of targets', () => {
  test('a step withdraws the proof when it begins and gives it back when it ends', async () => {
    const run = await ledger.recordRun(request(), planned(planOf(T1)));
    const held = await leaseOf(ledger, T1);
    await ledger.startStep(held, run, at());
    await ledger.touch(held, run, { commit: A });
    await ledger.recordAction(held, run, { summary: 'create 101', exit: 0, ms: 12 });
    expect((await ledger.targets()).touched.get(T1)).toEqual({ commit: A });
    await ledger.finishStep(held, run, proved(T1));
    const { applied, touched } = await ledger.targets();
    expect(applied.get(T1)).toEqual({ target: T1, commit: A, digest: 'd1' });
    expect(await ledger.target(T1)).toEqual({ applied: applied.get(T1), touched: null });
    expect(await ledger.target(T2)).toEqual({ applied: null, touched: null });
    expect(touched.size).toBe(0);
    expect((await ledger.run(run))?.steps[0]).toMatchObject({ actions: [{ summary: 'create 101', exit: 0, ms: 12 }] });
  });
});

describe('outbox', () => {
  test('a lease from before the clock was set back ends like any other', async () => {
    const lease = await ledger.acquireLease(T1, 10_000);
    await raw.pexpire(`{phoenix}:lease:${T1}`, 3_600_000);
    expect(await ledger.acquireLease(T1, 20)).toBeNull();
    await until(async () => (await ledger.acquireLease(T1, 20)) !== null, 'the lease to end');
    expect(lease).not.toBeNull();
  });

  test('a run that Redis has lost in part is no run without steps, and one that is gone is not begun again by what comes late', async () => {
    const run = await ledger.recordRun(request(), planned(planOf(T1)));
    await raw.hdel(`{phoenix}:run:${run}`, 'plan');
    // One that has read it before still knows it.
    const another = openLedger(
      connectRedis(server.url, () => {}),
      { clock: { now: () => new Date(time) } },
    );
    await ledger.startStep((await ledger.acquireLease(T1, 10_000)) as never, run, at());
    await expect(another.runProgress(run)).rejects.toThrow('in part only');
    await expect(another.runStep(run, T1)).rejects.toThrow('in part only');
    await another.close();
    await raw.del(`{phoenix}:run:${run}`);
    await ledger.settleSteps(run, at(), new Map([[T1, { outcome: 'skipped', reason: 'x', statuses: [] }]]));
    await ledger.approve(run, { target: T1, by: 'ann', at: at() });
    await ledger.reopenSteps(run, [T1], []);
    expect(await raw.exists(`{phoenix}:run:${run}`)).toBe(0);
  });
});

describe('the rest', () => {
  test('several installations share one Redis without seeing each other', async () => {
    const other = openLedger(
      connectRedis(server.url, () => {}),
      {
        clock: { now: () => new Date(time) },
        installation: 'second',
      },
    );
    await ledger.recordRun(request(), planned(planOf(T1)));
    expect(await other.runs(10)).toEqual([]);
    await other.close();
  });
});
