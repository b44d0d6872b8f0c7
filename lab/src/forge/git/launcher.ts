// Starts git through a small helper process. To start a program, Linux copies the page tables of the caller: for a process of several hundred
// megabytes, such as a forge in a test, that takes ten times as long as git itself.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { CALL_HEADER, EXIT_TRAILER, type GitCall, STDERR_TRAILER } from './launcher-protocol.ts';

const PROCESS = fileURLToPath(new URL('./launcher-process.ts', import.meta.url));

export interface StartedGit {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Resolves when it has ended and its output was read. Exit null: killed. */
  readonly ended: Promise<{ readonly exit: number | null; readonly stderr: string }>;
}

interface Launcher {
  readonly socketPath: string;
  readonly agent: Agent;
}

let launcher: Promise<Launcher> | undefined;

/** The helper ends with this process and does not keep it alive. */
async function launch(): Promise<Launcher> {
  const folder = mkdtempSync(join(tmpdir(), 'phoenix-git-'));
  const socketPath = join(folder, 'socket');
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const child = spawn(process.execPath, [PROCESS, socketPath], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  child.unref();
  // The pipe is closed when this process exits.
  (child.stdin as unknown as { unref(): void }).unref();
  return { socketPath, agent: new Agent({ keepAlive: true }) };
}

/** @param call includes the complete environment */
export function startGit(call: GitCall): StartedGit {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  launcher ??= launch();
  const ended = launcher.then(({ socketPath, agent }) => {
    const { promise, resolve, reject } = Promise.withResolvers<{ exit: number | null; stderr: string }>();
    const headers = { [CALL_HEADER]: Buffer.from(JSON.stringify(call)).toString('base64url') };
    const sent = request({ socketPath, agent, method: 'POST', headers });
    sent.once('error', reject);
    sent.once('response', (answer: IncomingMessage) => {
      answer.pipe(stdout);
      answer.once('error', reject);
      answer.once('end', () => {
        const { [EXIT_TRAILER]: exit = '', [STDERR_TRAILER]: stderr = '' } = answer.trailers;
        resolve({ exit: exit === '' ? null : Number(exit), stderr: Buffer.from(stderr, 'base64url').toString() });
      });
    });
    stdout.once('close', () => sent.destroy());
    stdin.pipe(sent);
    return promise;
  });
  ended.catch((error: Error) => stdout.destroy(error));
  return { stdin, stdout, ended };
}

/** Runs git; resolves to its output, rejects with its standard error. */
export async function runGit(call: GitCall): Promise<string> {
  const { stdin, stdout, ended } = startGit(call);
  stdin.end();
  const printed: Buffer[] = [];
  stdout.on('data', (chunk: Buffer) => printed.push(chunk));
  // The end is reported by `ended`.
  stdout.on('error', () => {});
  const { exit, stderr } = await ended;
  if (exit === 0) return Buffer.concat(printed).toString();
  throw new Error(`git ${call.args[0]}: exit ${exit ?? 'none'}: ${stderr.trim()}`);
}
