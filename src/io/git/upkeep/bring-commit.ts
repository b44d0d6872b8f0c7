// Gets one commit that the clone lacks, by its id or from the history of the branch.

import type { Clone } from '../clone/clone.ts';
import { headOf, pinCommit } from '../clone/refs.ts';
import { readShallow } from '../clone/shallow.ts';
import { Damage, NotGiven } from '../errors.ts';
import { fetchObjects } from '../remote/fetch-objects.ts';
import { type RemoteRefs, WHOLE } from '../remote/remote.ts';
import type { FollowedBranch } from './advance.ts';
import { ALONE } from './fresh-clone.ts';
import type { RefusedHead } from './refused-head.ts';

/** Depths to which history is fetched, step by step, until a question can be answered. */
export const DEPTHS: readonly number[] = [64, 2_048, WHOLE];

/**
 * Fetches a commit by its id and pins it; a server may refuse that, then its branch is searched for it. Resolves to whether the clone has it.
 *
 * @throws Damage when the server takes it that the clone has what it lacks
 */
export async function bringCommit(
  server: FollowedBranch,
  refused: RefusedHead,
  clone: Clone,
  refs: RemoteRefs,
  commit: string,
): Promise<boolean> {
  const { remote, branch, log } = server;
  if (await clone.holds(commit)) return true;
  refused.throwIfRefused(commit);
  try {
    const cutOff = refs.shallow && (await readShallow(clone.gitdir)).size > 0;
    await fetchObjects(refs, clone, { want: commit, depth: cutOff ? ALONE : null, branch });
  } catch (error) {
    if (!(error instanceof NotGiven)) throw error;
    log.info(`${remote.url} does not give out ${commit}`, { reason: error.message });
    return fromTheBranch(server, clone, refs, commit);
  }
  if (!(await clone.has(commit))) throw new Damage(`${remote.url} takes it that ${commit} is here`);
  if (!(await clone.holds(commit))) return false;
  await pinCommit(clone.gitdir, commit);
  return true;
}

/** Looks in the branch's history for a commit that the server does not serve by id. */
async function fromTheBranch(
  { branch }: FollowedBranch,
  clone: Clone,
  refs: RemoteRefs,
  commit: string,
): Promise<boolean> {
  const head = headOf(refs, branch);
  if (refs.byId || head === null) return false;
  for (const depth of DEPTHS) {
    if ((await readShallow(clone.gitdir)).size === 0) break;
    await fetchObjects(refs, clone, { want: head, depth, branch });
    if (await clone.holds(commit)) return true;
  }
  return clone.holds(commit);
}
