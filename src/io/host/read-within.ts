// Reads a file that must really be in one of some folders: it is opened first and then checked by its descriptor, so that no link can replace it in
// between.

import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { MAX_SECRET_BYTES, OutsideFolders } from '../secrets.ts';

/** Undefined when there is none. Fails with `OutsideFolders`, or with a system error. */
export async function readFileWithin(path: string, folders: readonly string[]): Promise<string | undefined> {
  // Does not wait for a writer of a pipe.
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

/** The real path of the open file, from Linux's /proc. On other systems, which only run rehearsals, the path must still refer to the same file. */
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
