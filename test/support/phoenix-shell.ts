// The forced command of the agent's key, as it is put onto a node.

import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SHIPPED = fileURLToPath(new URL('../../deploy/ssh', import.meta.url));

/** The programs that it lets through as it is shipped. */
export async function shippedPrograms(): Promise<string[]> {
  return (await readFile(join(SHIPPED, 'programs'), 'utf8')).trim().split('\n');
}

/** A copy in a folder that is made, with the programs that a test runs. Resolves to the program to start. */
export async function phoenixShell(folder: string, programs: readonly string[]): Promise<string> {
  await cp(SHIPPED, folder, { recursive: true });
  await writeFile(join(folder, 'programs'), `${programs.join('\n')}\n`);
  return join(folder, 'phoenix-shell');
}
