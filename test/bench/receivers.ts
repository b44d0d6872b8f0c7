// The compared webhook receivers, each a process of its own on this machine.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../support/programs.ts';
import { releaseMain } from '../support/release.ts';
import { until } from '../support/until.ts';

export interface Receiver {
  readonly name: string;
  /** Where webhooks go. */
  readonly url: string;
  /** Processor time that it has taken so far, in milliseconds; null where the system does not say. */
  cpuMs(): number | null;
  stop(): Promise<void>;
}

const WITHIN_MS = 30_000;

/** Phoenix as it is deployed, with the one role. */
export async function phoenixReceiver(folder: string, secret: string, redisUrl: string): Promise<Receiver> {
  const child = spawn(process.execPath, [releaseMain(), 'serve', '--roles', 'receive'], {
    env: {
      PATH: process.env['PATH'],
      PHOENIX_REPO_URL: 'https://git.example.internal/team/environment.git',
      PHOENIX_FORGE: 'none',
      PHOENIX_HOST: 'lab',
      PHOENIX_WEBHOOK_SECRET: secret,
      PHOENIX_LISTEN: '127.0.0.1:0',
      PHOENIX_DATA_DIR: join(folder, 'data'),
      REDIS_URL: redisUrl,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const receiver = await listening('Phoenix', child);
  return { ...receiver, url: `${receiver.url}/webhooks` };
}

export function bareReceiver(secret: string): Promise<Receiver> {
  return listening('bare express', startHere('receiver-bare.ts', secret));
}

/** @param folder of probot's package */
export function probotReceiver(folder: string, secret: string): Promise<Receiver> {
  return listening('probot', startHere('receiver-probot.ts', secret, folder));
}

/** Debian's `webhook`, which runs a program for each delivery that it accepts. @param program its path */
export async function debianReceiver(program: string, folder: string, secret: string): Promise<Receiver> {
  const rule = {
    match: {
      type: 'payload-hmac-sha256',
      secret,
      parameter: { source: 'header', name: 'X-Hub-Signature-256' },
    },
  };
  const hooks = join(folder, 'hooks.json');
  await writeFile(hooks, JSON.stringify([{ id: 'push', 'execute-command': '/bin/true', 'trigger-rule': rule }]));
  const port = await freePort();
  const args = ['-hooks', hooks, '-ip', '127.0.0.1', '-port', String(port), '-urlprefix', ''];
  const child = spawn(program, args, { stdio: 'ignore' });
  await once(child, 'spawn');
  const url = `http://127.0.0.1:${port}`;
  await until(() => fetch(url).then(Boolean, () => false), 'webhook to listen');
  return { name: 'webhook (Debian)', url: `${url}/push`, cpuMs: () => cpuMsOf(child), stop: () => stop(child) };
}

function startHere(file: string, ...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, file), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Resolves when the program has said where it listens. */
async function listening(name: string, child: ChildProcess): Promise<Receiver> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let output = '';
  const limit = setTimeout(() => reject(new Error(`${name} does not listen: ${output}`)), WITHIN_MS);
  const read = (text: string) => {
    if (output.length < 10_000) output += text;
    const url = /listening on (http:[^\s"]+)/.exec(output)?.[1];
    if (url !== undefined) resolve(url);
  };
  child.stdout?.setEncoding('utf8').on('data', read);
  child.stderr?.setEncoding('utf8').on('data', read);
  child.once('error', reject);
  child.once('exit', (exit) => reject(new Error(`${name} ended with ${exit}: ${output}`)));
  try {
    return { name, url: await promise, cpuMs: () => cpuMsOf(child), stop: () => stop(child) };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(limit);
  }
}

/** From Linux's /proc, which counts user and system time in hundredths of a second (proc(5), fields 14 and 15). */
function cpuMsOf({ pid }: ChildProcess): number | null {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return null;
  const fields = readFileSync(file, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
