// Reads one clone: its objects, and its history as far as it is local.

import { expandOid } from 'isomorphic-git';
import { isMissing, missing, otherType } from '../errors.ts';
import type { History } from '../history/ancestry.ts';
import { wholeFiles as fs } from './files.ts';
import { type Objects, objectCaches, type PackCache, readObjects, sharePacks } from './objects.ts';
import type { CommitObject } from './parse.ts';
import { readShallow } from './shallow.ts';

export interface Clone extends Objects {
  readonly gitdir: string;
  /** Must be passed to the library with each call. */
  readonly cache: () => PackCache;
  readonly history: History;
  /** Whether the object exists locally and is a commit. */
  holds(id: string): Promise<boolean>;
  /** Whether the object exists locally. */
  has(id: string): Promise<boolean>;
  /** Ids of all objects that start with these digits. */
  beginningWith(digits: string): Promise<readonly string[]>;
}

export function openClone(gitdir: string): Clone {
  const cache = sharePacks();
  const objects = readObjects(fs, gitdir, objectCaches(), cache);
  const commit = async (id: string): Promise<CommitObject> => {
    const found = await objects.commit(id);
    if (found.sha !== id) throw otherType(id, 'tag');
    return found;
  };
  const holds = (id: string) => isThere(id, () => commit(id));
  return {
    ...objects,
    commit,
    gitdir,
    cache,
    holds,
    has: (id) => isThere(id, () => objects.any(id)),
    beginningWith: (digits) => expandOid({ fs, gitdir, cache: cache(), oid: digits }).then((id) => [id], ambiguous),
    history: {
      async parents(id) {
        const { parents } = await commit(id);
        for (const parent of parents) {
          if (await holds(parent)) continue;
          if ((await readShallow(gitdir)).has(id)) return null;
          throw missing(parent);
        }
        return parents;
      },
      time: async (id) => (await commit(id)).time,
    },
  };
}

/** @throws any other error */
function ambiguous(error: unknown): readonly string[] {
  const { code, data } = error as { readonly code?: string; readonly data?: { readonly matches?: readonly string[] } };
  if (code === 'AmbiguousError') return data?.matches ?? [];
  if (isMissing(error)) return [];
  throw error;
}

async function isThere(id: string, read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (isMissing(error, id)) return false;
    throw error;
  }
}

/** Those commits whose parents are not all local. */
export async function cutOffAmong(clone: Clone, commits: Iterable<string>): Promise<Set<string>> {
  const cut = new Set<string>();
  for (const id of commits) {
    if (!(await clone.holds(id))) continue;
    for (const parent of (await clone.commit(id)).parents) if (!(await clone.holds(parent))) cut.add(id);
  }
  return cut;
}
