// A Git repository on this machine, read without its work tree: bare, with a work tree, or one of several work trees.

import * as fs from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve as resolvePath } from 'node:path';
import { expandOid, resolveRef } from 'isomorphic-git';
import type { CommitSha } from '../model/ids.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { CommitInfo } from '../ports/repository.ts';
import { historyOf, objectCaches, readObjects } from './git/clone/objects.ts';
import { isMissing } from './git/errors.ts';
import { isAncestor } from './git/history/ancestry.ts';
import { kindOfRepository, missingReason, reading } from './git/repository-kind.ts';
import { readSnapshot, type SnapshotOptions } from './git/snapshot.ts';

export interface LocalRepository {
  /** Resolves a full or abbreviated commit id, a branch, tag or `HEAD`, each also with `~2` and `^`; null when there is none. */
  resolve(revision: string): Promise<CommitSha | null>;
  /** Paths of all files of a commit. */
  paths(commit: CommitSha): Promise<string[]>;
  /** The files below `root` at a commit. */
  snapshot(commit: CommitSha, options: SnapshotOptions): Promise<Snapshot>;
  commit(commit: CommitSha): Promise<CommitInfo>;
  isAncestor(ancestor: CommitSha, descendant: CommitSha): Promise<boolean>;
  blob(id: string): Promise<Uint8Array>;
}

/**
 * Opens the repository that contains a folder; null when there is none. Objects that are missing because the clone is shallow or partial are
 * explained.
 *
 * @throws UnreadableRepository for a repository format that cannot be read
 */
export async function openLocalRepository(path: string): Promise<LocalRepository | null> {
  const found = await findGit(resolvePath(path));
  if (found === null) return null;
  const { gitdir, head } = found;
  const kind = await kindOfRepository(gitdir);
  const kept = objectCaches();
  const objects = () => readObjects(fs, gitdir, kept);

  async function named(name: string): Promise<string | null> {
    if (/^[0-9a-f]{40}$/.test(name)) return name;
    try {
      if (name === 'HEAD') return await resolveHead(gitdir, head);
      return await resolveRef({ fs, gitdir, ref: name });
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    if (!/^[0-9a-f]{4,39}$/.test(name)) return null;
    return expandOid({ fs, gitdir, oid: name }).catch(() => null);
  }

  return {
    async resolve(revision) {
      const steps = /^(.+?)((?:[~^]\d*)*)$/.exec(revision);
      const id = steps?.[1] === undefined ? null : await named(steps[1]);
      if (id === null) return null;
      try {
        return await ancestorOf(objects(), id, steps?.[2] ?? '');
      } catch (error) {
        const lacking = isMissing(error) ? missingReason(kind, JSON.stringify(revision)) : null;
        if (lacking !== null) throw lacking;
        if (isMissing(error) || (error as { code?: string }).code === 'ObjectTypeError') return null;
        throw error;
      }
    },
    async paths(commit) {
      const options = { root: '', readsContent: () => false, maxFileBytes: 0 };
      const all = await reading(kind, `a folder of ${commit}`, () => readSnapshot(objects(), commit, options));
      return [...all.files.keys()];
    },
    snapshot: (commit, options) => reading(kind, `a file of ${commit}`, () => readSnapshot(objects(), commit, options)),
    commit: async (id) => {
      const { tree: _, ...commit } = await reading(kind, `the commit ${id}`, () => objects().commit(id));
      return commit;
    },
    isAncestor: (ancestor, descendant) =>
      reading(kind, `what came before ${descendant}`, () => isAncestor(historyOf(objects()), ancestor, descendant)),
    blob: (id) => reading(kind, `the file ${id}`, () => objects().blob(id)),
  };
}

/** Follows `~2` (the first parent of the first parent) and `^2` (the second parent) from a commit. */
async function ancestorOf(
  objects: ReturnType<typeof readObjects>,
  id: string,
  steps: string,
): Promise<CommitSha | null> {
  let commit = await objects.commit(id);
  for (const [, sign, digits = ''] of steps.matchAll(/([~^])(\d*)/g)) {
    const number = digits === '' ? 1 : Number(digits);
    if (sign === '^' && number === 0) continue;
    for (let left = sign === '~' ? number : 1; left > 0; left--) {
      const parent = commit.parents[sign === '~' ? 0 : number - 1];
      if (parent === undefined) return null;
      commit = await objects.commit(parent);
    }
  }
  return commit.sha;
}

interface FoundGit {
  /** The folder with objects and refs. */
  readonly gitdir: string;
  /** File of HEAD, separate for each work tree. */
  readonly head: string;
}

/** The nearest repository at or above a folder. */
async function findGit(start: string): Promise<FoundGit | null> {
  for (let folder = start; ; folder = dirname(folder)) {
    const dotGit = join(folder, '.git');
    if (await isRepository(dotGit)) return { gitdir: dotGit, head: join(dotGit, 'HEAD') };
    const pointer = /^gitdir: (.+)$/m.exec(await readFile(dotGit, 'utf8').catch(() => ''))?.[1];
    if (pointer !== undefined) return workTree(resolvePath(folder, pointer.trim()));
    if (await isRepository(folder)) return { gitdir: folder, head: join(folder, 'HEAD') };
    if (dirname(folder) === folder) return null;
  }
}

/** A linked work tree shares objects and refs with the others. */
async function workTree(own: string): Promise<FoundGit> {
  const shared = (await readFile(join(own, 'commondir'), 'utf8').catch(() => '')).trim();
  return { gitdir: shared === '' ? own : resolvePath(own, shared), head: join(own, 'HEAD') };
}

async function isRepository(folder: string): Promise<boolean> {
  const kinds = await Promise.all(
    ['objects', 'refs', 'HEAD'].map((name) => stat(join(folder, name)).catch(() => undefined)),
  );
  return kinds.every((kind, index) => (index === 2 ? kind?.isFile() : kind?.isDirectory()));
}

async function resolveHead(gitdir: string, head: string): Promise<string> {
  const content = (await readFile(head, 'utf8')).trim();
  const ref = /^ref: (.+)$/.exec(content)?.[1];
  return ref === undefined ? content : resolveRef({ fs, gitdir, ref });
}
