// Many pushes to the real program: its use of Redis and memory does not grow with them.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { startForge } from 'phoenix-lab/forge';
import { expect } from 'vitest';
import { isApplied, listensAt } from '../../bench/agent.ts';
import { manyGuests } from '../../bench/guests.ts';
import { SERVICE, SERVICE_CACHE } from '../../bench/program.ts';
import { start } from '../../cli/phoenix.ts';
import { agentSettings, FORGE_TOKEN, WEBHOOK_SECRET } from '../../support/agent/agent-settings.ts';
import { openConfigRepo } from '../../support/git/config-repo.ts';
import { startRedis } from '../../support/redis/redis.ts';
import { until } from '../../support/until.ts';
import { scenario } from '../scenario.ts';

/** Pushes after which everything has been used once. */
const WARM = 2;
const TELL_EVERY = 25;
const GUESTS = 3;

export const soak = scenario({
  name: 'soak',
  about: 'push after push leaves in Redis the runs that are kept and nothing else; memory is printed',
  tries: { long: 1, short: 1 },
  /** At least so many pushes, and for so many minutes. */
  input: fc.record({ pushes: fc.constant<number>(3), minutes: fc.constant<number>(0) }),
  longInput: fc.record({ pushes: fc.constant<number>(500), minutes: fc.constant<number>(30) }),
  async attempt({ pushes, minutes }) {
    const folder = await mkdtemp(join(tmpdir(), 'phoenix-soak-'));
    const server = await startRedis();
    const redis = new Redis({ path: server.socket });
    const forge = await startForge({ folder: join(folder, 'forge'), secret: WEBHOOK_SECRET, token: FORGE_TOKEN });
    const settings = {
      ...agentSettings(folder, forge),
      REDIS_URL: server.url,
      ...SERVICE.environment,
      ...SERVICE_CACHE,
    };
    const agent = start(['serve'], settings, [], SERVICE.nodeOptions);
    try {
      await until(() => listensAt(agent) !== undefined, 'the agent to listen', 60);
      forge.sendWebhooksTo(`${listensAt(agent)}/webhooks`);
      const repo = await openConfigRepo(join(folder, 'person'), forge.pushUrl);
      const end = performance.now() + minutes * 60_000;
      let keys: string[] = [];
      for (let push = 1; push <= pushes || performance.now() < end; push += 1) {
        const commit = await repo.commit(manyGuests(GUESTS, { memory_mb: 1_024 + (push % 1_000) }));
        await repo.push();
        await until(() => isApplied(forge, commit), 'the push to be applied', 60);
        if (push === WARM) keys = await lasting(redis);
        if (push % TELL_EVERY === 0) console.log(`soak: ${push} pushes, ${await memoryOf(agent.child.pid)}`);
      }
      let left: string[] = [];
      await until(
        async () => {
          left = await lasting(redis);
          return left.join() === keys.join();
        },
        () => `the keys ${keys.join(' ')}, in place of ${left.join(' ')}`,
      );
      expect(await redis.zcard('{phoenix}:runs')).toBeLessThanOrEqual(500);
    } finally {
      agent.child.kill('SIGTERM');
      await agent.ended;
      redis.disconnect();
      await forge.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
});

/** Keys in Redis other than runs, their output, and temporary keys: leases, reports on their way, jobs. */
async function lasting(redis: Redis): Promise<string[]> {
  const keys = (await redis.keys('{phoenix}:*')).map((key) => key.replace('{phoenix}:', ''));
  const passing =
    /^(run|log|lease):|^(outbox|deliveries|probe)$|^outbox:(due|attempts|reasons|hold|sends|claimed|late)$|^queue:.*:/;
  return keys.filter((key) => !passing.test(key)).sort();
}

async function memoryOf(pid: number | undefined): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return `${/VmRSS:\s+(.*)/.exec(status)?.[1] ?? 'memory unknown'}`;
}
