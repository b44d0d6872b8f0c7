// The clone on disk and its successors. `current` is a link, so that a fresh clone takes the place of the old one in one
// step, and a process that dies in between leaves one or the other.

import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';

export interface Clones {
  /** The clone in use; undefined before the first. */
  current(): Promise<string | undefined>;
  /** A new empty folder for a clone. */
  begin(): Promise<string>;
  /** Makes it the current one. The old clone goes once nobody reads it any more. */
  adopt(clone: string): Promise<void>;
  discard(clone: string): Promise<void>;
  /** Runs `read` with the current clone, which stays on disk until it is done. */
  reading<Value>(read: (clone: string) => Promise<Value>): Promise<Value | undefined>;
}

/** Clones that no link points to are left over from a process that died; another process may still be making a young one. */
const LEFT_OVER_MS = 60 * 60 * 1000;

export function openClones(folder: string): Clones {
  const link = join(folder, 'current');
  const readers = new Map<string, number>();
  const retired = new Set<string>();
  let cleaned: Promise<void> | undefined;

  async function current(): Promise<string | undefined> {
    try {
      return join(folder, await readlink(link));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async function removeLeftOvers(): Promise<void> {
    const inUse = await current();
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      if (!name.startsWith('clone-') || path === inUse) continue;
      const { mtimeMs } = await stat(path);
      if (Date.now() - mtimeMs > LEFT_OVER_MS) await rm(path, { recursive: true, force: true });
    }
  }

  async function retire(clone: string): Promise<void> {
    retired.add(clone);
    if ((readers.get(clone) ?? 0) === 0) await rm(clone, { recursive: true, force: true });
  }

  return {
    current,
    async begin() {
      await mkdir(folder, { recursive: true });
      cleaned ??= removeLeftOvers();
      await cleaned;
      const clone = join(folder, `clone-${randomBytes(6).toString('hex')}`);
      await mkdir(clone);
      return clone;
    },
    async adopt(clone) {
      const old = await current();
      const beside = `${link}.${randomBytes(6).toString('hex')}`;
      await symlink(clone.slice(folder.length + 1), beside);
      await rename(beside, link);
      if (old !== undefined) await retire(old);
    },
    discard: (clone) => rm(clone, { recursive: true, force: true }),
    async reading(read) {
      const clone = await current();
      if (clone === undefined) return undefined;
      readers.set(clone, (readers.get(clone) ?? 0) + 1);
      try {
        return await read(clone);
      } finally {
        const left = (readers.get(clone) ?? 1) - 1;
        readers.set(clone, left);
        if (left === 0 && retired.has(clone)) await rm(clone, { recursive: true, force: true });
      }
    },
  };
}
