// Maintains the clone of the config repo: updates it, replaces it when it is corrupt or has too many packs, and never loses a commit that was
// followed.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommitSha } from '../../model/ids.ts';
import { HeadNotFetched } from '../../ports/head-not-fetched.ts';
import { HistoryCut, isAncestor } from './ancestry.ts';
import type { Clone } from './clone.ts';
import { Damage, isDamage, NotGiven, TooLarge } from './errors.ts';
import { fetchObjects } from './fetch-objects.ts';
import { ALONE, type FreshCloneDeps, freshCloner } from './fresh-clone.ts';
import { follow, followedHead, followedRef, nameRemote, originOf, pinCommit } from './refs.ts';
import { type RemoteRefs, WHOLE } from './remote.ts';
import { inTurn } from './serial.ts';
import { readShallow } from './shallow.ts';

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

/** Number of commits fetched with a new head: most pushes are smaller. */
const WITH_A_PUSH = 32;
/** Minimum delay before a request that failed permanently is repeated. */
const REFUSED_FOR_MS = 60 * 60 * 1000;

export function openUpkeep({ maxPacks, ...deps }: UpkeepDeps): Upkeep {
  const { remote, clones, cloneAt, log, branch } = deps;
  const followed = followedRef(branch);
  const replaceClone = freshCloner(deps);
  /** One writer at a time. */
  const write = inTurn();
  /** The clone that this process has checked. */
  let inOrder: string | undefined;
  let refused: { readonly head: CommitSha; readonly error: Error; readonly at: number } | undefined;

  async function update(): Promise<CommitSha | null> {
    const refs = await remote.refs();
    const head = headAmong(refs);
    if (head === null) return null;
    try {
      return await bringHead(refs, head);
    } catch (error) {
      if (!(error instanceof NotGiven)) throw error;
      // The branch may have moved since it was listed.
      const again = await remote.refs();
      const moved = headAmong(again);
      if (moved === null) return null;
      if (moved === head) throw notFetched(head, error);
      return bringHead(again, moved);
    }
  }

  async function bringHead(refs: RemoteRefs, head: CommitSha): Promise<CommitSha> {
    refuseAgain(head);
    refused = undefined;
    try {
      const clone = await clones.current();
      const before = clone === undefined ? undefined : await usableHead(clone);
      if (clone === undefined || before === undefined) await cloneAfresh(refs, head, 'there is none that can be used');
      else if (before !== head)
        await moveOn(clone, refs, before, head).catch((error) => onAFreshOne(refs, head, error));
      return head;
    } catch (error) {
      if (!(error instanceof Error && error.cause instanceof TooLarge)) throw error;
      refused = { head, error: notFetched(head, error.cause), at: performance.now() };
      throw refused.error;
    }
  }

  async function onAFreshOne(refs: RemoteRefs, head: CommitSha, error: unknown): Promise<void> {
    if (!isDamage(error)) throw error;
    log.warn('the clone cannot be read', { error });
    await cloneAfresh(refs, head, 'the old one cannot be read');
  }

  function refuseAgain(commit: string): void {
    if (refused?.head === commit && performance.now() - refused.at < REFUSED_FOR_MS) throw refused.error;
  }

  function notFetched(head: CommitSha, cause: Error): HeadNotFetched {
    return new HeadNotFetched(cause.message, head, { cause });
  }

  function headAmong(refs: RemoteRefs): CommitSha | null {
    return (refs.byName.get(followed) ?? null) as CommitSha | null;
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

  async function moveOn(gitdir: string, refs: RemoteRefs, before: CommitSha, head: CommitSha): Promise<void> {
    const clone = cloneAt(gitdir);
    const cutOff = (await readShallow(gitdir)).size > 0;
    if (!(await clone.holds(head))) {
      await fetchObjects(refs, clone, { want: head, depth: cutOff ? WITH_A_PUSH : null, branch });
      if (!(await clone.holds(head))) throw new Damage(`${remote.url} takes it that ${head} is here`);
    }
    if (!(await buildsOn(clone, before, head))) await pinCommit(gitdir, before);
    // The next fetch sends this ref to the server: without it, everything would be sent again.
    await follow(gitdir, branch, head);
    void repackWhenNeeded(gitdir);
  }

  /** Also false where more history is needed to decide: then at worst the previous commit is kept unnecessarily. */
  async function buildsOn(clone: Clone, before: CommitSha, head: CommitSha): Promise<boolean> {
    try {
      if (await isAncestor(clone.history, before, head)) return true;
      log.warn(`${branch} was rewritten: ${head} does not descend from ${before}`);
      return false;
    } catch (error) {
      if (error instanceof HistoryCut) return false;
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
      const head = headAmong(refs);
      if (head !== null) await cloneAfresh(refs, head, why);
    }, 'replace');
  }

  /** A server may refuse to serve commits by id. */
  async function bringOne(clone: Clone, refs: RemoteRefs, commit: string): Promise<boolean> {
    if (await clone.holds(commit)) return true;
    refuseAgain(commit);
    try {
      const cutOff = refs.shallow && (await readShallow(clone.gitdir)).size > 0;
      await fetchObjects(refs, clone, { want: commit, depth: cutOff ? ALONE : null, branch });
    } catch (error) {
      if (!(error instanceof NotGiven)) throw error;
      log.info(`${remote.url} does not give out ${commit}`, { reason: error.message });
      return fromTheBranch(clone, refs, commit);
    }
    if (!(await clone.has(commit))) throw new Damage(`${remote.url} takes it that ${commit} is here`);
    if (!(await clone.holds(commit))) return false;
    await pinCommit(clone.gitdir, commit);
    return true;
  }

  /** Uses a fresh clone if the present one turns out to be corrupt. */
  async function bringOrRenew(refs: RemoteRefs, commit: string): Promise<boolean> {
    const gitdir = await clones.current();
    if (gitdir === undefined) return false;
    try {
      return await bringOne(cloneAt(gitdir), refs, commit);
    } catch (error) {
      const head = headAmong(refs);
      if (!isDamage(error) || head === null) throw error;
      log.warn('the clone cannot be read', { error });
      await cloneAfresh(refs, head, 'the old one cannot be read');
    }
    const fresh = await clones.current();
    return fresh !== undefined && bringOne(cloneAt(fresh), refs, commit);
  }

  /** Looks in the branch's history for a commit that the server does not serve by id. */
  async function fromTheBranch(clone: Clone, refs: RemoteRefs, commit: string): Promise<boolean> {
    const head = headAmong(refs);
    if (refs.byId || head === null) return false;
    for (const depth of DEPTHS) {
      if ((await readShallow(clone.gitdir)).size === 0) break;
      await fetchObjects(refs, clone, { want: head, depth, branch });
      if (await clone.holds(commit)) return true;
    }
    return clone.holds(commit);
  }

  async function deepen(commits: readonly string[], depth: number): Promise<void> {
    const gitdir = await clones.current();
    if (gitdir === undefined) return;
    const clone = cloneAt(gitdir);
    const refs = await remote.refs();
    const listed = new Set(refs.byName.values());
    const head = refs.byName.get(followed);
    for (const want of new Set([...(head === undefined ? [] : [head]), ...commits])) {
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

/** Depths to which history is fetched, step by step, until a question can be answered. */
export const DEPTHS: readonly number[] = [64, 2_048, WHOLE];
