// The clone in use: whether it can be used, and its replacement by a fresh one. For one writer at a time.

import type { CommitSha } from '../../../model/ids.ts';
import { followedHead, nameRemote, originOf } from '../clone/refs.ts';
import { isDamage } from '../errors.ts';
import type { RemoteRefs } from '../remote/remote.ts';
import { type FreshCloneDeps, freshCloner } from './fresh-clone.ts';

export interface CloneInUse {
  /** The clone's head; undefined when it belongs to another repository or cannot be read. */
  usableHead(gitdir: string): Promise<CommitSha | undefined>;
  /** Clones the branch's head afresh. The old clone stays in use until the new one is complete. */
  replace(refs: RemoteRefs, head: CommitSha, why: string): Promise<void>;
  /** @throws `error` unless it means that the clone is corrupt, and the branch has a head to clone */
  replaceDamaged(refs: RemoteRefs, head: CommitSha | null, error: unknown): Promise<void>;
}

export function openCloneInUse(deps: FreshCloneDeps): CloneInUse {
  const { remote, cloneAt, log, branch } = deps;
  const replaceClone = freshCloner(deps);
  /** The clone that this process has checked. */
  let checked: string | undefined;

  async function check(gitdir: string, head: string): Promise<void> {
    if (gitdir === checked) return;
    const clone = cloneAt(gitdir);
    await clone.tree((await clone.commit(head)).tree);
    await nameRemote(gitdir, remote.url);
    checked = gitdir;
  }

  async function replace(refs: RemoteRefs, head: CommitSha, why: string): Promise<void> {
    checked = await replaceClone(refs, head, why);
  }

  return {
    replace,
    async usableHead(gitdir) {
      try {
        if ((await originOf(gitdir)) !== remote.url) return undefined;
        const head = await followedHead(gitdir, branch);
        await check(gitdir, head);
        return head as CommitSha;
      } catch (error) {
        if (isDamage(error)) return undefined;
        throw error;
      }
    },
    async replaceDamaged(refs, head, error) {
      if (!isDamage(error) || head === null) throw error;
      log.warn('the clone cannot be read', { error });
      await replace(refs, head, 'the old one cannot be read');
    },
  };
}
