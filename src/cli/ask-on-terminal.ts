// Asks questions on a terminal with a single reader for the whole process, so that input ahead of a question is kept. A reader per question would
// drop buffered input.

import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Io } from './io.ts';

/** Receives the answer; null if the terminal was closed. */
type Answer = (line: string | null) => void;

/** @param interrupted called for Ctrl-C during a question */
export function askOnTerminal(
  { stdin, stderr }: Pick<NodeJS.Process, 'stdin' | 'stderr'>,
  interrupted: () => void,
): NonNullable<Io['ask']> {
  /** Buffered lines for later questions. */
  const ahead: string[] = [];
  let reader: Interface | undefined;
  let waiting: Answer | null = null;
  let hasEnded = false;
  // Input ahead may answer a hidden question: it is not echoed.
  let shows = false;
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (shows) stderr.write(chunk);
      done();
    },
  });

  function answer(line: string | null): void {
    const asked = waiting;
    waiting = null;
    shows = false;
    asked?.(line);
  }

  function opened(): Interface {
    if (reader !== undefined) return reader;
    const made = createInterface({ input: stdin, output, terminal: true });
    made.on('line', (line) => (waiting === null ? void ahead.push(line) : answer(line)));
    made.on('SIGINT', interrupted);
    made.on('close', () => {
      hasEnded = true;
      answer(null);
    });
    reader = made;
    return made;
  }

  return async (question, { hidden } = { hidden: false }) => {
    const known = ahead.shift();
    if (known !== undefined || hasEnded) {
      stderr.write(`${question}\n`);
      return known ?? null;
    }
    const lines = opened();
    // Between questions the terminal mode is restored, so that Ctrl-C ends the program.
    stdin.setRawMode?.(true);
    lines.resume();
    const line = await new Promise<string | null>((resolve) => {
      waiting = resolve;
      shows = !hidden;
      if (hidden) stderr.write(question);
      lines.setPrompt(hidden ? '' : question);
      lines.prompt();
    });
    lines.pause();
    stdin.setRawMode?.(false);
    if (hidden) stderr.write('\n');
    return line;
  };
}
