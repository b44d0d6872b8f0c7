// What a command is given instead of the process: where its words go, and the environment.

import { wrapToWidth } from '../messages/width.ts';

export interface Io extends ProcessIo {
  /** To standard output as it is: for programs, or to be copied from a terminal. With `--json` one document and nothing else. */
  readonly verbatim: (text: string) => void;
}

export interface ProcessIo {
  /** The answer to people: whole lines, wrapped at words by a command's `Io` where they go to a terminal. */
  readonly stdout: (text: string) => void;
  /** What people read beside it, likewise. */
  readonly stderr: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks a person and resolves to the line that was typed, which is not shown where it is `hidden`; absent where nobody can be asked. */
  readonly ask?: (question: string, how?: { readonly hidden: boolean }) => Promise<string | null>;
  /** Which of the two is a terminal; neither when absent. */
  readonly terminal?: Terminal;
}

interface Terminal {
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** As it is now, for a window may be resized; absent, or empty, where it does not say. */
  readonly size?: () => { readonly columns?: number; readonly rows?: number };
}

/** With every line that people read as wide as their terminal is by then; elsewhere as it comes. */
export function wrapping<Given extends ProcessIo>(given: Given): Given & Io {
  const columns = (stream: 'stdout' | 'stderr') =>
    given.terminal?.[stream] === true ? (given.terminal.size?.().columns ?? null) : null;
  return {
    ...given,
    stdout: (text) => given.stdout(wrapToWidth(text, columns('stdout'))),
    stderr: (text) => given.stderr(wrapToWidth(text, columns('stderr'))),
    verbatim: given.stdout,
  };
}

/** What a command found: one document where a program asked for it, else text for people. */
export function answerWith({ verbatim, stdout }: Io, json: boolean, document: unknown, text: string): void {
  if (json) verbatim(`${JSON.stringify(document)}\n`);
  else stdout(`${text}\n`);
}

/** What a command is at, for a person who waits at a terminal; programs and logs are told nothing. */
export function noteProgress({ stderr, terminal }: Io, sentence: string): void {
  if (terminal?.stderr === true) stderr(`${sentence}\n`);
}

/** Colours only on a terminal, and not against the user's wish (https://no-color.org). */
export function colours({ env, terminal }: Io, stream: 'stdout' | 'stderr'): boolean {
  return terminal?.[stream] === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

/** The exit codes of every command. */
export const EXIT = { done: 0, no: 1, usage: 2, missing: 3, interrupted: 130 } as const;
