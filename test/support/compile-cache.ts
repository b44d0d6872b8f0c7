// What Node compiled before, for the workers of a test run and for the processes that tests start.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/phoenix', import.meta.url));

/** Entries for one set of Node's options: three times what a run of all tests uses. */
const MAX_ENTRIES = 10_000;

/** Empties it before it gets large: each run adds two entries for every test file, under a name that no later run asks for. */
export function setup(): void {
  if (!existsSync(COMPILE_CACHE)) return;
  for (const name of readdirSync(COMPILE_CACHE)) {
    const entries = join(COMPILE_CACHE, name);
    if (readdirSync(entries).length > MAX_ENTRIES) rmSync(entries, { recursive: true, force: true });
  }
}
