// Manages the Git thread: started on demand and ended when idle. When it dies, pending requests fail, or are sent to the next thread if they cannot
// have been the cause.

import { getCompileCacheDir } from 'node:module';
import { dirname, extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Log } from '../../../ports/log.ts';
import { namedAuthorities } from '../../authorities.ts';
import type { Token } from '../remote/credentials.ts';
import type { Work, WorkOptions } from '../work.ts';
import {
  answerOf,
  type FromThread,
  type Operation,
  settledAs,
  type ThreadOptions,
  type ToThread,
} from './thread-words.ts';

export interface Thread {
  ask<Asked extends Operation>(operation: Asked, ...args: Parameters<Work[Asked]>): ReturnType<Work[Asked]>;
  close(): Promise<void>;
}

export interface ThreadDeps extends WorkOptions {
  readonly token?: Token;
  readonly log: Log;
  /** Limit of the JavaScript heap. */
  readonly maxHeapMb?: number;
  /** Limit of the process's growth while the thread works, for unpacked data: a small pack may contain a file of any size. */
  readonly maxMemoryMb?: number;
  /** Idle time after which it ends and frees its memory. */
  readonly idleMs?: number;
}

interface Question {
  readonly operation: Operation;
  readonly args: readonly unknown[];
  readonly answered: PromiseWithResolvers<unknown>;
  /** It was in progress when a thread died, together with others. */
  readonly suspected: boolean;
}

const MAX_HEAP_MB = 384;
const MEGABYTE = 2 ** 20;
/** Memory of the library in multiples of the pack's size while it indexes an incompressible pack. */
const TIMES_A_PACK = 7;
const BESIDE_A_PACK_MB = 200;
const LOOK_MS = 100;
const IDLE_MS = 15_000;
/** Beside this file: a source in a checkout, a bundle in a release. */
const PROGRAM = new URL(`./thread-main${extname(import.meta.filename)}`, import.meta.url);

export function openThread(parts: ThreadDeps): Thread {
  const { token, log, maxHeapMb = MAX_HEAP_MB, idleMs = IDLE_MS, maxMemoryMb: most, ...options } = parts;
  const maxMemoryMb = most ?? Math.ceil(BESIDE_A_PACK_MB + (TIMES_A_PACK * options.limits.maxBytes) / MEGABYTE);
  const asked = new Map<number, Question>();
  /** Sent one at a time, to find the cause of a death. */
  const suspects: Question[] = [];
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let last = 0;
  let closed = false;

  function start(): Worker {
    const cache = getCompileCacheDir();
    const workerData: ThreadOptions = {
      ...options,
      hasToken: token !== undefined,
      authorities: namedAuthorities(),
      // Node appends a folder for its version.
      compileCache: cache === undefined ? null : dirname(cache),
    };
    const started = new Worker(PROGRAM, {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
      // Flags of this process do not apply to the thread.
      execArgv: [],
    });
    let failure: Error | undefined;
    const before = process.memoryUsage.rss();
    const look = setInterval(() => {
      if (process.memoryUsage.rss() - before <= maxMemoryMb * MEGABYTE) return;
      failure = new NeedsMore(maxMemoryMb);
      void started.terminate();
    }, LOOK_MS).unref();
    started.on('message', (message: FromThread) => onMessage(started, message));
    started.on('error', (error: NodeJS.ErrnoException) => {
      failure = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? new NeedsMore(maxHeapMb) : error;
    });
    started.on('exit', () => {
      clearInterval(look);
      onExit(started, failure);
    });
    return started;
  }

  function onMessage(from: Worker, message: FromThread): void {
    if (message.kind === 'log') {
      log[message.level](message.text, message.fields);
      return;
    }
    if (message.kind === 'token') {
      const given = async () => (typeof token === 'function' ? token() : token);
      void answerOf(given).then((answer) =>
        from.postMessage({ kind: 'token', id: message.id, answer } satisfies ToThread),
      );
      return;
    }
    const question = asked.get(message.id);
    asked.delete(message.id);
    try {
      question?.answered.resolve(settledAs(message.answer));
    } catch (error) {
      question?.answered.reject(error);
    }
    sendNext();
  }

  function onExit(which: Worker, failure: Error | undefined): void {
    if (which !== worker) return;
    worker = undefined;
    const left = [...asked.values()];
    asked.clear();
    const [only] = left;
    if (left.length === 1 && only !== undefined) only.answered.reject(deathReason(only, failure));
    else suspects.push(...left.map((question) => ({ ...question, suspected: true })));
    if (left.length > 0)
      log.warn('the thread that does the work of Git has died', { reason: failure?.message ?? 'unknown' });
    sendNext();
  }

  /** Sends the next waiting request, or lets the thread idle. */
  function sendNext(): void {
    if (asked.size > 0) return;
    const next = suspects.shift();
    if (next !== undefined) {
      send(next);
      return;
    }
    worker?.unref();
    clearTimeout(idle);
    idle = setTimeout(endIdle, idleMs).unref();
  }

  function endIdle(): void {
    const ended = worker;
    worker = undefined;
    void ended?.terminate();
  }

  function send(question: Question): void {
    clearTimeout(idle);
    worker ??= start();
    worker.ref();
    last += 1;
    asked.set(last, question);
    const { operation, args } = question;
    worker.postMessage({ kind: 'work', id: last, operation, args } satisfies ToThread);
  }

  return {
    ask(operation, ...args) {
      const answered = Promise.withResolvers<unknown>();
      const question = { operation, args, answered, suspected: false };
      if (closed) answered.reject(new Error('the repository is closed'));
      else if (suspects.length > 0 || [...asked.values()].some(({ suspected }) => suspected)) suspects.push(question);
      else send(question);
      return answered.promise as ReturnType<Work[typeof operation]>;
    },
    async close() {
      closed = true;
      clearTimeout(idle);
      const ended = worker;
      worker = undefined;
      for (const { answered } of [...asked.values(), ...suspects])
        answered.reject(new Error('the repository is closed'));
      asked.clear();
      suspects.length = 0;
      await ended?.terminate();
    },
  };
}

class NeedsMore extends Error {
  /** @param megabytes limit that was exceeded */
  constructor(megabytes: number) {
    super(
      `needs more than the ${megabytes} MB that it may use; keep large files out (git lfs), or lower PHOENIX_MAX_PACK_MB`,
    );
  }
}

function deathReason({ operation }: Question, failure: Error | undefined): Error {
  const what = `Git's work (${operation})`;
  const reason =
    failure instanceof NeedsMore
      ? failure.message
      : `ended in the middle (${failure?.message ?? 'its thread was stopped'}); it is tried again`;
  return new Error(`${what} ${reason}`, { cause: failure });
}
