// The local side of a session with a node over SSH: requests are numbered, and complete in any order.

import { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import type { Program, ProgramEnd } from '../program.ts';
import { LAST_OUTPUT_MS, watchOver } from '../watch.ts';
import { encodeDrop, encodeRequest, type Frame, MAX_CONCURRENT, readFrames } from './frames.ts';

type SessionCall = Omit<Program, 'program' | 'args' | 'env'>;

export interface Session {
  /** Null where the session does not accept it: too large, or too many at once. Fails for a NUL character. */
  run(words: readonly string[], call: SessionCall): Promise<ProgramEnd> | null;
  /** Number of pending requests. */
  pending(): number;
  /** Resolves once the session is over, by itself or closed. Requests pending then have ended as lost. */
  readonly over: Promise<SessionEnd>;
  /** Ends it; pending requests are lost. */
  close(): Promise<void>;
}

/** How the ssh program of a session ended. */
export interface SessionEnd {
  readonly exit: number | null;
  /** The end of the standard error of ssh and the node. */
  readonly said: string;
}

/** Maximum time from the connection to the greeting. */
const GREETING_MS = 20_000;
/** Maximum length of output before the greeting, such as a message of the day. */
const MAX_PREFACE = 64 * 1024;
const MAX_SAID = 4096;
/** ssh's own exit code for a failed connection: the results of pending requests are unknown. */
const LOST = 255;

interface Pending {
  take(frame: Frame): void;
  lose(end: SessionEnd): void;
}

/**
 * Resolves to the session, or to how ssh ended where there was none.
 *
 * @param args arguments of ssh, with the remote side of the session as command
 * @param mark the word that the greeting starts with
 * @param signal ends it, also while it is starting
 */
export async function openSession(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  mark: string,
  signal: AbortSignal,
): Promise<Session | SessionEnd> {
  if (signal.aborted) return { exit: null, said: '' };
  const connection = new Connection(startSsh(args, env), mark, signal);
  const late = pause(GREETING_MS, null, { ref: false });
  const first = await Promise.race([connection.greeted, connection.over, late]);
  if (first !== null) return first === 'greeted' ? connection : first;
  connection.fail(`no session began within ${GREETING_MS / 1000} s`);
  return { ...(await connection.over), exit: null };
}

function startSsh(args: readonly string[], env: Readonly<Record<string, string>>) {
  return execa('ssh', [...args], {
    env,
    extendEnv: false,
    cwd: '/',
    encoding: 'buffer',
    buffer: false,
    reject: false,
  });
}

class Connection implements Session {
  readonly over: Promise<SessionEnd>;
  readonly greeted: Promise<'greeted'>;
  readonly #child: ReturnType<typeof startSsh>;
  readonly #requests = new Map<number, Pending>();
  /** The end of what ssh and the node wrote to standard error. */
  #said = '';
  /** Why it was ended here; null where it was not, or by its user. */
  #fault: string | null = null;
  #isOver = false;
  /** Number of the last request. */
  #last = 0;

  constructor(child: ReturnType<typeof startSsh>, mark: string, signal: AbortSignal) {
    this.#child = child;
    this.greeted = this.#readAfterGreeting(mark);
    this.over = this.#followEnd(signal);
  }

  pending(): number {
    return this.#requests.size;
  }

  run(words: readonly string[], call: SessionCall): Promise<ProgramEnd> | null {
    if (this.#isOver || this.#requests.size >= MAX_CONCURRENT) return null;
    const request = encodeRequest(this.#last + 1, words, call.input);
    if (request === null) return null;
    this.#last += 1;
    return this.#follow(this.#last, request, call);
  }

  async close(): Promise<void> {
    this.#end();
    await this.over;
  }

  /** Ends the session, and says why in how it ended. The first reason holds. */
  fail(why: string): void {
    this.#fault ??= why;
    this.#end();
  }

  /** Skips what the node writes before its greeting, and reads the frames after it. */
  #readAfterGreeting(mark: string): Promise<'greeted'> {
    const { promise, resolve } = Promise.withResolvers<'greeted'>();
    const greeting = Buffer.from(`\n${mark} session 1\n`);
    const read = readFrames((frame) => this.#take(frame));
    /** What came before the greeting; null once that was read. */
    let preface: Buffer | null = Buffer.alloc(0);
    const receive = (chunk: Buffer): void => {
      if (preface === null) return void read(chunk);
      preface = Buffer.concat([preface, chunk]);
      const at = preface.indexOf(greeting);
      if (at < 0 && preface.length > MAX_PREFACE) throw new Error('the node writes much and begins no session');
      if (at < 0) return;
      const rest = preface.subarray(at + greeting.length);
      preface = null;
      resolve('greeted');
      read(rest);
    };
    this.#child.stdout.on('data', (chunk: Buffer) => {
      try {
        receive(chunk);
      } catch (error) {
        this.fail(error instanceof Error ? error.message : String(error));
      }
    });
    return promise;
  }

  #take(frame: Frame): void {
    if (frame.id === 0 || frame.id > this.#last) throw new Error('the node answered what it was not asked');
    // Unknown for a cancelled request whose output was already under way.
    this.#requests.get(frame.id)?.take(frame);
  }

  /** Resolves when ssh has ended; requests that are pending then are lost. */
  async #followEnd(signal: AbortSignal): Promise<SessionEnd> {
    const child = this.#child;
    const end = () => this.#end();
    child.stderr.on('data', (chunk: Buffer) => {
      this.#said = (this.#said + chunk.toString('utf8')).slice(-MAX_SAID);
    });
    // How it ended is seen by the program's end.
    child.stdin.on('error', () => {});
    signal.addEventListener('abort', end, { once: true });
    child.nodeChildProcess.once('exit', () => {
      this.#isOver = true;
      setTimeout(() => this.#letGo(), LAST_OUTPUT_MS).unref();
    });
    const { exitCode } = await child;
    signal.removeEventListener('abort', end);
    const said = [this.#said, this.#fault ?? ''].filter((text) => text !== '').join('\n');
    const ended = { exit: exitCode ?? null, said };
    for (const each of this.#requests.values()) each.lose(ended);
    return ended;
  }

  #end(): void {
    this.#child.kill('SIGKILL');
    this.#letGo();
  }

  /** The shared connection has the same pipes, and may keep them open as long as the remote side does. */
  #letGo(): void {
    for (const each of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) each.destroy();
  }

  /** An idle session does not keep this process alive. */
  #hold(): void {
    const { stdin, stdout, stderr, nodeChildProcess } = this.#child;
    const streams = [stdin, stdout, stderr].filter((stream) => stream instanceof Socket);
    for (const each of [nodeChildProcess, ...streams]) {
      if (this.#requests.size > 0) each.ref();
      else each.unref();
    }
  }

  /** Sends a request, and resolves to how its program ended. */
  async #follow(id: number, request: Buffer, call: SessionCall): Promise<ProgramEnd> {
    if (call.signal?.aborted) return { exit: null, ended: 'aborted', ms: 0, reason: 'aborted before it was started' };
    const started = performance.now();
    const { promise: done, resolve: finish } = Promise.withResolvers<void>();
    let exit: number | null = null;
    const drop = (): void => {
      if (this.#requests.has(id)) this.#child.stdin.write(encodeDrop(id));
      finish();
    };
    const watch = watchOver(call, { end: drop, letGo: drop });
    const complete = (code: number): void => {
      exit = code;
      this.#requests.delete(id);
      finish();
    };
    this.#requests.set(id, {
      take({ kind, bytes }) {
        if (kind === 'output' || kind === 'errors') {
          watch.hear(bytes);
          (kind === 'output' ? call.onStdout : call.onStderr)(bytes);
        } else if (kind === 'exited') {
          exit = bytes.readUInt32BE();
          watch.exited();
        } else complete(bytes.readUInt32BE());
      },
      lose(end) {
        call.onStderr(Buffer.from(`${end.said.trim()}${nodeEnd(end)}\n`));
        complete(LOST);
      },
    });
    this.#hold();
    this.#child.stdin.write(request);
    await done;
    const cut = await watch.stop();
    this.#requests.delete(id);
    this.#hold();
    const ms = Math.round(performance.now() - started);
    if (cut !== undefined) return { exit: null, ended: cut, ms, reason: null };
    return { exit, ended: exit === null ? 'killed' : 'exited', ms, reason: null };
  }
}

/** How the remote side ended, where ssh itself did not fail. */
function nodeEnd({ exit }: SessionEnd): string {
  if (exit === LOST) return '';
  return `\nthe session on the node ended${exit === null ? '' : ` with ${exit}`}`;
}
