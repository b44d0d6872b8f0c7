// Where a clone's history is cut off: Git's file `shallow`. It may list too many commits, never too few: a listed commit with local parents is not
// cut off.

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../../whole-file.ts';

/** Name of the file. */
export const SHALLOW = 'shallow';

export async function readShallow(gitdir: string): Promise<Set<string>> {
  const text = await readFile(join(gitdir, SHALLOW), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return shallowIn(text);
}

export function shallowIn(text: string): Set<string> {
  return new Set(text.split('\n').filter((line) => /^[0-9a-f]{40}$/.test(line)));
}

/** Does nothing when it is already so. */
export async function writeShallow(gitdir: string, commits: ReadonlySet<string>): Promise<void> {
  const before = await readShallow(gitdir);
  if (before.size === commits.size && [...commits].every((commit) => before.has(commit))) return;
  if (commits.size === 0) return rm(join(gitdir, SHALLOW), { force: true });
  await writeWhole(join(gitdir, SHALLOW), [...commits].map((commit) => `${commit}\n`).join(''));
}
