// Reads commits, trees and blobs of one repository with the Git library. Git objects are immutable, so everything that was read once is cached in
// `ObjectCaches` for every later reader.

import { createHash } from 'node:crypto';
import { type PromiseFsClient, readObject } from 'isomorphic-git';
import { LRUCache } from 'lru-cache';
import { Damage, otherType } from '../errors.ts';
import type { History } from '../history/ancestry.ts';
import { type CommitObject, type TreeEntry, taggedBy, toCommit, toTree } from './parse.ts';

/**
 * Every object is verified against its id. Fails with the library's `NotFoundError` for an unknown id, and with
 * its `ObjectTypeError` for an object of another type.
 */
export interface Objects {
  /** For a tag, the commit that it points to. */
  commit(id: string): Promise<CommitObject>;
  tree(id: string): Promise<readonly TreeEntry[]>;
  blob(id: string): Promise<Uint8Array>;
  /** The raw content of a commit. */
  raw(id: string): Promise<Uint8Array>;
  /** Any object. */
  any(id: string): Promise<unknown>;
}

/** Caches of objects, shared between operations. */
export interface ObjectCaches {
  readonly commits: LRUCache<string, CommitObject>;
  readonly trees: LRUCache<string, readonly TreeEntry[]>;
}

const KEPT_COMMITS = 50_000;
const KEPT_TREE_ENTRIES = 400_000;

export function objectCaches(): ObjectCaches {
  return {
    // By size: for a cache with a greatest number of entries the library allocates room for all of them at once.
    commits: new LRUCache({ maxSize: KEPT_COMMITS, sizeCalculation: () => 1 }),
    trees: new LRUCache({ maxSize: KEPT_TREE_ENTRIES, sizeCalculation: (tree) => tree.length + 1 }),
  };
}

/** The library's own cache: opened packs with everything unpacked from them. */
export type PackCache = object;

/**
 * `fs` is Node's, or one with the same `promises`; `gitdir` the repository itself, without work tree. Opened packs stay in memory as
 * long as `cache` returns the same object.
 */
export function readObjects(
  fs: PromiseFsClient,
  gitdir: string,
  kept: ObjectCaches = objectCaches(),
  cache: () => PackCache = sharePacks(),
): Objects {
  async function read(id: string): Promise<{ readonly type: string; readonly content: Buffer }> {
    const { type = '', object } = await readObject({ fs, gitdir, cache: cache(), oid: id, format: 'content' });
    const content = object as Buffer;
    prove(id, type, content);
    return { type, content };
  }

  async function readAs(wanted: string, id: string): Promise<Buffer> {
    const { type, content } = await read(id);
    if (type !== wanted) throw otherType(id, type);
    return content;
  }

  async function commitAt(id: string): Promise<CommitObject> {
    const { type, content } = await read(id);
    if (type === 'tag') return commitAt(taggedBy(id, content));
    if (type !== 'commit') throw otherType(id, type);
    return toCommit(id, content);
  }

  return {
    commit: (id) => once(kept.commits, id, () => commitAt(id)),
    tree: (id) => once(kept.trees, id, async () => toTree(id, await readAs('tree', id))),
    blob: (id) => readAs('blob', id),
    raw: (id) => readAs('commit', id),
    any: read,
  };
}

/**
 * Verifies an object against its id, which the library does not. @throws Damage
 */
function prove(id: string, type: string, content: Buffer): void {
  const found = createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
  if (found !== id) throw new Damage(`the object ${id} reads as ${found}`);
}

const CACHE_IDLE_MS = 5_000;
const CACHE_AGE_MS = 60_000;

/** Shares a cache between consecutive operations. It only grows, so it is dropped when idle and when old. */
export function sharePacks(): () => PackCache {
  let cache: PackCache | undefined;
  let made = 0;
  let idle: NodeJS.Timeout | undefined;
  return () => {
    if (cache === undefined || performance.now() - made > CACHE_AGE_MS) {
      cache = {};
      made = performance.now();
    }
    clearTimeout(idle);
    idle = setTimeout(() => {
      cache = undefined;
    }, CACHE_IDLE_MS).unref();
    return cache;
  };
}

/** The history of a complete repository: missing parents are errors. */
export function historyOf({ commit }: Objects): History {
  return {
    parents: async (id) => (await commit(id)).parents,
    time: async (id) => (await commit(id)).time,
  };
}

async function once<Value extends object>(
  kept: LRUCache<string, Value>,
  id: string,
  read: () => Promise<Value>,
): Promise<Value> {
  const known = kept.get(id);
  if (known !== undefined) return known;
  const value = await read();
  kept.set(id, value);
  return value;
}
