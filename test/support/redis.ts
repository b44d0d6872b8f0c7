// A private redis-server on a socket of its own: nothing is shared between test files, nothing is left behind.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

export interface TestRedis {
  readonly url: string;
  readonly socket: string;
  /** Empties it. */
  clear(): Promise<void>;
  /** Ends the server as a power cut would; `start` brings it back with what it had written. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRedis(): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-redis-'));
  const socket = join(folder, 'redis.sock');
  let server: ChildProcess | undefined;

  async function start(): Promise<void> {
    const args = [
      '--port',
      '0',
      '--unixsocket',
      socket,
      '--dir',
      folder,
      '--save',
      '',
      '--appendonly',
      'yes',
      '--appendfsync',
      'no',
    ];
    server = spawn('redis-server', args, { stdio: 'ignore' });
    await once(server, 'spawn');
    const probe = new Redis({ path: socket, maxRetriesPerRequest: null, retryStrategy: () => 10 });
    probe.on('error', () => {});
    await probe.ping();
    probe.disconnect();
  }

  async function kill(): Promise<void> {
    if (server === undefined) return;
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
    server = undefined;
  }

  await start();
  return {
    url: `unix://${socket}`,
    socket,
    async clear() {
      const redis = new Redis({ path: socket });
      await redis.flushall();
      redis.disconnect();
    },
    kill,
    start,
    async stop() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
