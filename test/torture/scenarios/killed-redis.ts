// The private redis-server of an agent is killed at random moments of a run.

import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { expect } from 'vitest';
import { environment } from '../../support/environment.ts';
import { until } from '../../support/until.ts';
import { scenario } from '../scenario.ts';
import { expectOnce, served } from '../served.ts';

export const killedRedis = scenario({
  name: 'killed-redis',
  about: 'a private redis-server that is killed is started again; no push is lost, nothing is done twice',
  tries: { long: 30, short: 1 },
  input: fc.record({
    /** Milliseconds from the push, or from the kill before, to a kill. More than five in a minute would end the agent. */
    kills: fc.array(fc.integer({ min: 0, max: 1_500 }), { minLength: 1, maxLength: 4 }),
    /** Whether the second commit is pushed while nothing is done. */
    idle: fc.boolean(),
  }),
  attempt: ({ kills, idle }) =>
    served(async (phoenix) => {
      const { repo, folder } = phoenix;
      const first = await repo.commit(environment({ 101: {}, 102: { dependencies: [101] } }));
      await repo.push();
      for (const ms of kills) {
        await pause(ms);
        await killRedis(join(folder, 'data', 'redis', 'redis.sock'));
      }
      if (idle) expect(await phoenix.answered(first)).toBe('success: applied 2 targets');
      const second = await repo.commit(environment({ 101: {}, 102: { dependencies: [101] }, 103: {} }));
      await repo.push();
      expect(await phoenix.answered(second)).toMatch(/^success: /);
      await until(() => /^(success|error: superseded)/.test(phoenix.answer(first)), 'a word on the first', 60);
      expectOnce(phoenix, [101, 102, 103]);
      expect(phoenix.ends()).toEqual([]);
    }),
});

/** Waits for the server, and kills it. */
async function killRedis(path: string): Promise<void> {
  const redis = new Redis({ path, maxRetriesPerRequest: null, retryStrategy: () => 10 });
  redis.on('error', () => {});
  try {
    const pid = Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1]);
    process.kill(pid, 'SIGKILL');
  } finally {
    redis.disconnect();
  }
}
