// Writes a new config repo to a new or empty folder. Never overwrites.

import { readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolders } from '../../io/make-folders.ts';

/** Why the folder cannot be used, and the remedy; null if it can. */
export async function occupied(out: string): Promise<{ readonly message: string; readonly hint: string } | null> {
  try {
    const names = await readdir(out);
    if (names.length === 0) return null;
    return {
      message: `${out} is not empty`,
      hint: 'Name a folder that is not there yet, or an empty one; nothing is ever written over.',
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    if (code !== 'ENOTDIR') throw error;
    return { message: `${out} is not a folder`, hint: 'Name a folder that is not there yet, or an empty one.' };
  }
}

/**
 * Writes all files or none: on failure the written ones are removed.
 * @throws disk errors, and an error if the folder was used meanwhile
 */
export async function writeAll(out: string, texts: Readonly<Record<string, string>>): Promise<void> {
  const written: string[] = [];
  try {
    for (const [path, text] of Object.entries(texts)) {
      const file = join(out, path);
      await makeFolders(dirname(file));
      await writeFile(file, text, { flag: 'wx' });
      written.push(file);
    }
  } catch (error) {
    for (const file of written) await rm(file, { force: true });
    throw error;
  }
}
