// Creates a clone beside the one in use and switches to it once it is complete. All followed and recently read commits are copied: from the old
// clone, or else from the server.

import type { CommitSha } from '../../../model/ids.ts';
import type { Log } from '../../../ports/log.ts';
import type { Clone } from '../clone/clone.ts';
import type { Clones } from '../clone/clones.ts';
import { follow, followedHead, originOf, pinCommit, pinnedCommits, prepareClone } from '../clone/refs.ts';
import { INCOMPLETE, isDamage, missing, NotGiven } from '../errors.ts';
import { fetchObjects } from '../remote/fetch-objects.ts';
import type { Remote, RemoteRefs } from '../remote/remote.ts';
import { copyCommit } from './copy-history.ts';

export interface FreshCloneDeps {
  readonly remote: Remote;
  readonly clones: Clones;
  /** Opens a clone with all in-memory caches. */
  readonly cloneAt: (gitdir: string) => Clone;
  readonly log: Log;
  readonly branch: string;
  /** Commits whose files were read and may be read again. */
  readonly read: ReadonlySet<string>;
}

/** Number of commits to copy for one that is only read: itself. */
export const ALONE = 1;
/** Number of ancestors copied with a commit that the branch may no longer contain; others are fetched from the server on request. */
const MAX_BEFORE = 256;

interface OldContent {
  readonly from?: Clone;
  readonly head?: string | undefined;
  readonly pinned: readonly string[];
}

/** @returns a function that replaces the clone in use, and resolves to the folder of the new one */
export function freshCloner({ remote, clones, cloneAt, log, branch, read }: FreshCloneDeps) {
  return cloneAfresh;

  /** The old clone stays in use until the new one is complete. */
  async function cloneAfresh(refs: RemoteRefs, head: CommitSha, why: string): Promise<string> {
    const old = await clones.current();
    const fresh = await clones.begin();
    try {
      await prepareClone(fresh, remote.url, branch);
      const clone = cloneAt(fresh);
      await fetchObjects(refs, clone, { want: head, depth: ALONE, branch });
      const sent =
        (await clone.holds(head)) && (await clone.history.parents(head).catch(() => 'damaged')) !== 'damaged';
      if (!sent) throw new Error(`${remote.url} did not send ${head} as it is: ${INCOMPLETE}`);
      await follow(fresh, branch, head);
      await copyRetained(old, clone, refs);
      await clones.adopt(fresh);
      log.info(`cloned ${remote.url}: ${why}`, { branch, head });
      return fresh;
    } catch (error) {
      await clones.discard(fresh);
      throw error;
    }
  }

  /** Copies every pinned commit, the old head of the branch, and recently read commits. */
  async function copyRetained(old: string | undefined, fresh: Clone, refs: RemoteRefs): Promise<void> {
    const { from, pinned, head } = await contentOf(old);
    for (const commit of pinned) {
      if (commit !== head || !(await fresh.has(commit))) await copyOrFetch(from, fresh, refs, commit, MAX_BEFORE);
    }
    if (head !== undefined && !(await fresh.has(head))) await copyOrFetch(from, fresh, refs, head, MAX_BEFORE);
    for (const commit of read) if (!(await fresh.has(commit))) await copyOrFetch(from, fresh, refs, commit, ALONE);
  }

  /** What the old clone holds; nothing if there is none, or it is one of another repository. */
  async function contentOf(old: string | undefined): Promise<OldContent> {
    const isOurs = old !== undefined && (await originOf(old).catch(() => undefined)) === remote.url;
    if (!isOurs) return { pinned: [] };
    const head = await followedHead(old, branch).catch(() => undefined);
    return { from: cloneAt(old), head, pinned: await pinnedCommits(old) };
  }

  /** From the old clone, or else from the server. */
  async function copyOrFetch(from: Clone | undefined, to: Clone, refs: RemoteRefs, commit: string, most: number) {
    try {
      if (from === undefined) throw missing(commit);
      return await copyCommit(from, to, commit, most);
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
    try {
      await fetchObjects(refs, to, { want: commit, depth: ALONE, branch });
      await pinCommit(to.gitdir, commit);
    } catch (error) {
      if (!(error instanceof NotGiven)) throw error;
      log.warn('a commit that the branch no longer leads to went with the old clone', {
        commit,
        reason: error.message,
      });
    }
  }
}
