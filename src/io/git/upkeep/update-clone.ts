// Updates the clone in use to the branch's head on the server.

import type { CommitSha } from '../../../model/ids.ts';
import { headOf } from '../clone/refs.ts';
import { NotGiven, TooLarge } from '../errors.ts';
import type { RemoteRefs } from '../remote/remote.ts';
import { advance } from './advance.ts';
import type { CloneInUse } from './clone-in-use.ts';
import type { FreshCloneDeps } from './fresh-clone.ts';
import { headNotFetched, type RefusedHead } from './refused-head.ts';

export interface UpdateDeps extends Omit<FreshCloneDeps, 'read'> {
  readonly inUse: CloneInUse;
  readonly refused: RefusedHead;
  /** Called without waiting after the clone received a new head. */
  readonly repackWhenNeeded: (gitdir: string) => Promise<void>;
}

/**
 * Resolves to the branch's head on the server, with its files in the clone; null when the server has no such branch.
 *
 * @throws HeadNotFetched when a retry would give the same
 */
export async function updateClone(deps: UpdateDeps): Promise<CommitSha | null> {
  const { remote, branch } = deps;
  const refs = await remote.refs();
  const head = headOf(refs, branch);
  if (head === null) return null;
  try {
    return await bringHead(deps, refs, head);
  } catch (error) {
    if (!(error instanceof NotGiven)) throw error;
    // The branch may have moved since it was listed.
    const again = await remote.refs();
    const moved = headOf(again, branch);
    if (moved === null) return null;
    if (moved === head) throw headNotFetched(head, error);
    return bringHead(deps, again, moved);
  }
}

async function bringHead(deps: UpdateDeps, refs: RemoteRefs, head: CommitSha): Promise<CommitSha> {
  const { refused } = deps;
  refused.throwIfRefused(head);
  refused.forget();
  try {
    await followHead(deps, refs, head);
    return head;
  } catch (error) {
    if (!(error instanceof Error && error.cause instanceof TooLarge)) throw error;
    throw refused.remember(head, error.cause);
  }
}

/** Moves the clone in use on to the head, or clones afresh where no clone can be used. */
async function followHead(deps: UpdateDeps, refs: RemoteRefs, head: CommitSha): Promise<void> {
  const { clones, inUse } = deps;
  const gitdir = await clones.current();
  const before = gitdir === undefined ? undefined : await inUse.usableHead(gitdir);
  if (gitdir === undefined || before === undefined) {
    await inUse.replace(refs, head, 'there is none that can be used');
  } else if (before !== head) {
    await moveOn(deps, gitdir, refs, before, head).catch((error) => inUse.replaceDamaged(refs, head, error));
  }
}

async function moveOn(
  deps: UpdateDeps,
  gitdir: string,
  refs: RemoteRefs,
  before: CommitSha,
  head: CommitSha,
): Promise<void> {
  await advance(deps, deps.cloneAt(gitdir), refs, before, head);
  void deps.repackWhenNeeded(gitdir);
}
