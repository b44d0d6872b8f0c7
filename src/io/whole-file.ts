// Writes a file so that it is there whole or not at all.

import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

/** Ends the names of files that are being written: what is left of them after a kill is nobody's. */
export const UNFINISHED = '.part';

/** @param mode of the new file, whatever one that was there had */
export async function writeWhole(path: string, data: string | Uint8Array, mode = 0o666): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString('hex')}${UNFINISHED}`;
  try {
    const file = await open(beside, 'wx', mode);
    try {
      await file.writeFile(data);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
