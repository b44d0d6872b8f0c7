// The job queue over a real Redis: requested work is neither lost nor done twice at a time, limits hold over processes, and closing interrupts
// nothing.

import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { connectRedis } from '../../src/io/ledger/connect.ts';
import { openQueue } from '../../src/io/queue/queue.ts';
import { type RunId, targetId } from '../../src/model/ids.ts';
import type { Queue, Work } from '../../src/ports/queue.ts';
import { LONG_TEST } from '../support/long.ts';
import { startRedis, type TestRedis } from '../support/redis/redis.ts';
import { until } from '../support/until.ts';

const RUN = '7' as RunId;
const ON_PVE = { node: 'pve', concurrency: 4 };

let server: TestRedis;
let queues: Queue[];

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.clear();
  queues = [];
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(queues.map((queue) => queue.close(0)));
});

const silent = { info() {}, warn() {}, error() {} };

function open(): Queue {
  const queue = openQueue(
    connectRedis(server.url, () => {}),
    { log: silent },
  );
  queues.push(queue);
  return queue;
}

/** Something that a test opens and work waits for. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

test('a request made before a reconcile begins shares it; one made while it runs gets another', async () => {
  const queue = open();
  await Promise.all([queue.requestReconcile(), queue.requestReconcile(), queue.requestReconcile()]);
  await queue.requestReconcile();
  const first = gate();
  let begun = 0;
  const work: Work = {
    async reconcile() {
      begun += 1;
      if (begun === 1) await first.opened;
      return null;
    },
  };
  await queue.work(work, ON_PVE);
  await until(() => begun === 1);
  await queue.requestReconcile();
  await queue.requestReconcile();
  first.open();
  await until(() => begun === 2);
  await queue.requestReconcile();
  await until(() => begun === 3);
});

test('no step waits for a report to be requested, and the report runs nevertheless', async () => {
  // However long the test takes, the second request comes a moment after the first.
  vi.useFakeTimers({ toFake: ['performance'] });
  const queue = open();
  const redis = new Redis(server.url);
  let reports = 0;
  const work: Work = {
    async report() {
      reports += 1;
      return null;
    },
  };
  await queue.work(work, ON_PVE);
  await queue.requestReport();
  await until(() => reports === 1);
  const order: string[] = [];
  // The first answer of Redis comes after everything that is done without one.
  const asked = [1, 2, 3].map(() => queue.requestReport().then(() => order.push('asked')));
  await redis.ping();
  order.push('Redis');
  await Promise.all(asked);
  expect(order).toEqual(['asked', 'asked', 'asked', 'Redis']);
  vi.useRealTimers();
  await until(() => reports === 2);
  redis.disconnect();
});

test('a pending request for a report is sent when the queue closes', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const queue = open();
  let reports = 0;
  const work = (): Work => ({
    async report() {
      reports += 1;
      return null;
    },
  });
  await queue.work(work(), ON_PVE);
  await queue.requestReport();
  await until(() => reports === 1);
  await queue.requestReport();
  await queue.close(1_000);
  expect(reports).toBe(1);
  await open().work(work(), ON_PVE);
  await until(() => reports === 2);
});

test('a step is requested once per attempt, and several run concurrently', async () => {
  const queue = open();
  const [one, two] = [targetId('lxc', 101), targetId('certificate', 'a:b')];
  for (const target of [one, one, two]) await queue.requestApply('pve', { run: RUN, target, attempt: 0 });
  const both = gate();
  const seen: string[] = [];
  await queue.work(
    {
      async apply(run, target) {
        seen.push(`${run} ${target}`);
        if (seen.length === 2) both.open();
        await both.opened;
        return null;
      },
    },
    ON_PVE,
  );
  await until(() => seen.length === 2);
  expect(seen.sort()).toEqual(['7 certificate/a:b', '7 lxc/101']);
  await queue.requestApply('pve', { run: RUN, target: one, attempt: 1 });
  await until(() => seen.length === 3);
});

test('a step has one job, whichever process requests it, also while it waits for a retry', async () => {
  const [one, other] = [open(), open()];
  const step = { run: RUN, target: targetId('lxc', 101), attempt: 0 };
  const times: string[] = [];
  const work: Work = {
    async apply(_run, target) {
      times.push(target);
      return times.length === 1 ? 60_000 : null;
    },
  };
  await one.requestApply('pve', step);
  await one.work(work, ON_PVE);
  await until(() => times.length === 1);
  const redis = new Redis(server.socket);
  await until(async () => (await redis.keys('{phoenix}:queue:wait:*')).length === 1);
  await other.work(work, ON_PVE);
  for (const queue of [one, other]) await queue.requestApply('pve', step);
  await other.requestApply('pve', { ...step, target: targetId('lxc', 102) });
  await until(() => times.length === 2);
  expect(times).toEqual(['lxc/101', 'lxc/102']);
  redis.disconnect();
});

test('one job continues with further steps, and one of them that has to be retried gets a job of its own', async () => {
  const queue = open();
  const next = (n: number) => ({ run: RUN, target: targetId('lxc', n), attempt: 0 });
  const seen: string[] = [];
  let active = 0;
  const redis = new Redis(server.socket);
  await queue.requestApply('pve', next(1));
  await queue.work(
    {
      async apply(_run, target) {
        seen.push(target);
        active = Math.max(active, await redis.llen('{phoenix}:queue:apply-pve:active'));
        const number = Number(target.slice('lxc/'.length));
        if (number < 40) return next(number + 1);
        return seen.filter((each) => each === target).length === 1 ? 1 : null;
      },
    },
    ON_PVE,
  );
  const all = Array.from({ length: 40 }, (_, index) => `lxc/${index + 1}`);
  await until(() => seen.length === 41);
  expect(seen).toEqual([...all, 'lxc/40']);
  // The next job may start before the one that requested it has ended.
  expect(active).toBeLessThanOrEqual(2);
  redis.disconnect();
});

test('the node runs at most the permitted number of steps at a time, over all processes', async () => {
  const limited = { ...ON_PVE, atMost: 2 };
  let [now, most, done] = [0, 0, 0];
  const work: Work = {
    async apply() {
      now += 1;
      most = Math.max(most, now);
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
      now -= 1;
      done += 1;
      return null;
    },
  };
  const queues = [open(), open(), open()];
  for (let n = 0; n < 30; n += 1)
    await queues[0]?.requestApply('pve', { run: RUN, target: targetId('lxc', n), attempt: 0 });
  for (const queue of queues) await queue.work(work, limited);
  await until(() => done === 30);
  expect(most).toBe(2);
});

test('a step for another node is left alone', async () => {
  const queue = open();
  const seen: string[] = [];
  await queue.requestApply('other', { run: RUN, target: targetId('lxc', 1), attempt: 0 });
  await queue.requestApply('pve', { run: RUN, target: targetId('lxc', 2), attempt: 0 });
  const work: Work = {
    async apply(_run, target) {
      seen.push(target);
      return null;
    },
  };
  await queue.work(work, ON_PVE);
  await until(() => seen.length === 1);
  await open().work(work, { node: 'other', concurrency: 1 });
  await until(() => seen.length === 2);
  expect(seen).toEqual(['lxc/2', 'lxc/1']);
});

test('work that requests a retry is retried', async () => {
  const queue = open();
  let tries = 0;
  await queue.requestReport();
  await queue.work(
    {
      async report() {
        tries += 1;
        return tries < 3 ? 10 : null;
      },
    },
    ON_PVE,
  );
  await until(() => tries === 3);
});

test.each(['reconcile', 'drift', 'renew'] as const)('a timer begins %s by itself', async (name) => {
  const queue = open();
  let begun = 0;
  await queue.every(name, 0.1);
  const count = async () => {
    begun += 1;
    return null;
  };
  await queue.work({ [name]: count }, ON_PVE);
  await until(() => begun >= 3);
});

test('of all processes with a timer one sends each request, and a new interval applies', async () => {
  const [one, other] = [open(), open()];
  let begun = 0;
  const drift = async () => {
    begun += 1;
    return null;
  };
  await one.every('drift', 3600);
  await other.every('drift', 3600);
  await other.work({ drift }, ON_PVE);
  await until(() => begun === 1);
  await one.every('drift', 0.05);
  await until(() => begun >= 3);
  const redis = new Redis(server.socket);
  expect(await redis.exists('{phoenix}:queue:drift:repeat')).toBe(0);
  redis.disconnect();
});

test('a clock that was set back by an hour delays neither timers nor waiting work', async () => {
  const queue = open();
  const redis = new Redis(server.socket);
  let drifts = 0;
  let reports = 0;
  await queue.work(
    {
      async drift() {
        drifts += 1;
        // Keys in Redis expire an hour late.
        await redis.set('{phoenix}:queue:turn:drift', '1', 'PX', 3_600_000);
        return null;
      },
      async report() {
        reports += 1;
        return reports < 3 ? 20 : null;
      },
    },
    ON_PVE,
  );
  await queue.every('drift', 0.05);
  await queue.requestReport();
  await until(() => drifts >= 3 && reports === 3);
  expect(await redis.keys('*:delayed')).toEqual([]);
  redis.disconnect();
});

test('closing waits for running work, then aborts it', async () => {
  const queue = open();
  const running = gate();
  let aborted = false;
  await queue.requestReconcile();
  await queue.work(
    {
      reconcile: (signal) =>
        new Promise((resolve) => {
          running.open();
          signal.addEventListener('abort', () => {
            aborted = true;
            resolve(null);
          });
        }),
    },
    ON_PVE,
  );
  await running.opened;
  await queue.close(20);
  expect(aborted).toBe(true);
});

test('closing lets a step end and does not start the next one', async () => {
  const queue = open();
  const step = (id: number) => ({ run: RUN, target: targetId('lxc', id), attempt: 0 });
  const [first, second] = [step(101), step(102)];
  const [began, mayEnd] = [gate(), gate()];
  const steps: string[] = [];
  await queue.work(
    {
      async apply(_run, target) {
        steps.push(target);
        if (target === second.target) return null;
        began.open();
        await mayEnd.opened;
        return second;
      },
    },
    ON_PVE,
  );
  await queue.requestApply('pve', first);
  await began.opened;
  const closed = queue.close(30_000);
  mayEnd.open();
  await closed;
  expect(steps).toEqual([first.target]);

  const next = open();
  const done = gate();
  await next.work(
    {
      async apply(_run, target) {
        steps.push(target);
        done.open();
        return null;
      },
    },
    ON_PVE,
  );
  await done.opened;
  expect(steps).toEqual([first.target, second.target]);
});

test('closing does not wait for a Redis that is away when no work is under way', {
  ...LONG_TEST,
  timeout: 20_000,
}, async () => {
  const queue = open();
  await queue.every('reconcile', 3600);
  let begun = 0;
  await queue.work(
    {
      async reconcile() {
        begun += 1;
        return null;
      },
      report: async () => null,
    },
    ON_PVE,
  );
  await until(() => begun === 1);
  await server.kill();
  // It would wait longer than this test may take.
  await queue.close(30_000);
  await server.start();
});

test('nothing is left behind in Redis but the queues’ own records', async () => {
  const queue = open();
  let done = 0;
  await queue.work(
    {
      async apply() {
        done += 1;
        return null;
      },
    },
    ON_PVE,
  );
  for (let n = 0; n < 20; n += 1) await queue.requestApply('pve', { run: RUN, target: targetId('lxc', n), attempt: 0 });
  await until(() => done === 20);
  const redis = new Redis(server.socket);
  await until(async () => (await redis.keys('*7-lxc*')).length === 0);
  redis.disconnect();
});
