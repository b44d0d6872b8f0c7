// Runs one local program to its end, or kills it and everything that it has started.

import { setTimeout as pause } from 'node:timers/promises';
import type { CommandResult } from '../../ports/host.ts';
import { type Child, signalGroup, startChild } from './child.ts';
import { watchOver } from './watch.ts';

export interface Program {
  readonly program: string;
  readonly args: readonly string[];
  /** The complete environment: the agent's own, which contains its tokens, is not inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly input: Uint8Array | undefined;
  /** In milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onStdout: (chunk: Uint8Array) => void;
  readonly onStderr: (chunk: Uint8Array) => void;
  /** Called before the local processes are killed, to end what runs remotely on their behalf. */
  readonly endElsewhere?: () => Promise<void>;
  /** Resolves when the remote program has ended, though the local one may still be running. */
  readonly over?: Promise<void>;
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

/** Sends SIGTERM to the process group, and SIGKILL to what remains after a while. */
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
