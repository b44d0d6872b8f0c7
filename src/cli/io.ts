// Input and output of a command, decoupled from the process.

import { wrapToWidth } from '../messages/terminal/width.ts';

export interface Io extends ProcessIo {
  /** Writes to standard output unchanged: for programs, or for text to be copied. With `--json` exactly one document. */
  readonly verbatim: (text: string) => void;
}

export interface ProcessIo {
  /** Writes the result for people: whole lines, which a command's `Io` wraps at words on a terminal. */
  readonly stdout: (text: string) => void;
  /** Writes messages for people beside the result, wrapped likewise. */
  readonly stderr: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks a question and resolves to the input line, without echo if `hidden`; absent without a terminal. */
  readonly ask?: (question: string, how?: { readonly hidden: boolean }) => Promise<string | null>;
  /**
   * The same where standard input is a pipe or a file: a line for each question, null at its end. Not for confirmations, which only a person at a
   * terminal gives.
   */
  readonly askPiped?: ProcessIo['ask'];
  /** Which streams are terminals; absent: none. */
  readonly terminal?: Terminal;
}

interface Terminal {
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Current terminal size; absent or empty if unknown. */
  readonly size?: () => { readonly columns?: number; readonly rows?: number };
}

/** Wraps lines for people at the current width of their terminal; unchanged elsewhere. */
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

/** Prints the result: one JSON document for programs, or text for people. */
export function answerWith({ verbatim, stdout }: Io, json: boolean, document: unknown, text: string): void {
  if (json) verbatim(`${JSON.stringify(document)}\n`);
  else stdout(`${text}\n`);
}

/** Prints the progress of a command on a terminal; nothing for programs and logs. */
export function noteProgress({ stderr, terminal }: Io, sentence: string): void {
  if (terminal?.stderr === true) stderr(`${sentence}\n`);
}

/** Whether to use colours: only on a terminal and unless disabled (https://no-color.org). */
export function colours({ env, terminal }: Io, stream: 'stdout' | 'stderr'): boolean {
  return terminal?.[stream] === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

/** The exit codes of every command. */
export const EXIT = { done: 0, no: 1, usage: 2, missing: 3, interrupted: 130 } as const;
