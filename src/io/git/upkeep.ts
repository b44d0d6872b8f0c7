// Keeps the clone of the config repo in order: brings it up to date, replaces it when it is damaged or has grown too many
// packs, and never lets go of a commit that it once followed.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { getConfig, type PromiseFsClient, resolveRef, writeRef } from 'isomorphic-git';
import type { CommitSha } from '../../model/ids.ts';
import type { Log } from '../../ports.ts';
import { isAncestor } from './ancestry.ts';
import { carryCommits, keepCommit } from './carry.ts';
import type { Clones } from './clones.ts';
import { INCOMPLETE, isDamage, isMissing } from './errors.ts';
import { type Objects, readObjects } from './objects.ts';
import type { Remote, RemoteRefs } from './remote.ts';
import { inTurn } from './serial.ts';

export interface UpkeepParts {
  readonly fs: PromiseFsClient;
  readonly remote: Remote;
  readonly clones: Clones;
  /** Reads a clone with everything that is kept in memory. */
  readonly objectsOf: (clone: string) => Objects;
  readonly log: Log;
  readonly branch: string;
  readonly maxPacks: number;
}

export interface Upkeep {
  /** Resolves to the branch's head on the server, with its history in the clone; null when the server has no such branch. */
  update(): Promise<CommitSha | null>;
  /** Replaces the clone. */
  replace(why: string): Promise<void>;
  /** Tries to bring one commit by its id; nothing when the server does not give it. */
  bring(commit: string): Promise<void>;
  /** The commit of a branch or tag as the server has it now, with its history in the clone; null when there is none. */
  named(name: string): Promise<CommitSha | null>;
}

export function openUpkeep({ fs, remote, clones, objectsOf, log, branch, maxPacks }: UpkeepParts): Upkeep {
  const followed = `refs/heads/${branch}`;
  /** One writer at a time. */
  const write = inTurn();
  /** The clone that this process has found in order. */
  let inOrder: string | undefined;

  async function update(): Promise<CommitSha | null> {
    const refs = await remote.refs();
    const head = headAmong(refs);
    if (head === null) return null;
    const clone = await clones.current();
    const before = clone === undefined ? undefined : await usableHead(clone);
    if (clone === undefined || before === undefined) await cloneAfresh(refs, head, 'there is none that can be used');
    else if (before !== head) await follow(clone, refs, before, head);
    return head;
  }

  function headAmong(refs: RemoteRefs): CommitSha | null {
    const head = refs.byName.get(followed);
    if (head !== undefined) return head as CommitSha;
    const others = [...refs.byName.keys()].filter((ref) => ref.startsWith('refs/heads/')).map((ref) => ref.slice(11));
    const instead = others.length === 0 ? 'the repository is empty' : `it has ${others.slice(0, 10).join(', ')}`;
    log.warn(`${remote.url} has no branch ${branch}: push it, or set PHOENIX_BRANCH (${instead})`);
    return null;
  }

  /** The head that the clone follows; undefined when it is of another repository or cannot be read. */
  async function usableHead(clone: string): Promise<CommitSha | undefined> {
    try {
      if ((await getConfig({ fs, gitdir: clone, path: 'remote.origin.url' })) !== remote.url) return undefined;
      const head = await resolveRef({ fs, gitdir: clone, ref: followed });
      if (clone !== inOrder) {
        const objects = readObjects(fs, clone);
        await objects.tree((await objects.commit(head)).tree);
        inOrder = clone;
      }
      return head as CommitSha;
    } catch (error) {
      if (isDamage(error)) return undefined;
      throw error;
    }
  }

  async function follow(clone: string, refs: RemoteRefs, before: CommitSha, head: CommitSha): Promise<void> {
    await refs.bring(clone, followed, followed);
    const objects = objectsOf(clone);
    await objects.commit(head);
    if (!(await isAncestor(objects, before, head))) {
      log.warn(`${branch} was rewritten: ${head} does not descend from ${before}`);
      await keepCommit(fs, clone, before);
    }
    // The next fetch tells the server this ref: without it, everything would be sent again.
    await writeRef({ fs, gitdir: clone, ref: followed, value: head, force: true });
    void repackWhenNeeded(clone);
  }

  /** The old clone stays as it is until the new one is whole. */
  async function cloneAfresh(refs: RemoteRefs, head: CommitSha, why: string): Promise<void> {
    const old = await clones.current();
    const fresh = await clones.begin();
    try {
      await remote.prepare(fresh);
      await refs.bring(fresh, followed, followed);
      await readObjects(fs, fresh)
        .commit(head)
        .catch((error) => {
          throw isMissing(error)
            ? new Error(`${remote.url} did not send ${head}: ${INCOMPLETE}`, { cause: error })
            : error;
        });
      await writeRef({ fs, gitdir: fresh, ref: followed, value: head, force: true });
      if (old !== undefined) await carryWhatCan(old, fresh);
      await clones.adopt(fresh);
      inOrder = fresh;
      log.info(`cloned ${remote.url}: ${why}`, { branch, head });
    } catch (error) {
      await clones.discard(fresh);
      throw error;
    }
  }

  async function carryWhatCan(old: string, fresh: string): Promise<void> {
    try {
      await carryCommits(fs, old, fresh, branch);
    } catch (error) {
      log.warn('commits that the branch no longer leads to went with the old clone', { error });
    }
  }

  async function repackWhenNeeded(clone: string): Promise<void> {
    try {
      const packs = (await readdir(join(clone, 'objects', 'pack'))).filter((name) => name.endsWith('.pack'));
      if (packs.length > maxPacks) await replace(`the old clone has ${packs.length} packs`);
    } catch (error) {
      log.warn('the clone could not be made anew; a later fetch tries again', { error });
    }
  }

  function replace(why: string): Promise<void> {
    return write(async () => {
      const refs = await remote.refs();
      const head = headAmong(refs);
      if (head !== null) await cloneAfresh(refs, head, why);
    }, 'replace');
  }

  /** A server may refuse to give out commits by their id. */
  async function bring(clone: string, refs: RemoteRefs, what: string, commit: string): Promise<void> {
    try {
      await refs.bring(clone, what, followed);
      await objectsOf(clone).commit(commit);
      await keepCommit(fs, clone, commit);
    } catch (error) {
      log.info(`${remote.url} does not give out ${what}`, { error });
    }
  }

  async function holds(clone: string, commit: string): Promise<boolean> {
    try {
      await objectsOf(clone).commit(commit);
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  return {
    update: () => write(update, 'update'),
    replace,
    bring: (commit) =>
      write(async () => {
        const clone = await clones.current();
        if (clone !== undefined) await bring(clone, await remote.refs(), commit, commit);
      }),
    named: (name) =>
      write(async () => {
        const refs = await remote.refs();
        const full = [`refs/heads/${name}`, `refs/tags/${name}`, name].find((ref) => refs.byName.has(ref));
        const commit = full && refs.byName.get(full);
        if ((await clones.current()) === undefined) await update();
        const clone = await clones.current();
        if (full === undefined || commit === undefined || clone === undefined) return null;
        if (!(await holds(clone, commit))) await bring(clone, refs, full, commit);
        return (await holds(clone, commit)) ? (commit as CommitSha) : null;
      }),
  };
}
