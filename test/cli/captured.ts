// The captured output of a command.

import { type Io, wrapping } from '../../src/cli/io.ts';

export interface Said {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command with an environment of its own and without a terminal. */
export async function captured(command: (io: Io) => Promise<number>, env: Io['env'] = {}): Promise<Said> {
  const out: string[] = [];
  const err: string[] = [];
  const exit = await command(wrapping({ stdout: (text) => out.push(text), stderr: (text) => err.push(text), env }));
  return { exit, out: out.join(''), err: err.join('') };
}
