// An HTTP server for each test of a file, over one Redis that is emptied between them.

import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { openTestDoor, type TestDoor } from './door.ts';

/** @param opened is told what was opened for the test that comes */
export function eachDoor(opened: (door: TestDoor, redis: TestRedis) => void): void {
  let redis: TestRedis;
  let door: TestDoor;
  beforeAll(async () => {
    redis = await startRedis();
  });
  beforeEach(async () => {
    await redis.clear();
    door = await openTestDoor(redis.url);
    opened(door, redis);
  });
  afterEach(() => door.close());
  afterAll(() => redis.stop());
}
