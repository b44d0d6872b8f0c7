// What the log says of a Redis that goes away while Phoenix runs.

import { afterEach, expect, test } from 'vitest';
import { openRedis } from '../../src/cli/compose-redis.ts';
import { openQueue } from '../../src/io/queue/queue.ts';
import { secret } from '../../src/model/secret.ts';
import type { Log } from '../../src/ports/log.ts';
import { LONG_TEST } from '../support/long.ts';
import { startRedis, type TestRedis } from '../support/redis/redis.ts';
import { until } from '../support/until.ts';

let redis: TestRedis;
afterEach(() => redis.stop());

test('each outage is logged once, with what to do, however many connections there are', LONG_TEST, async () => {
  redis = await startRedis();
  const warnings: unknown[] = [];
  const log: Log = { info() {}, warn: (text, fields) => warnings.push([text, fields?.['hint']]), error() {} };
  const settings = { redisUrl: secret(redis.url), dataDir: '' };
  const { connect } = await openRedis(settings, [], { log, lost() {} });
  const connection = connect();
  const queue = openQueue(connect(), { log });
  await queue.work({ reconcile: async () => null, report: async () => null }, { node: 'pve', concurrency: 1 });
  for (const _ of ['first', 'second']) {
    await Promise.all([connection.ping(), queue.requestReconcile()]);
    // While the server starts, its socket may be gone for a moment.
    warnings.splice(0);
    await redis.kill();
    let tries = 0;
    connection.on('reconnecting', () => {
      tries += 1;
    });
    await until(() => tries > 2, 'three tries');
    expect(warnings.splice(0)).toEqual([
      ['Redis cannot be reached; trying again', 'start Redis, or correct the path in REDIS_URL'],
    ]);
    await redis.start();
  }
  connection.disconnect();
  await queue.close(0);
});
