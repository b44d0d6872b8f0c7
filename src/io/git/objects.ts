// Reads commits, trees and blobs of one repository: of a clone of ours by its packs, of any other by the Git library. Git's objects never change under their id, so what was read once is
// kept for every later reader of the same `Kept`, whichever commit it looks at.

import { type PromiseFsClient, readBlob, readCommit, readTree } from 'isomorphic-git';
import type { BlobId, CommitSha } from '../../model/ids.ts';
import type { CommitInfo } from '../../ports.ts';
import type { History } from './ancestry.ts';
import { missing } from './errors.ts';
import { type Lru, lru } from './lru.ts';
import type { Store } from './pack/store.ts';
import { kindOf, toCommit, toTree } from './parse.ts';

export interface TreeEntry {
  readonly name: string;
  readonly id: string;
  readonly kind: 'file' | 'executable' | 'symlink' | 'submodule' | 'folder';
}

export interface CommitObject extends CommitInfo {
  readonly tree: string;
  /** When it was committed, as it says itself, in seconds since 1970. */
  readonly time: number;
}

/** Fails with the library's `NotFoundError` for an id that the repository does not hold. */
export interface Objects {
  commit(id: string): Promise<CommitObject>;
  tree(id: string): Promise<readonly TreeEntry[]>;
  blob(id: string): Promise<Uint8Array>;
}

/** Objects that stay in memory between operations. */
export interface Kept {
  readonly commits: Lru<CommitObject>;
  readonly trees: Lru<readonly TreeEntry[]>;
}

const KEPT_COMMITS = 50_000;
const KEPT_TREE_ENTRIES = 400_000;

export function keepObjects(): Kept {
  return {
    commits: lru(KEPT_COMMITS, () => 1),
    trees: lru(KEPT_TREE_ENTRIES, (tree) => tree.length + 1),
  };
}

/** Of a clone of ours. Whatever is read is what its id says. */
export function objectsOf(store: Store, kept: Kept): Objects {
  const read = (id: string, type: string): Buffer => {
    const object = store.read(id);
    // As if it were not there: nobody asks for it as something else than it is.
    if (object.type !== type) throw missing(id);
    return object.content;
  };
  return {
    commit: (id) => once(kept.commits, id, async () => toCommit(id, read(id, 'commit'))),
    tree: (id) => once(kept.trees, id, async () => toTree(id, read(id, 'tree'))),
    blob: async (id) => read(id, 'blob'),
  };
}

/**
 * Of any repository on this machine. One reader per operation: it holds the packs that it has opened, and they are dropped with it.
 * `fs` is Node's; `gitdir` the repository itself, without work tree.
 */
export function readObjects(
  fs: PromiseFsClient,
  gitdir: string,
  kept: Kept = keepObjects(),
  cache: object = {},
): Objects {
  return {
    commit: (id) => once(kept.commits, id, async () => ofLibrary(await readCommit({ fs, gitdir, cache, oid: id }))),
    tree: (id) => once(kept.trees, id, async () => (await readTree({ fs, gitdir, cache, oid: id })).tree.map(toEntry)),
    blob: async (id) => (await readBlob({ fs, gitdir, cache, oid: id })).blob,
  };
}

/** Of a repository whose history is whole, or else lacks what a commit names. */
export function historyOf({ commit }: Objects): History {
  return {
    parents: async (id) => (await commit(id)).parents,
    time: async (id) => (await commit(id)).time,
  };
}

async function once<Value>(kept: Lru<Value>, id: string, read: () => Promise<Value>): Promise<Value> {
  const known = kept.get(id);
  if (known !== undefined) return known;
  const value = await read();
  kept.set(id, value);
  return value;
}

function ofLibrary({ oid, commit }: Awaited<ReturnType<typeof readCommit>>): CommitObject {
  return {
    sha: oid as CommitSha,
    parents: commit.parent as CommitSha[],
    message: commit.message,
    author: commit.author.name,
    tree: commit.tree,
    time: commit.committer.timestamp,
  };
}

function toEntry(entry: { mode: string; path: string; oid: string }): TreeEntry {
  return { name: entry.path, id: entry.oid as BlobId, kind: kindOf(entry.mode) };
}
