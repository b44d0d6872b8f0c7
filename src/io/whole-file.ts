// Writes a file atomically: it exists completely or not at all.

import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

/** Suffix of files that are being written; leftovers of a killed process can be deleted. */
export const UNFINISHED = '.part';

/** @param mode mode of the new file, whatever the previous one had */
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
