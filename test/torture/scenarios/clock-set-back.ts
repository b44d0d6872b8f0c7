// The wall clock is changed by an hour or by years during a run: for the agent, and for times that it has stored in Redis.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { BOXES, openBoxHost } from '../../support/host/boxes.ts';
import { until } from '../../support/until.ts';
import { scenario } from '../scenario.ts';

const HOUR_MS = 3_600_000;

export const clockSetBack = scenario({
  name: 'clock-set-back',
  about: 'a wall clock that is set by an hour or by years, forth and back, holds up neither a report nor a poll',
  tries: { long: 40, short: 1 },
  input: fc.record({
    /** The command on the host before which it is set. */
    command: fc.integer({ min: 1, max: 4 }),
    /** One after the other, each from the true time. */
    hours: fc.array(fc.constantFrom(-1, 1, -24, 24, 90_000, -90_000), { minLength: 1, maxLength: 3 }),
    /** The forge fails once before, so that something waits for its next try. */
    fails: fc.boolean(),
  }),
  async attempt({ command, hours, fails }) {
    const folder = await mkdtemp(join(tmpdir(), 'phoenix-clock-'));
    const host = await openBoxHost(folder);
    let away = 0;
    const clock = { now: () => new Date(Date.now() + away) };
    const phoenix = await startPhoenix({
      host,
      managers: BOXES,
      clock,
      options: { pollSeconds: 1, leaseSeconds: 2 },
    });
    let commands = 0;
    const steps = [...hours];
    try {
      host.before = async () => {
        commands += 1;
        if (commands >= command) away = (steps.shift() ?? 0) * HOUR_MS;
      };
      let failing = fails;
      phoenix.forge.faults.decide(({ method }) => {
        if (!failing || method !== 'POST') return undefined;
        failing = false;
        return { kind: 'answer', status: 500, message: 'not now' };
      });
      const first = await phoenix.repo.commit(environment({ 101: {} }));
      await phoenix.repo.push();
      await until(() => phoenix.statuses(first)['phoenix/apply']?.startsWith('success') === true, 'the first', 60);
      // The next push sends no webhook.
      phoenix.forge.decideDeliveries(() => 'drop');
      away = -HOUR_MS;
      const second = await phoenix.push(environment({ 101: {}, 102: {} }));
      expect(second.statuses['phoenix/apply']).toMatch(/^success: /);
      away = HOUR_MS;
      const third = await phoenix.push(environment({ 101: {}, 102: {}, 103: {} }));
      expect(third.statuses['phoenix/apply']).toMatch(/^success: /);
      const put = ['101', '102', '103'].flatMap((id) => [`box put ${id}`, `box start ${id}`]);
      expect(await host.commands()).toEqual(put);
    } finally {
      await phoenix.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
});
