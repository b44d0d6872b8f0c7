// The contract of the port `Ledger`, held with the least rights in Redis that docs/agent.md names, and in a cluster.

import { readFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe } from 'vitest';
import { connectRedis } from '../../src/io/ledger/connect.ts';
import { openLedger } from '../../src/io/ledger/ledger.ts';
import { startRedis, type TestRedis } from '../support/redis/redis.ts';
import { ledgerContract } from './ledger.contract.ts';

describe('a ledger in one Redis, by a user with the rights that docs/agent.md names', () => {
  inRedis(
    'tcp',
    (address) => `redis://phoenix:PASSWORD@${address}`,
    async (redis) => {
      const page = await readFile(new URL('../../docs/agent.md', import.meta.url), 'utf8');
      const [, rights = ''] = /^ACL SETUSER (.*)$/m.exec(page) ?? [];
      await redis.call('ACL', 'SETUSER', ...rights.split(' '));
    },
  );
});

describe('a ledger in a cluster', () => {
  inRedis(
    'cluster',
    (address) => `redis+cluster://${address}`,
    async () => {},
  );
});

function inRedis(
  kind: 'tcp' | 'cluster',
  urlOf: (address: string) => string,
  prepare: (redis: Redis) => Promise<void>,
): void {
  let server: TestRedis;
  beforeAll(async () => {
    server = await startRedis(kind);
    const redis = new Redis(server.socket);
    await prepare(redis);
    redis.disconnect();
  });
  afterAll(() => server.stop());
  ledgerContract(async (clock) => {
    await server.clear();
    const redis = connectRedis(urlOf(server.address), () => {}, { asksInfo: false });
    return openLedger(redis, { clock });
  });
}
