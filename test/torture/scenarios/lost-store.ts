// Redis loses all data before, during or after a run.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { BOXES, openBoxHost } from '../../support/host/boxes.ts';
import { recordLog } from '../../support/log.ts';
import { until } from '../../support/until.ts';
import { scenario } from '../scenario.ts';

export const lostStore = scenario({
  name: 'lost-store',
  about: 'a Redis that was emptied is noticed within a poll; nothing is done twice, and the branch is followed on',
  tries: { long: 40, short: 1 },
  /** The command on the host before which Redis is emptied. */
  input: fc.record({ command: fc.integer({ min: 1, max: 16 }) }),
  async attempt({ command }) {
    const folder = await mkdtemp(join(tmpdir(), 'phoenix-lost-store-'));
    const host = await openBoxHost(folder);
    const log = recordLog();
    const phoenix = await startPhoenix({ host, managers: BOXES, options: { pollSeconds: 1, leaseSeconds: 2 }, log });
    let commands = 0;
    let emptied = false;
    const empty = async () => {
      emptied = true;
      await phoenix.redis.clear();
    };
    try {
      host.before = async () => {
        commands += 1;
        if (commands === command && !emptied) await empty();
      };
      await phoenix.push(environment({ 101: {} }));
      // The next push sends no webhook.
      phoenix.forge.decideDeliveries(() => 'drop');
      await phoenix.push(environment({ 101: {}, 102: {} }));
      if (!emptied) await empty();
      const { statuses } = await phoenix.push(environment({ 101: {}, 102: {}, 103: {} }));
      expect(statuses['phoenix/apply']).toMatch(/^success: /);
      const put = ['101', '102', '103'].flatMap((id) => [`box put ${id}`, `box start ${id}`]);
      expect(await host.commands()).toEqual(put);
      // A poll may come before the look that notices the loss.
      const told = () => log.lines.filter((line) => line.includes('Redis has lost its data')).length;
      await until(() => told() > 0, 'the loss to be told');
      expect(told()).toBe(1);
    } finally {
      await phoenix.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
});
