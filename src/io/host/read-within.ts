// A file that must really lie in one of some folders: opened first, and judged by what was opened, so that no link can be put in its
// place in between.

import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { MAX_SECRET_BYTES, OutsideFolders } from '../secrets.ts';

/** Undefined when there is none. Fails with `OutsideFolders`, or with an error of the system. */
export async function readFileWithin(path: string, folders: readonly string[]): Promise<string | undefined> {
  // Without waiting for somebody who writes into a pipe.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY).catch(absent);
  if (file === undefined) return undefined;
  try {
    const opened = await file.stat();
    const real = await placeOf(file, path, opened);
    const allowed = await Promise.all(folders.map((folder) => realpath(folder).catch(absent)));
    const inside = allowed.some((folder) => folder !== undefined && real?.startsWith(`${folder}/`) === true);
    if (!inside || !opened.isFile()) throw new OutsideFolders(path);
    if (opened.size > MAX_SECRET_BYTES) throw new Error(`it is larger than ${MAX_SECRET_BYTES} bytes`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** Linux says it of what is open. Elsewhere, where only rehearsals run, the path must still lead to the same file. */
async function placeOf(file: FileHandle, path: string, opened: Stats): Promise<string | undefined> {
  const known = await realpath(`/proc/self/fd/${file.fd}`).catch(absent);
  if (known !== undefined) return known;
  const real = await realpath(path);
  const { dev, ino } = await stat(real);
  return dev === opened.dev && ino === opened.ino ? real : undefined;
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}
