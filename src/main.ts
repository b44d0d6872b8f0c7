#!/usr/bin/env -S node --
// The entry point: connects streams, environment and signals of the process with the command line. Without the two dashes above, Node would
// interpret `--env-file` itself, wherever it is, and exit with 9 for a missing file.

import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { askFromPipe, isPiped } from './cli/ask-from-pipe.ts';
import { askOnTerminal } from './cli/ask-on-terminal.ts';
import { EXIT, type ProcessIo } from './cli/io.ts';

// Beside the code, so that only those who can change the code can change it. If it is not writable, starts are slower.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/phoenix', import.meta.url)));
const { run } = await import('./cli/program.ts');

const LASTING = ['serve', 'demo', 'lab'];
const io: ProcessIo = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  env: process.env,
  terminal: {
    stdout: process.stdout.isTTY === true,
    stderr: process.stderr.isTTY === true,
    size() {
      const { columns, rows } = process.stderr.isTTY ? process.stderr : process.stdout;
      return columns === undefined || columns === 0 ? {} : { columns, rows };
    },
  },
  ...(process.stdin.isTTY ? { ask: askOnTerminal(process, () => process.exit(EXIT.interrupted)) } : {}),
  ...(!process.stdin.isTTY && isPiped(process.stdin) ? { askPiped: askFromPipe(process) } : {}),
};
/** Why output was lost, other than that its reader has closed it. */
let lost: Error | null = null;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of our output has closed it, as `head` does.
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  lost = error;
});
// Nobody can be told, and the command ends with its own code.
process.stderr.on('error', () => {});
/** Whether the command ends in order by itself, and goes on where nobody can read what it prints. */
let isLasting = false;
const exit = await run(process.argv.slice(2), io, (command) => {
  isLasting = LASTING.includes(command);
  if (!isLasting) process.once('SIGINT', () => process.exit(EXIT.interrupted));
});
await Promise.all([written(process.stdout), written(process.stderr)]);
process.exit(lost === null || isLasting ? exit : lostOutput(lost));

/** Resolves when all that was written has reached the reader or is lost: a pipe takes 64 KiB at once, and an exit would lose the rest. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}

function lostOutput({ message }: Error): number {
  process.stderr.write(`phoenix: the output cannot be written: ${message}\n  see to the disk that it goes to\n`);
  return EXIT.missing;
}
