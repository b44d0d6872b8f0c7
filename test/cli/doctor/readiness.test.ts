// `/readyz` is positive only while Redis and the repository are usable, and does not ask the repository at every request.

import { expect, test } from 'vitest';
import { readiness } from '../../../src/cli/doctor/readiness.ts';

function setUp() {
  let now = 0;
  const state = { redis: true, repository: true, fetched: 0, served: ['reconcile', 'apply', 'report'] };
  const ready = readiness({
    ledger: {
      async ping() {
        if (!state.redis) throw new Error('Redis does not answer');
      },
      served: async (roles) => roles.filter((role) => state.served.includes(role)),
    },
    roles: ['reconcile', 'apply'],
    repository: {
      async fetch() {
        state.fetched += 1;
        if (!state.repository) throw new Error('it cannot be reached');
        return null;
      },
    },
    clock: { now: () => new Date(now) },
  });
  return { ready, state, later: (ms: number) => (now += ms) };
}

test('ready with Redis and the repository, also while its branch is not there yet', async () => {
  const { ready } = setUp();
  expect(await ready()).toEqual({ ready: true, checks: { redis: 'ok', workers: 'ok', repository: 'ok' } });
});

test('what is missing is named', async () => {
  const { ready, state } = setUp();
  state.redis = false;
  state.repository = false;
  state.served = ['apply'];
  const checks = {
    redis: 'Redis does not answer',
    workers: 'no process serves reconcile; start one with phoenix serve --roles reconcile',
    repository: 'it cannot be reached',
  };
  expect(await ready()).toEqual({ ready: false, checks });
});

test('the repository is checked from time to time, and immediately after a failure', async () => {
  const { ready, state, later } = setUp();
  for (let n = 0; n < 10; n += 1) await ready();
  expect(state.fetched).toBe(1);
  later(31_000);
  state.repository = false;
  expect((await ready()).ready).toBe(false);
  state.repository = true;
  expect((await ready()).ready).toBe(true);
  expect(state.fetched).toBe(3);
});
