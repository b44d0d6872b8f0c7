// A timed-out status request reaches the forge after a newer one.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { expect } from 'vitest';
import { LATE_MS } from '../../../src/ports/outbox.ts';
import { startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { BOXES, openBoxHost } from '../../support/host/boxes.ts';
import { until } from '../../support/until.ts';
import { scenario } from '../scenario.ts';

const TIMEOUT_MS = 500;
const TURN_MS = 16_000;
const TURNS = 6;

const inputs = (most: number) =>
  fc.record({
    /** Which of the requests that write are so late. */
    late: fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: most }),
    /** Whether the agent is restarted between the last report and the late one. */
    restart: fc.boolean(),
    whose: fc.constantFrom('github' as const, 'github app' as const, 'gitea' as const, 'gitlab' as const),
  });

export const lateRequest = scenario({
  name: 'late-request',
  about: 'a status that the forge takes long after the agent gave it up does not stay in the place of the last word',
  tries: { long: 30, short: 1 },
  input: inputs(1),
  longInput: inputs(3),
  async attempt({ late, restart, whose }) {
    const folder = await mkdtemp(join(tmpdir(), 'phoenix-late-'));
    const host = await openBoxHost(folder);
    let later = 0;
    const clock = { now: () => new Date(Date.now() + later) };
    const options = { pollSeconds: 1, leaseSeconds: 2 };
    const phoenix = await startPhoenix({
      host,
      managers: BOXES,
      forge: whose,
      forgeTimeoutMs: TIMEOUT_MS,
      clock,
      options,
    });
    const { promise: landing, resolve: land } = Promise.withResolvers<void>();
    try {
      let writes = 0;
      phoenix.forge.faults.decide(({ method, path }) => {
        if (method === 'GET' || !/status|check/.test(path)) return undefined;
        writes += 1;
        return late.includes(writes) ? { kind: 'delay', until: landing } : undefined;
      });
      const commit = await phoenix.repo.commit(environment({ 101: {} }));
      await phoenix.repo.push();
      const answer = () => phoenix.statuses(commit)['phoenix/apply'] ?? 'none';
      const isSaid = () => answer().startsWith('success');
      await until(async () => (await phoenix.ledger.runs(1))[0]?.state === 'succeeded', 'the run', 60);
      // An outage is waited for by the clock, in turns that together are shorter than what late is.
      for (let turn = 1; turn <= TURNS && !isSaid(); turn += 1) {
        later += TURN_MS;
        await phoenix.stopAgent();
        await phoenix.startAgent();
        const before = writes;
        await until(() => isSaid() || writes > before, 'another try', 10).catch(() => {});
        await pause(2 * TIMEOUT_MS);
      }
      expect(answer()).toBe('success: applied 1 target');
      land();
      await until(() => phoenix.forge.faults.waiting() === 0, 'what is late to land');
      if (restart) await phoenix.stopAgent();
      later += LATE_MS;
      if (restart) await phoenix.startAgent();
      const told = () => JSON.stringify(phoenix.statuses(commit));
      await until(() => answer() === 'success: applied 1 target' && !told().includes('pending'), told, 60);
      expect(await host.commands()).toEqual(['box put 101', 'box start 101']);
    } finally {
      land();
      await phoenix.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
});
