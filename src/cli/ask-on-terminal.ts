// Questions to a person at a terminal, by one reader for as long as the process lives: what is typed, or sent, ahead of the next question
// answers it. A reader for each question would throw away what the one before had read.

import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Io } from './io.ts';

/** Null for an answer: the terminal has gone. */
type Answer = (line: string | null) => void;

/** @param interrupted Ctrl-C while a question is asked */
export function askOnTerminal(
  { stdin, stderr }: Pick<NodeJS.Process, 'stdin' | 'stderr'>,
  interrupted: () => void,
): NonNullable<Io['ask']> {
  /** Lines that no question has asked for yet. */
  const ahead: string[] = [];
  let reader: Interface | undefined;
  let waiting: Answer | null = null;
  let hasEnded = false;
  // What is typed ahead may be the answer to a hidden question: it is shown to nobody.
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
    // Between two questions the terminal is as it was, so that Ctrl-C ends the program.
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
