// Moves a clone on to the new head of the followed branch.

import type { CommitSha } from '../../../model/ids.ts';
import type { Clone } from '../clone/clone.ts';
import { follow, pinCommit } from '../clone/refs.ts';
import { readShallow } from '../clone/shallow.ts';
import { Damage } from '../errors.ts';
import { HistoryCut, isAncestor } from '../history/ancestry.ts';
import { fetchObjects } from '../remote/fetch-objects.ts';
import type { RemoteRefs } from '../remote/remote.ts';
import type { FreshCloneDeps } from './fresh-clone.ts';

/** The branch that a clone follows, and its server. */
export type FollowedBranch = Pick<FreshCloneDeps, 'remote' | 'branch' | 'log'>;

/** Number of commits fetched with a new head: most pushes are smaller. */
const WITH_A_PUSH = 32;

/**
 * Fetches the new head of the branch and follows it. The commit before stays, also when the branch no longer contains it.
 *
 * @throws Damage when the server takes it that the clone has what it lacks
 */
export async function advance(
  server: FollowedBranch,
  clone: Clone,
  refs: RemoteRefs,
  before: CommitSha,
  head: CommitSha,
): Promise<void> {
  const { remote, branch } = server;
  const { gitdir } = clone;
  const cutOff = (await readShallow(gitdir)).size > 0;
  if (!(await clone.holds(head))) {
    await fetchObjects(refs, clone, { want: head, depth: cutOff ? WITH_A_PUSH : null, branch });
    if (!(await clone.holds(head))) throw new Damage(`${remote.url} takes it that ${head} is here`);
  }
  if (!(await buildsOn(server, clone, before, head))) await pinCommit(gitdir, before);
  // The next fetch sends this ref to the server: without it, everything would be sent again.
  await follow(gitdir, branch, head);
}

/** Also false where more history is needed to decide: then at worst the previous commit is kept unnecessarily. */
async function buildsOn(
  { branch, log }: FollowedBranch,
  clone: Clone,
  before: CommitSha,
  head: CommitSha,
): Promise<boolean> {
  try {
    if (await isAncestor(clone.history, before, head)) return true;
    log.warn(`${branch} was rewritten: ${head} does not descend from ${before}`);
    return false;
  } catch (error) {
    if (error instanceof HistoryCut) return false;
    throw error;
  }
}
