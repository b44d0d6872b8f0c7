// A private Redis for a Phoenix without a configured one: append-only in the data folder, on a socket that only its user can open. It is stopped with
// the agent; one that survived a killed agent is stopped before a new one opens the same files.

import { spawn } from 'node:child_process';
import { chmod, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lockFolder } from './folder-lock.ts';
import { makeFolders } from './make-folders.ts';

/** The system's limit for a socket's path is 107 bytes; Redis itself needs a few. */
const SOCKET_PATH_BYTES = 100;
/** Loading a large append-only file takes time. */
const START_MS = 60_000;
const STOP_MS = 10_000;
const LOOK_AGAIN_MS = 20;
const ANSWER_MS = 2_000;
/** With `appendfsync always`, a server that cannot write exits: this much free space is required before a start. */
const ROOM_BYTES = 1024 * 1024;
const LOOK_FOR_ROOM_MS = 1_000;

/** Maximum number of starts within a minute. */
const MAX_STARTS = 5;
const MINUTE_MS = 60_000;

/** Callbacks for a server that exits by itself. */
export interface RedisWatch {
  /** It exited and is restarted. */
  ended(reason: string): void;
  /** The disk is full: it is restarted when there is room. Called once each time. */
  full(reason: string): void;
  /** It cannot be restarted, so nothing can continue. */
  lost(error: Error): void;
}

export interface RedisServer {
  /** `unix:///…`, for `connectRedis`. */
  readonly url: string;
  /** Persists everything and stops it. */
  stop(): Promise<void>;
}

/** Why there is no private Redis, and what to do; thrown by `startRedis`. */
export class RedisUnavailable extends Error {
  override readonly name = 'RedisUnavailable';
  /** Exit code of the command line: something that Phoenix needs is not available. */
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
 * @param folder folder of its files, created when missing. One process may use it at a time
 * @param watch a server that exits by itself is restarted with its data
 * @param program `redis-server`, found on PATH
 * @throws RedisUnavailable, FolderTaken
 */
export async function startRedis(folder: string, watch: RedisWatch, program = 'redis-server'): Promise<RedisServer> {
  await makeFolders(folder, 0o700);
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
        if (starts.filter((at) => performance.now() - at < MINUTE_MS).length > MAX_STARTS) {
          throw new RedisUnavailable(`the private redis-server ends again and again: ${reason}`, TRY_ITSELF);
        }
        watch.ended(reason);
        // A server that does not come up counts as exited.
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

/** Returns whether it had to wait. Once a person has freed space, nothing has to be restarted manually. */
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

/** Why a folder is not writable; null when it is. Tested by writing, since quotas and inodes can run out too. */
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

/** Stops a Redis that survived its agent, so that two never write the same files. */
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
  /** Resolves to why it exited. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

function endedWith(reason: string): Launched {
  return { ended: Promise.resolve(reason), stop: async () => {} };
}

async function launch(program: string, home: string, socket: string): Promise<Launched> {
  const place = ['--port', '0', '--unixsocket', socket, '--unixsocketperm', '700', '--dir', home, '--save', ''];
  // `always`: a webhook is acknowledged once its record is on disk, so that it survives a power failure.
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'];
  // Deleted data leaves the disk too: the file is rewritten once it is twice as long as its content.
  const short = ['--auto-aof-rewrite-percentage', '100', '--auto-aof-rewrite-min-size', '16mb'];
  // Detached, so that an interrupt at the terminal only reaches Phoenix, which stops Redis last.
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

/** Sends one inline command of Redis's protocol. Null when nothing answers; empty when the connection ended without an answer. */
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
