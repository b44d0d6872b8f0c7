// Runs one local program to its end, or kills it and everything that it has started.

import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import type { CommandResult } from '../../ports/host.ts';
import { type Watched, watchOver } from './watch.ts';

export interface Program extends Watched {
  readonly program: string;
  readonly args: readonly string[];
  /** The complete environment: the agent's own, which contains its tokens, is not inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly input: Uint8Array | undefined;
  readonly onStdout: (chunk: Uint8Array) => void;
  readonly onStderr: (chunk: Uint8Array) => void;
}

export interface ProgramEnd {
  readonly exit: number | null;
  readonly ended: CommandResult['ended'];
  readonly ms: number;
  /** Why it could not be started; null when it was. */
  readonly reason: string | null;
}

/** Time between SIGTERM and SIGKILL. */
const GRACE_MS = 5_000;

/** Never throws because of the program's behaviour. */
export async function runProgram(options: Program): Promise<ProgramEnd> {
  const { program, args, env, input, signal } = options;
  if (signal?.aborted) return { exit: null, ended: 'aborted', ms: 0, reason: 'aborted before it was started' };
  const started = performance.now();
  const child = execa(program, [...args], {
    env,
    extendEnv: false,
    cwd: '/',
    stdin: input ?? 'ignore',
    encoding: 'buffer',
    buffer: false,
    reject: false,
    killDescendants: true,
    forceKillAfterDelay: false,
  });
  const { nodeChildProcess } = child;
  const watch = watchOver(options, {
    end: () => endTree(child),
    letGo: () => {
      if (nodeChildProcess.exitCode === null) child.kill('SIGTERM');
      child.stdout?.destroy();
      child.stderr?.destroy();
    },
  });
  child.stdout?.on('data', watch.hear).on('data', options.onStdout);
  child.stderr?.on('data', watch.hear).on('data', options.onStderr);
  nodeChildProcess.once('exit', watch.exited);

  const result = await child;
  const cut = await watch.stop();
  const ms = Math.round(performance.now() - started);
  if (cut !== undefined) return { exit: null, ended: cut, ms, reason: null };
  if (child.pid === undefined) return { exit: null, ended: 'not found', ms, reason: notStartedReason(program, result) };
  const exit = nodeChildProcess.exitCode;
  return { exit, ended: exit === null ? 'killed' : 'exited', ms, reason: null };
}

function notStartedReason(
  program: string,
  { code, originalMessage }: { code?: string | undefined; originalMessage?: string | undefined },
): string {
  return code === 'ENOENT' ? `${program}: no such program on this node` : `${program}: ${originalMessage ?? code}`;
}

/** Sends SIGTERM to the process group, and SIGKILL to what remains after a while. */
async function endTree(child: { readonly pid?: number; kill(signal: NodeJS.Signals): boolean }): Promise<void> {
  if (child.pid === undefined) return;
  child.kill('SIGTERM');
  const giveUp = performance.now() + GRACE_MS;
  while (signalGroup(child.pid, 0)) {
    if (performance.now() > giveUp) {
      signalGroup(child.pid, 'SIGKILL');
      return;
    }
    await pause(20);
  }
}

/** Whether there was any process of the group to signal. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
