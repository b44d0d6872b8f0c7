// Redis refuses writes for a while during a run.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { expect } from 'vitest';
import { startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { BOXES, openBoxHost } from '../../support/host/boxes.ts';
import { scenario } from '../scenario.ts';

export const redisFull = scenario({
  name: 'redis-full',
  about: 'a Redis that takes nothing for a while loses nothing, is told of by readyz, and the run ends as it is',
  tries: { long: 30, short: 1 },
  input: fc.record({
    /** The command on the host before which it is full. */
    command: fc.integer({ min: 1, max: 8 }),
    /** For so many milliseconds. */
    ms: fc.integer({ min: 1, max: 1_500 }),
  }),
  async attempt({ command, ms }) {
    const folder = await mkdtemp(join(tmpdir(), 'phoenix-full-'));
    const host = await openBoxHost(folder);
    const phoenix = await startPhoenix({ host, managers: BOXES, options: { pollSeconds: 1, leaseSeconds: 2 } });
    const redis = new Redis({ path: phoenix.redis.socket });
    let commands = 0;
    let emptied: Promise<unknown> = Promise.resolve();
    try {
      host.before = async () => {
        commands += 1;
        if (commands !== command) return;
        await redis.config('SET', 'maxmemory', '1');
        await expect(phoenix.ledger.ping()).rejects.toThrow(/Redis is full.*OOM/);
        emptied = pause(ms).then(() => redis.config('SET', 'maxmemory', '0'));
      };
      const commit = await phoenix.repo.commit(environment({ 101: {}, 102: { dependencies: [101] } }));
      await phoenix.repo.push();
      const { statuses } = await phoenix.answered(commit);
      expect(statuses).toEqual({
        'phoenix/apply': 'success: applied 2 targets',
        'phoenix/lxc/101': 'success: applied',
        'phoenix/lxc/102': 'success: applied',
      });
      expect((await phoenix.ledger.runs(9)).map(({ state }) => state)).toEqual(['succeeded']);
    } finally {
      await emptied;
      redis.disconnect();
      await phoenix.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
});
