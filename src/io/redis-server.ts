// A private Redis for a Phoenix that was given none: append-only under the data folder, on a socket that only its user can
// open. It is stopped with the agent; one that outlived a killed agent is stopped before a new one opens the same files.

import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lockFolder } from './folder-lock.ts';

/** The system's limit for the path of a socket is 107 bytes; Redis needs a few for itself. */
const SOCKET_PATH_BYTES = 100;
/** Loading a long append-only file takes its time. */
const START_MS = 60_000;
const STOP_MS = 10_000;
const LOOK_AGAIN_MS = 20;
const ANSWER_MS = 2_000;
/** With `appendfsync always`, a server that cannot write ends: without this much room it would not live long. */
const ROOM_BYTES = 1024 * 1024;
const LOOK_FOR_ROOM_MS = 1_000;

/** Starts in a minute after which it is not tried again. */
const MOST_STARTS = 5;
const MINUTE_MS = 60_000;

/** Hears of a server that ends by itself. */
export interface RedisWatch {
  /** It is started again. */
  ended(reason: string): void;
  /** There is no room for what it writes: it is started again when there is. Told once each time. */
  full(reason: string): void;
  /** It cannot be started any more: nothing can go on. */
  lost(error: Error): void;
}

export interface RedisServer {
  /** `unix:///…`, for `connectRedis`. */
  readonly url: string;
  /** Writes everything down and ends it. */
  stop(): Promise<void>;
}

/** Why there is no private Redis, and what to do; thrown by `startRedis`. */
export class RedisUnavailable extends Error {
  override readonly name = 'RedisUnavailable';
  /** As the command line ends for what is not there. */
  readonly exit = 3;
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/**
 * Resolves once it answers.
 *
 * @param folder where its files lie; made when it is not there. One process may use it at a time
 * @param watch a server that ends by itself is started again, with what it had written
 * @param program `redis-server`, found on PATH
 * @throws RedisUnavailable, FolderTaken
 */
export async function startRedis(folder: string, watch: RedisWatch, program = 'redis-server'): Promise<RedisServer> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const home = await realpath(folder);
  const unlock = await lockFolder(home);
  const direct = join(home, 'redis.sock');
  const elsewhere = Buffer.byteLength(direct) > SOCKET_PATH_BYTES ? await mkdtemp(join(tmpdir(), 'phoenix-')) : null;
  const socket = elsewhere === null ? direct : join(elsewhere, 'redis.sock');
  const release = async () => {
    unlock();
    if (elsewhere !== null) await rm(elsewhere, { recursive: true, force: true });
  };
  try {
    await endLeftover(socket);
    let running = await launch(program, home, socket);
    const stopping = new AbortController();
    const starts: number[] = [];
    const keep = async (): Promise<void> => {
      for (;;) {
        const reason = await running.ended;
        if (stopping.signal.aborted) return;
        if (await waitForRoom(home, watch, stopping.signal)) starts.length = 0;
        if (stopping.signal.aborted) return;
        starts.push(performance.now());
        if (starts.filter((at) => performance.now() - at < MINUTE_MS).length > MOST_STARTS) {
          throw new RedisUnavailable(`the private redis-server ends again and again: ${reason}`, TRY_ITSELF);
        }
        watch.ended(reason);
        // One that does not come up has ended as well.
        running = await launch(program, home, socket).catch((error: Error) => endedWith(error.message));
        if (stopping.signal.aborted) await running.stop();
      }
    };
    const kept = keep().catch((error: Error) => watch.lost(error));
    return {
      url: `unix://${socket}`,
      async stop() {
        stopping.abort();
        await running.stop();
        await kept;
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

const TRY_ITSELF = 'see what it says when it is started by hand in its folder, or set REDIS_URL';

/** Whether it had to wait. A person makes room, and need not start anything after it. */
async function waitForRoom(home: string, watch: RedisWatch, stop: AbortSignal): Promise<boolean> {
  let reason = await noRoom(home);
  if (reason === null) return false;
  watch.full(reason);
  while (reason !== null && !stop.aborted) {
    await delay(LOOK_FOR_ROOM_MS, undefined, { signal: stop }).catch(() => {});
    reason = await noRoom(home);
  }
  return true;
}

/** Why no more can be written in a folder; null when it can. Tried, since quotas and inodes are a disk's end as well. */
async function noRoom(home: string): Promise<string | null> {
  const file = join(home, 'room');
  try {
    await writeFile(file, Buffer.alloc(ROOM_BYTES, 1), { flush: true });
    return null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOSPC' || code === 'EDQUOT' ? message : null;
  } finally {
    await rm(file, { force: true }).catch(() => {});
  }
}

/** A Redis whose agent was killed lives on: it is ended, so that two never write the same files. */
async function endLeftover(socket: string): Promise<void> {
  if ((await inlineCommand(socket, 'PING')) === null) return;
  await inlineCommand(socket, 'SHUTDOWN');
  const deadline = performance.now() + STOP_MS;
  while ((await inlineCommand(socket, 'PING')) !== null) {
    if (performance.now() > deadline) {
      throw new RedisUnavailable(
        `the redis-server at ${socket} does not end`,
        'end it by hand, then start Phoenix again',
      );
    }
    await delay(LOOK_AGAIN_MS);
  }
}

interface Launched {
  /** Why it ended, however it did. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

function endedWith(reason: string): Launched {
  return { ended: Promise.resolve(reason), stop: async () => {} };
}

async function launch(program: string, home: string, socket: string): Promise<Launched> {
  const place = ['--port', '0', '--unixsocket', socket, '--unixsocketperm', '700', '--dir', home, '--save', ''];
  // `always`: a webhook is acknowledged once its record is on the disk, also when the machine loses power.
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'];
  // What is forgotten leaves the disk as well: the file is written anew once it is twice as long as what it holds.
  const short = ['--auto-aof-rewrite-percentage', '100', '--auto-aof-rewrite-min-size', '16mb'];
  // Detached: an interrupt at the terminal goes to Phoenix alone, which stops Redis last.
  const child = spawn(program, [...place, ...durable, ...short, '--loglevel', 'warning'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-2_000);
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`it ended with ${code ?? signal}: ${said.trim()}`));
  });
  const stop = async () => {
    child.kill('SIGTERM');
    const insist = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(insist);
  };

  const failure = await Promise.race([ended, answering(socket)]);
  if (failure === null) return { ended, stop };
  child.kill('SIGKILL');
  throw new RedisUnavailable(
    `${program} could not be started: ${failure}`,
    'install Redis 6.2 or newer (for example: apt install redis-server), or set REDIS_URL',
  );
}

/** Null once it answers; otherwise why it did not in time. */
async function answering(socket: string): Promise<string | null> {
  const deadline = performance.now() + START_MS;
  while (performance.now() < deadline) {
    if ((await inlineCommand(socket, 'PING')) === '+PONG') return null;
    await delay(LOOK_AGAIN_MS);
  }
  return 'it does not answer';
}

/** One inline command of Redis's protocol. Null when nobody answers; empty when the connection ended without an answer. */
function inlineCommand(socket: string, command: string): Promise<string | null> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    let connected = false;
    connection.setTimeout(ANSWER_MS, () => connection.destroy());
    connection.on('error', () => {});
    connection.on('connect', () => {
      connected = true;
      connection.write(`${command}\r\n`);
    });
    connection.once('data', (reply) => {
      resolve(reply.toString('utf8').split('\r\n')[0] ?? '');
      connection.destroy();
    });
    connection.on('close', () => resolve(connected ? '' : null));
  });
}

/** Version of the installed program, for example `7.2.4`; null when there is none. */
export async function redisServerVersion(program = 'redis-server'): Promise<string | null> {
  const child = spawn(program, ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  return new Promise((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', () => resolve(/\bv=(\S+)/.exec(said)?.[1] ?? null));
  });
}
