// A private redis-server on its own socket: test files share nothing, and nothing is left behind.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../programs.ts';
import { until } from '../until.ts';

export interface TestRedis {
  readonly url: string;
  readonly socket: string;
  /** Host and port, if requested. */
  readonly address: string;
  /** Deletes all data. */
  clear(): Promise<void>;
  /** Kills the server as a power cut would; `start` restarts it with the data that it had written. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** @param asked `tcp`: also listens on a loopback port; `cluster`: the only node of a cluster */
export async function startRedis(asked?: 'tcp' | 'cluster'): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-redis-'));
  const socket = join(folder, 'redis.sock');
  const port = asked === undefined ? 0 : await freePort();
  let server: ChildProcess | undefined;

  async function start(): Promise<void> {
    const args = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      ...(asked === 'cluster'
        ? ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1', '--cluster-port', String(await freePort())]
        : []),
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
    if (asked === 'cluster') {
      await probe.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
      const isUp = async () => String(await probe.call('CLUSTER', 'INFO')).includes('cluster_state:ok');
      await until(isUp, 'the cluster to be up');
    }
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
    address: `127.0.0.1:${port}`,
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
