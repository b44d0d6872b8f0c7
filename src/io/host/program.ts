// Runs one local program to its end, or ends it and everything that it has started.

import { setTimeout as pause } from 'node:timers/promises';
import type { CommandResult } from '../../ports/host.ts';
import { type Child, signalGroup, startChild } from './child.ts';
import { watchOver } from './watch.ts';

export interface Program {
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment: nothing of the agent's own, which holds its tokens, is passed on. */
  readonly env: Readonly<Record<string, string>>;
  readonly input: Uint8Array | undefined;
  /** In milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onStdout: (chunk: Uint8Array) => void;
  readonly onStderr: (chunk: Uint8Array) => void;
  /** Asked before the local processes are ended, for what runs elsewhere on their behalf. */
  readonly endElsewhere?: () => Promise<void>;
  /** Resolves when what the program stands for has ended, though it may not have ended itself. */
  readonly over?: Promise<void>;
}

export interface ProgramEnd {
  readonly exit: number | null;
  readonly ended: CommandResult['ended'];
  readonly ms: number;
  /** Why it could not be started; null when it was. */
  readonly reason: string | null;
}

/** Between asking a process tree to end and ending it. */
const GRACE_MS = 5_000;

/** Never throws for what the program does. */
export async function runProgram(options: Program): Promise<ProgramEnd> {
  const { program, args, env, input, signal } = options;
  if (signal?.aborted) return { exit: null, ended: 'aborted', ms: 0, reason: 'aborted before it was started' };
  const started = performance.now();
  const child = startChild(program, args, { env, reads: input === undefined ? 'nothing' : 'stdin', ownGroup: true });
  child.stdin.end(input);
  const watch = watchOver(options, {
    end: () => endTree(child),
    letGo: () => {
      if (child.process?.exitCode === null) child.kill('SIGTERM');
      child.stdout.destroy();
      child.stderr.destroy();
    },
  });
  child.stdout.on('data', watch.hear).on('data', options.onStdout);
  child.stderr.on('data', watch.hear).on('data', options.onStderr);
  child.process?.once('exit', watch.exited);

  const { exit, error } = await child.ended;
  const cut = await watch.stop();
  const ms = Math.round(performance.now() - started);
  if (cut !== undefined) return { exit: null, ended: cut, ms, reason: null };
  if (error !== null) return { exit: null, ended: 'not found', ms, reason: notStartedReason(program, error) };
  return { exit, ended: exit === null ? 'killed' : 'exited', ms, reason: null };
}

function notStartedReason(program: string, { code, message }: NodeJS.ErrnoException): string {
  return code === 'ENOENT' ? `${program}: no such program on this node` : `${program}: ${message}`;
}

/** Asks the process group to end, and ends it by force what is left of it after a while. */
async function endTree(child: Child): Promise<void> {
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
