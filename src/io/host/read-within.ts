// A file that must really lie in one of some folders: opened first, and judged by what was opened, so that no link can be put in its
// place in between.

import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { MAX_SECRET_BYTES, OutsideFolders } from '../secrets.ts';

/** Undefined when there is none. Fails with `OutsideFolders`, or with an error of the system. */
export async function readFileWithin(path: string, folders: readonly string[]): Promise<string | undefined> {
  // Without waiting for somebody who writes into a pipe.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY).catch(absent);
  if (file === undefined) return undefined;
  try {
    const { size, ...stats } = await file.stat();
    const real = await realpath(`/proc/self/fd/${file.fd}`);
    const allowed = await Promise.all(folders.map((folder) => realpath(folder).catch(absent)));
    const inside = allowed.some((folder) => folder !== undefined && real.startsWith(`${folder}/`));
    if (!inside || (stats.mode & constants.S_IFMT) !== constants.S_IFREG) throw new OutsideFolders(path);
    if (size > MAX_SECRET_BYTES) throw new Error(`it is larger than ${MAX_SECRET_BYTES} bytes`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}
