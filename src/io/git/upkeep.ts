// Maintains the clone of the config repo: updates it, replaces it when it is corrupt or has too many packs, and never loses a commit that was
// followed.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommitSha } from '../../model/ids.ts';
import { advance } from './advance.ts';
import { bringCommit } from './bring-commit.ts';
import { isDamage, NotGiven, TooLarge } from './errors.ts';
import { fetchObjects } from './fetch-objects.ts';
import { type FreshCloneDeps, freshCloner } from './fresh-clone.ts';
import { followedHead, headOf, nameRemote, originOf } from './refs.ts';
import { headNotFetched, RefusedHead } from './refused-head.ts';
import type { RemoteRefs } from './remote.ts';
import { inTurn } from './serial.ts';

export interface UpkeepDeps extends FreshCloneDeps {
  /** A clone with more packs is replaced. */
  readonly maxPacks: number;
}

export interface Upkeep {
  /**
   * Resolves to the branch's head on the server, with its files in the clone; null when the server has no such branch.
   *
   * @throws HeadNotFetched when a retry would give the same
   */
  update(): Promise<CommitSha | null>;
  /** Replaces the clone. */
  replace(why: string): Promise<void>;
  /** Tries to fetch one commit by its id; resolves to whether it is local then. */
  bring(commit: string): Promise<boolean>;
  /** The current commit of a branch or tag on the server, with its files in the clone; null when there is none. */
  named(name: string): Promise<CommitSha | null>;
  /**
   * Fetches more history of the commits and the branch. What the server refuses is skipped.
   *
   * @param depth number of consecutive commits; `WHOLE`: the whole history
   */
  deepen(commits: readonly string[], depth: number): Promise<void>;
}

export function openUpkeep({ maxPacks, ...deps }: UpkeepDeps): Upkeep {
  const { remote, clones, cloneAt, log, branch } = deps;
  const replaceClone = freshCloner(deps);
  const refused = new RefusedHead();
  /** One writer at a time. */
  const write = inTurn();
  /** The clone that this process has checked. */
  let inOrder: string | undefined;

  async function update(): Promise<CommitSha | null> {
    const refs = await remote.refs();
    const head = headOf(refs, branch);
    if (head === null) return null;
    try {
      return await bringHead(refs, head);
    } catch (error) {
      if (!(error instanceof NotGiven)) throw error;
      // The branch may have moved since it was listed.
      const again = await remote.refs();
      const moved = headOf(again, branch);
      if (moved === null) return null;
      if (moved === head) throw headNotFetched(head, error);
      return bringHead(again, moved);
    }
  }

  async function bringHead(refs: RemoteRefs, head: CommitSha): Promise<CommitSha> {
    refused.throwIfRefused(head);
    refused.forget();
    try {
      const clone = await clones.current();
      const before = clone === undefined ? undefined : await usableHead(clone);
      if (clone === undefined || before === undefined) await cloneAfresh(refs, head, 'there is none that can be used');
      else if (before !== head)
        await moveOn(clone, refs, before, head).catch((error) => replaceDamaged(refs, head, error));
      return head;
    } catch (error) {
      if (!(error instanceof Error && error.cause instanceof TooLarge)) throw error;
      throw refused.remember(head, error.cause);
    }
  }

  async function moveOn(gitdir: string, refs: RemoteRefs, before: CommitSha, head: CommitSha): Promise<void> {
    await advance(deps, cloneAt(gitdir), refs, before, head);
    void repackWhenNeeded(gitdir);
  }

  /** @throws `error` unless it means that the clone is corrupt, and the branch has a head to clone */
  async function replaceDamaged(refs: RemoteRefs, head: CommitSha | null, error: unknown): Promise<void> {
    if (!isDamage(error) || head === null) throw error;
    log.warn('the clone cannot be read', { error });
    await cloneAfresh(refs, head, 'the old one cannot be read');
  }

  /** The clone's head; undefined when it belongs to another repository or cannot be read. */
  async function usableHead(gitdir: string): Promise<CommitSha | undefined> {
    try {
      if ((await originOf(gitdir)) !== remote.url) return undefined;
      const head = await followedHead(gitdir, branch);
      if (gitdir !== inOrder) {
        const clone = cloneAt(gitdir);
        await clone.tree((await clone.commit(head)).tree);
        await nameRemote(gitdir, remote.url);
        inOrder = gitdir;
      }
      return head as CommitSha;
    } catch (error) {
      if (isDamage(error)) return undefined;
      throw error;
    }
  }

  async function cloneAfresh(refs: RemoteRefs, head: CommitSha, why: string): Promise<void> {
    inOrder = await replaceClone(refs, head, why);
  }

  async function repackWhenNeeded(clone: string): Promise<void> {
    try {
      const packs = (await readdir(join(clone, 'objects', 'pack'))).filter((name) => name.endsWith('.pack'));
      if (packs.length > maxPacks) await replace(`the old clone has ${packs.length} packs`);
    } catch (error) {
      log.warn('the clone could not be recreated; a later fetch tries again', { error });
    }
  }

  function replace(why: string): Promise<void> {
    return write(async () => {
      const refs = await remote.refs();
      const head = headOf(refs, branch);
      if (head !== null) await cloneAfresh(refs, head, why);
    }, 'replace');
  }

  /** Uses a fresh clone if the present one turns out to be corrupt. */
  async function bringOrRenew(refs: RemoteRefs, commit: string): Promise<boolean> {
    const gitdir = await clones.current();
    if (gitdir === undefined) return false;
    try {
      return await bringCommit(deps, refused, cloneAt(gitdir), refs, commit);
    } catch (error) {
      await replaceDamaged(refs, headOf(refs, branch), error);
    }
    const fresh = await clones.current();
    return fresh !== undefined && bringCommit(deps, refused, cloneAt(fresh), refs, commit);
  }

  async function deepen(commits: readonly string[], depth: number): Promise<void> {
    const gitdir = await clones.current();
    if (gitdir === undefined) return;
    const clone = cloneAt(gitdir);
    const refs = await remote.refs();
    const listed = new Set(refs.byName.values());
    const head = headOf(refs, branch);
    for (const want of new Set([...(head === null ? [] : [head]), ...commits])) {
      try {
        await fetchObjects(refs, clone, { want, depth, branch });
      } catch (error) {
        if (!(error instanceof NotGiven) || listed.has(want)) throw error;
        log.info(`${remote.url} does not give out ${want}`, { reason: error.message });
      }
    }
  }

  return {
    update: () => write(update, 'update'),
    replace,
    bring: (commit) =>
      write(async () => ((await clones.current()) === undefined ? false : bringOrRenew(await remote.refs(), commit))),
    named: (name) =>
      write(async () => {
        const refs = await remote.refs();
        const full = [`refs/heads/${name}`, `refs/tags/${name}`, name].find((ref) => refs.byName.has(ref));
        const commit = full && refs.byName.get(full);
        if (commit === undefined) return null;
        if ((await clones.current()) === undefined) await update();
        return (await bringOrRenew(refs, commit)) ? (commit as CommitSha) : null;
      }),
    deepen: (commits, depth) => write(() => deepen(commits, depth)),
  };
}
