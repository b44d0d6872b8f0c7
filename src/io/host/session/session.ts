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
  const child = execa('ssh', [...args], {
    env,
    extendEnv: false,
    cwd: '/',
    encoding: 'buffer',
    buffer: false,
    reject: false,
  });
  const pending = new Map<number, Pending>();
  const greeted = Promise.withResolvers<Session>();
  let said = '';
  let fault: string | null = null;
  let isOver = false;
  let last = 0;

  const read = readFrames((frame) => {
    if (frame.id === 0 || frame.id > last) throw new Error('the node answered what it was not asked');
    // Unknown for a cancelled request whose output was already under way.
    pending.get(frame.id)?.take(frame);
  });
  const greeting = Buffer.from(`\n${mark} session 1\n`);
  let preface: Buffer | null = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Buffer) => {
    try {
      if (preface === null) return read(chunk);
      preface = Buffer.concat([preface, chunk]);
      const at = preface.indexOf(greeting);
      if (at < 0 && preface.length > MAX_PREFACE) throw new Error('the node writes much and begins no session');
      if (at < 0) return;
      const rest = preface.subarray(at + greeting.length);
      preface = null;
      greeted.resolve(session);
      read(rest);
    } catch (error) {
      fault ??= error instanceof Error ? error.message : String(error);
      end();
    }
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-MAX_SAID);
  });
  // How it ended is seen by the program's end.
  child.stdin.on('error', () => {});
  /** The shared connection has the same pipes, and may keep them open as long as the remote side does. */
  const letGo = (): void => {
    for (const each of [child.stdin, child.stdout, child.stderr]) each.destroy();
  };
  function end(): void {
    child.kill('SIGKILL');
    letGo();
  }
  signal.addEventListener('abort', end, { once: true });
  child.nodeChildProcess.once('exit', () => {
    isOver = true;
    setTimeout(letGo, LAST_OUTPUT_MS).unref();
  });
  const over = child.then(({ exitCode }): SessionEnd => {
    signal.removeEventListener('abort', end);
    const ended = { exit: exitCode ?? null, said: [said, fault ?? ''].filter((text) => text !== '').join('\n') };
    for (const each of pending.values()) each.lose(ended);
    return ended;
  });

  /** An idle session does not keep this process alive. */
  function hold(): void {
    const streams = [child.stdin, child.stdout, child.stderr].filter((stream) => stream instanceof Socket);
    for (const each of [child.nodeChildProcess, ...streams]) {
      if (pending.size > 0) each.ref();
      else each.unref();
    }
  }

  async function follow(id: number, request: Buffer, call: SessionCall): Promise<ProgramEnd> {
    if (call.signal?.aborted) return { exit: null, ended: 'aborted', ms: 0, reason: 'aborted before it was started' };
    const started = performance.now();
    const done = Promise.withResolvers<void>();
    let exit: number | null = null;
    const drop = (): void => {
      if (pending.has(id)) child.stdin.write(encodeDrop(id));
      done.resolve();
    };
    const watch = watchOver(call, { end: drop, letGo: drop });
    pending.set(id, {
      take({ kind, bytes }) {
        if (kind === 'output' || kind === 'errors') {
          watch.hear(bytes);
          (kind === 'output' ? call.onStdout : call.onStderr)(bytes);
          return;
        }
        exit = bytes.readUInt32BE();
        if (kind === 'exited') return watch.exited();
        pending.delete(id);
        done.resolve();
      },
      lose({ exit: code, said: why }) {
        pending.delete(id);
        exit = LOST;
        const how = code === LOST ? '' : `\nthe session on the node ended${code === null ? '' : ` with ${code}`}`;
        call.onStderr(Buffer.from(`${why.trim()}${how}\n`));
        done.resolve();
      },
    });
    hold();
    child.stdin.write(request);
    await done.promise;
    const cut = await watch.stop();
    pending.delete(id);
    hold();
    const ms = Math.round(performance.now() - started);
    if (cut !== undefined) return { exit: null, ended: cut, ms, reason: null };
    return { exit, ended: exit === null ? 'killed' : 'exited', ms, reason: null };
  }

  const session: Session = {
    over,
    pending: () => pending.size,
    run(words, call) {
      if (isOver || pending.size >= MAX_CONCURRENT) return null;
      const request = encodeRequest(last + 1, words, call.input);
      if (request === null) return null;
      last += 1;
      return follow(last, request, call);
    },
    async close() {
      end();
      await over;
    },
  };
  const late = pause(GREETING_MS, null, { ref: false });
  const first = await Promise.race([greeted.promise, over, late]);
  if (first !== null) return first;
  fault = `no session began within ${GREETING_MS / 1000} s`;
  end();
  return { ...(await over), exit: null };
}
