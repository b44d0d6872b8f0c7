// A part of a measurement that runs in a Node process of its own and says one thing as JSON.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const AS_SERVICE = '--max-semi-space-size=2';

/** As the service starts it: deploy/systemd/phoenix.service. */
export const SERVICE_ENVIRONMENT = {
  NODE_OPTIONS: AS_SERVICE,
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../../node_modules/.cache/phoenix'),
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '131072',
} as const;

/** Runs a file of this folder to its end; resolves to what it printed. */
export async function runProgram<Answer>(file: string, ...args: readonly string[]): Promise<Answer> {
  const { stdout } = await run(process.execPath, [AS_SERVICE, join(import.meta.dirname, file), ...args]);
  return JSON.parse(stdout) as Answer;
}
