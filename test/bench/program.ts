// A part of a measurement that runs in its own Node process and prints one result as JSON.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const UNIT = readFileSync(new URL('../../deploy/systemd/phoenix.service', import.meta.url), 'utf8');
const MEMORY_VARIABLE = /^Environment=(MALLOC_\w+)=(\S+)$/gm;

/** Node's flags in the service, and its settings of the C library: both affect the memory used. */
export const SERVICE = {
  nodeOptions: /^ExecStart=\S+ (--.+) \S+main\.js serve$/m.exec(UNIT)?.[1]?.split(' ') ?? [],
  environment: Object.fromEntries([...UNIT.matchAll(MEMORY_VARIABLE)].map(([, name, value]) => [name, value])),
} as { readonly nodeOptions: readonly string[]; readonly environment: Readonly<Record<string, string>> };

const COMPILE_CACHE = /^Environment=NODE_COMPILE_CACHE=\/opt\/phoenix\/(\S+)$/m.exec(UNIT)?.[1] ?? '';

/** The service's compile cache, for this tree. */
export const SERVICE_CACHE = { NODE_COMPILE_CACHE: join(import.meta.dirname, '../..', COMPILE_CACHE) };

/** Runs a file of this folder; resolves to its output. */
export async function runProgram<Answer>(file: string, ...args: readonly string[]): Promise<Answer> {
  const command = [...SERVICE.nodeOptions, join(import.meta.dirname, file), ...args];
  const { stdout } = await run(process.execPath, command, { env: { ...process.env, ...SERVICE.environment } });
  return JSON.parse(stdout) as Answer;
}
