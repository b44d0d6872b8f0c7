// Runs the command line like a user: in this process, or in its own where its signals, streams or loaded modules matter.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/cli/program.ts';
import { releaseMain } from '../support/release.ts';

/** The demo shows files of a clone that no release contains. */
const SOURCES = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface Ended {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<Ended>;
}

/** What every process gets: where programs are, and, as an installed Phoenix has it, where what was translated before is. */
const { PATH = '', NODE_COMPILE_CACHE } = process.env;
const AROUND = { PATH, ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }) };

/**
 * @param environment all that the process gets, besides PATH and its compile cache
 * @param by a program, with its arguments, that becomes the one that follows them
 * @param nodeOptions of Node itself
 */
export function start(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  by: readonly string[] = [],
  nodeOptions: readonly string[] = [],
): Started {
  const main = args[0] === 'demo' ? SOURCES : releaseMain();
  const [program = process.execPath, ...rest] = [...by, process.execPath, ...nodeOptions, '--', main, ...args];
  const child = spawn(program, rest, {
    env: { ...AROUND, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const ended = new Promise<Ended>((resolve) => child.once('close', (exit) => resolve({ exit, ...output })));
  return { child, output, ended };
}

/** One command line, to its end; nobody can be asked, and neither stream is a terminal. */
export async function phoenix(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const output = { stdout: '', stderr: '' };
  const exit = await run(args, {
    stdout: (text) => {
      output.stdout += text;
    },
    stderr: (text) => {
      output.stderr += text;
    },
    env: { PATH: process.env['PATH'] ?? '', ...environment },
  });
  return { exit, ...output };
}

/** The same as a process of its own. */
export function phoenixProcess(
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
): Promise<Ended> {
  return start(args, environment).ended;
}
