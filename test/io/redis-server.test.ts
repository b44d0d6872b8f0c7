// The private Redis of an agent: it keeps its data through stops and crashes, belongs to one user, and says what to do where it cannot run.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type RedisServer, startRedis } from '../../src/io/redis-server.ts';
import { LONG_TEST } from '../support/long.ts';
import { until } from '../support/until.ts';

const MODULE = fileURLToPath(new URL('../../src/io/redis-server.ts', import.meta.url));
/** The callbacks of a server that ends by itself. */
const told: string[] = [];
const WATCH = {
  ended: (reason: string) => void told.push(reason),
  full: (reason: string) => void told.push(`full: ${reason}`),
  lost: (error: Error) => void told.push(`lost: ${error.message}`),
};

let folder: string;
let running: RedisServer[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-redis-server-'));
  running = [];
  told.length = 0;
});
afterEach(async () => {
  for (const server of running) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(path: string, program?: string): Promise<RedisServer> {
  const server = await startRedis(path, WATCH, program);
  running.push(server);
  return server;
}

async function withClient<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url.slice('unix://'.length), { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => {});
  await redis.connect();
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

test('written data survives a stop and a start', async () => {
  const first = await startRedis(folder, WATCH);
  await withClient(first.url, (redis) => redis.set('key', 'value'));
  await first.stop();
  const second = await start(folder);
  expect(await withClient(second.url, (redis) => redis.get('key'))).toBe('value');
});

test('a server that dies is restarted with its data, and one that dies repeatedly is given up', LONG_TEST, async () => {
  const { url } = await start(folder);
  await withClient(url, (redis) => redis.set('key', 'value'));
  for (let time = 1; time <= 6; time += 1) {
    const answers = () => withClient(url, (redis) => redis.get('key')).catch(() => null);
    await until(async () => (await answers()) === 'value', `server ${time} with what was written`);
    const info = await withClient(url, (redis) => redis.info('server'));
    process.kill(Number(/process_id:(\d+)/.exec(info)?.[1]), 'SIGKILL');
    await until(
      () => told.length >= time,
      () => `the end of server ${time}: ${told}`,
    );
  }
  expect(told.slice(0, 5).filter((reason) => !reason.includes('SIGKILL'))).toEqual([]);
  expect(told[5]).toContain('lost: the private redis-server ends again and again');
});

test('only its user can reach it, it forgets nothing, and it listens on no port', async () => {
  const { url } = await start(join(folder, 'data', 'redis'));
  expect((await stat(url.slice('unix://'.length))).mode & 0o077).toBe(0);
  expect((await stat(join(folder, 'data', 'redis'))).mode & 0o077).toBe(0);
  const settings = await withClient(url, (redis) => redis.config('GET', 'maxmemory-policy', 'appendonly', 'port'));
  expect(settings).toEqual(expect.arrayContaining(['noeviction', 'yes', '0']));
});

test('a path that is too long for a socket is no obstacle', async () => {
  const { url } = await start(join(folder, 'x'.repeat(120)));
  expect(await withClient(url, (redis) => redis.ping())).toBe('PONG');
});

test('a second Phoenix on the same data is refused, with the remedy', async () => {
  await start(folder);
  await expect(startRedis(folder, WATCH)).rejects.toMatchObject({
    name: 'FolderTaken',
    message: expect.stringContaining('another Phoenix'),
    hint: expect.stringContaining('PHOENIX_DATA_DIR'),
  });
});

test('a missing program is reported with the remedy', async () => {
  await expect(startRedis(folder, WATCH, 'no-such-redis-server')).rejects.toMatchObject({
    name: 'RedisUnavailable',
    hint: expect.stringContaining('install Redis'),
  });
  await start(folder);
});

test('a server that outlived its killed agent is replaced by one with the same data', async () => {
  const agent = startElsewhere(folder);
  const url = await firstLine(agent);
  await withClient(url, (redis) => redis.set('key', 'value'));
  agent.kill('SIGKILL');
  await once(agent, 'exit');
  expect(await withClient(url, (redis) => redis.ping())).toBe('PONG');
  const server = await start(folder);
  expect(await withClient(server.url, (redis) => redis.get('key'))).toBe('value');
});

function startElsewhere(path: string): ChildProcess {
  const script = `const { startRedis } = await import(${JSON.stringify(MODULE)});
    console.log((await startRedis(${JSON.stringify(path)}, { ended() {}, full() {}, lost() {} })).url); setInterval(() => {}, 1000);`;
  return spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output');
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  return chunk.toString('utf8').trim();
}
