#!/usr/bin/env -S node --
// Where the process begins: its streams, its environment and its signals for the command line. The two dashes above: without them Node
// takes `--env-file` for its own, wherever it stands, and ends with 9 when there is no such file.

import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { askFromPipe, isPiped } from './cli/ask-from-pipe.ts';
import { askOnTerminal } from './cli/ask-on-terminal.ts';
import { EXIT, type ProcessIo } from './cli/io.ts';

// Beside the code, so that nobody can change it who cannot change the code; where it cannot be written, everything starts slower.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/phoenix', import.meta.url)));
const { run } = await import('./cli/program.ts');

const IN_ORDER = ['serve', 'demo', 'lab'];
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
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever read us has enough, as `head` does.
  if (error.code === 'EPIPE') process.exit(EXIT.done);
});
process.exit(
  await run(process.argv.slice(2), io, (command) => {
    // Those end in order by themselves.
    if (!IN_ORDER.includes(command)) process.once('SIGINT', () => process.exit(EXIT.interrupted));
  }),
);
