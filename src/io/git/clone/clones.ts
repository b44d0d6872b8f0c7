// The clone on disk and its successors. `current` is a link, so that a fresh clone takes the place of the old one in one
// step, and a process that dies in between leaves one or the other.

import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolders } from '../../make-folders.ts';
import { UNFINISHED } from '../../whole-file.ts';

export interface Clones {
  /** The clone in use; undefined before the first. */
  current(): Promise<string | undefined>;
  /** Creates an empty folder for a new clone. */
  begin(): Promise<string>;
  /** Makes it the current one. The old clone is deleted once nobody reads it any more. */
  adopt(clone: string): Promise<void>;
  discard(clone: string): Promise<void>;
  /** Runs `read` with the current clone, which stays on disk until then. */
  reading<Value>(read: (clone: string) => Promise<Value>): Promise<Value | undefined>;
}

/** @param gone called with each clone that nobody reads any more */
export function openClones(folder: string, gone: (clone: string) => void = () => {}): Clones {
  const link = join(folder, 'current');
  const readers = new Map<string, number>();
  const retired = new Set<string>();
  const own = new Set<string>();
  let cleaned: Promise<void> | undefined;

  async function linked(): Promise<string | undefined> {
    try {
      return join(folder, await readlink(link));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async function current(): Promise<string | undefined> {
    cleaned ??= removeLeftOvers().catch((error) => {
      cleaned = undefined;
      throw error;
    });
    await cleaned;
    return linked();
  }

  /** Removes clones left by a dead process. Safe, since the folder is locked, so nobody else is creating a clone here. */
  async function removeLeftOvers(): Promise<void> {
    const inUse = await linked();
    for (const name of await namesIn(folder)) {
      const path = join(folder, name);
      const leftOver = (name.startsWith('clone-') && path !== inUse && !own.has(path)) || name.startsWith('current.');
      if (leftOver) await rm(path, { recursive: true, force: true });
    }
    if (inUse === undefined) return;
    for (const part of ['', 'objects/pack', 'refs/kept']) {
      for (const name of await namesIn(join(inUse, part))) {
        if (name.endsWith(UNFINISHED)) await rm(join(inUse, part, name), { force: true });
      }
    }
  }

  async function remove(clone: string): Promise<void> {
    gone(clone);
    await rm(clone, { recursive: true, force: true });
  }

  async function retire(clone: string): Promise<void> {
    retired.add(clone);
    if ((readers.get(clone) ?? 0) === 0) await remove(clone);
  }

  return {
    current,
    async begin() {
      await makeFolders(folder);
      await current();
      const clone = join(folder, `clone-${randomBytes(6).toString('hex')}`);
      own.add(clone);
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
    discard: remove,
    async reading(read) {
      const clone = await current();
      if (clone === undefined) return undefined;
      readers.set(clone, (readers.get(clone) ?? 0) + 1);
      try {
        return await read(clone);
      } finally {
        const left = (readers.get(clone) ?? 1) - 1;
        readers.set(clone, left);
        if (left === 0 && retired.has(clone)) await remove(clone);
      }
    },
  };
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
}
