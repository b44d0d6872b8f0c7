// Reads commits, trees and blobs of one repository. Git's objects never change under their id, so what was read once is
// kept for every later reader of the same `Kept`, whichever commit it looks at.

import { createHash } from 'node:crypto';
import { type PromiseFsClient, readBlob, readCommit, readObject, readTree } from 'isomorphic-git';
import type { BlobId, CommitSha } from '../../model/ids.ts';
import type { CommitInfo } from '../../ports.ts';
import { type Lru, lru } from './lru.ts';

interface TreeEntry {
  readonly name: string;
  readonly id: string;
  readonly kind: 'file' | 'executable' | 'symlink' | 'submodule' | 'folder';
}

interface CommitObject extends CommitInfo {
  readonly tree: string;
}

/** Fails with the library's `NotFoundError` for an id that the repository does not hold. */
export interface Objects {
  commit(id: string): Promise<CommitObject>;
  tree(id: string): Promise<readonly TreeEntry[]>;
  blob(id: string): Promise<Uint8Array>;
  /** A commit as it is written. @throws when it is not what its id says */
  raw(id: string): Promise<Uint8Array>;
}

/** Objects that stay in memory between operations. */
export interface Kept {
  readonly commits: Lru<CommitObject>;
  readonly trees: Lru<readonly TreeEntry[]>;
  readonly blobs: Lru<Uint8Array>;
}

const KEPT_COMMITS = 50_000;
const KEPT_TREE_ENTRIES = 400_000;
const KEPT_BLOB_BYTES = 64 * 1024 * 1024;

export function keepObjects(blobBytes = KEPT_BLOB_BYTES): Kept {
  return {
    commits: lru(KEPT_COMMITS, () => 1),
    trees: lru(KEPT_TREE_ENTRIES, (tree) => tree.length + 1),
    blobs: lru(blobBytes, (bytes) => bytes.byteLength + 64),
  };
}

/** The library's own cache: the packs that were opened, with everything that it unpacked from them. */
export type PackCache = object;

/**
 * One reader per operation: it holds the packs that it has opened, and they are dropped with it, unless `cache` is given.
 * `fs` is Node's, or one with the same `promises`; `gitdir` the repository itself, without work tree.
 */
export function readObjects(
  fs: PromiseFsClient,
  gitdir: string,
  kept: Kept = keepObjects(),
  cache: PackCache = {},
): Objects {
  return {
    commit: (id) => once(kept.commits, id, async () => toCommit(await readCommit({ fs, gitdir, cache, oid: id }))),
    tree: (id) => once(kept.trees, id, async () => (await readTree({ fs, gitdir, cache, oid: id })).tree.map(toEntry)),
    blob: (id) => once(kept.blobs, id, async () => (await readBlob({ fs, gitdir, cache, oid: id })).blob),
    raw: async (id) => {
      const { object } = await readObject({ fs, gitdir, cache, oid: id, format: 'content' });
      return proved(id, object as Uint8Array);
    },
  };
}

/** What is read out of a pack is not compared with its id; what is judged by its signature must be. */
function proved(id: string, object: Uint8Array): Uint8Array {
  const found = createHash('sha1').update(`commit ${object.length}\0`).update(object).digest('hex');
  if (found === id) return object;
  // The library's own word for it: the clone is made afresh.
  throw Object.assign(new Error(`the commit ${id} reads as ${found}`), { code: 'InternalError' });
}

const CACHE_IDLE_MS = 5_000;
const CACHE_AGE_MS = 60_000;

/** Gives operations that follow one another the same cache. It grows without end, so it is dropped when idle, and when old. */
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

async function once<Value>(kept: Lru<Value>, id: string, read: () => Promise<Value>): Promise<Value> {
  const known = kept.get(id);
  if (known !== undefined) return known;
  const value = await read();
  kept.set(id, value);
  return value;
}

function toCommit({ oid, commit }: Awaited<ReturnType<typeof readCommit>>): CommitObject {
  return {
    sha: oid as CommitSha,
    parents: commit.parent as CommitSha[],
    message: commit.message,
    author: commit.author.name,
    tree: commit.tree,
  };
}

function toEntry(entry: { mode: string; path: string; oid: string }): TreeEntry {
  return { name: entry.path, id: entry.oid as BlobId, kind: kindOf(entry.mode) };
}

/** Git's file modes: everything that is no executable, link, submodule or folder is a plain file. */
function kindOf(mode: string): TreeEntry['kind'] {
  switch (mode) {
    case '040000':
      return 'folder';
    case '100755':
      return 'executable';
    case '120000':
      return 'symlink';
    case '160000':
      return 'submodule';
    default:
      return 'file';
  }
}
