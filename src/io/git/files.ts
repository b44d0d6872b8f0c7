// Files of a clone: there whole or not at all, so that a process which dies in the middle of a fetch leaves one that still works.

import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { UNFINISHED } from './pack/store-pack.ts';

export async function writeWhole(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString('hex')}${UNFINISHED}`;
  try {
    const file = await open(beside, 'wx');
    try {
      await file.writeFile(text);
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
