// Maintains the clone of the config repo: updates it, replaces it when it is corrupt or has too many packs, and never loses a commit that was
// followed.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommitSha } from '../../../model/ids.ts';
import { headOf } from '../clone/refs.ts';
import { NotGiven } from '../errors.ts';
import { fetchObjects } from '../remote/fetch-objects.ts';
import type { RemoteRefs } from '../remote/remote.ts';
import { bringCommit } from './bring-commit.ts';
import { openCloneInUse } from './clone-in-use.ts';
import type { FreshCloneDeps } from './fresh-clone.ts';
import { RefusedHead } from './refused-head.ts';
import { inTurn } from './serial.ts';
import { updateClone } from './update-clone.ts';

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
  const inUse = openCloneInUse(deps);
  const refused = new RefusedHead();
  /** One writer at a time. */
  const write = inTurn();
  const update = () => updateClone({ ...deps, inUse, refused, repackWhenNeeded });

  async function repackWhenNeeded(gitdir: string): Promise<void> {
    try {
      const packs = (await readdir(join(gitdir, 'objects', 'pack'))).filter((name) => name.endsWith('.pack'));
      if (packs.length > maxPacks) await replace(`the old clone has ${packs.length} packs`);
    } catch (error) {
      log.warn('the clone could not be recreated; a later fetch tries again', { error });
    }
  }

  function replace(why: string): Promise<void> {
    return write(async () => {
      const refs = await remote.refs();
      const head = headOf(refs, branch);
      if (head !== null) await inUse.replace(refs, head, why);
    }, 'replace');
  }

  /** Uses a fresh clone if the present one turns out to be corrupt. */
  async function bringOrRenew(refs: RemoteRefs, commit: string): Promise<boolean> {
    const gitdir = await clones.current();
    if (gitdir === undefined) return false;
    try {
      return await bringCommit(deps, refused, cloneAt(gitdir), refs, commit);
    } catch (error) {
      await inUse.replaceDamaged(refs, headOf(refs, branch), error);
    }
    const fresh = await clones.current();
    return fresh !== undefined && bringCommit(deps, refused, cloneAt(fresh), refs, commit);
  }

  async function bring(commit: string): Promise<boolean> {
    return (await clones.current()) === undefined ? false : bringOrRenew(await remote.refs(), commit);
  }

  async function named(name: string): Promise<CommitSha | null> {
    const refs = await remote.refs();
    const full = [`refs/heads/${name}`, `refs/tags/${name}`, name].find((ref) => refs.byName.has(ref));
    const commit = full && refs.byName.get(full);
    if (commit === undefined) return null;
    if ((await clones.current()) === undefined) await update();
    return (await bringOrRenew(refs, commit)) ? (commit as CommitSha) : null;
  }

  return {
    update: () => write(update, 'update'),
    replace,
    bring: (commit) => write(() => bring(commit)),
    named: (name) => write(() => named(name)),
    deepen: (commits, depth) => write(() => deepen(deps, commits, depth)),
  };
}

async function deepen(deps: FreshCloneDeps, commits: readonly string[], depth: number): Promise<void> {
  const { remote, clones, cloneAt, log, branch } = deps;
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
