// An HTTP server for each test of a file, over one Redis that is emptied between them.

import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { startRedis, type TestRedis } from '../support/redis/redis.ts';
import { openTestServer, type TestServer } from './test-server.ts';

/** @param opened receives the server of each test before it starts */
export function eachServer(opened: (server: TestServer, redis: TestRedis) => void): void {
  let redis: TestRedis;
  let server: TestServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  beforeEach(async () => {
    await redis.clear();
    server = await openTestServer(redis.url);
    opened(server, redis);
  });
  afterEach(() => server.close());
  afterAll(() => redis.stop());
}
