// Fetches objects from the server into a clone. Whenever a process dies, the clone's record of where its history is cut off is complete: commits are
// added to it before the pack is written (files.ts), and removed after.

import { type Clone, cutOffAmong } from '../clone/clone.ts';
import { followedRef } from '../clone/refs.ts';
import { readShallow, writeShallow } from '../clone/shallow.ts';
import type { RemoteRefs } from './remote.ts';

export interface FetchRequest {
  readonly want: string;
  /** Number of consecutive commits from the wanted one; null: up to local history. A server without support for shallow fetches sends all. */
  readonly depth: number | null;
  /** The branch whose head is local: its history need not be sent. */
  readonly branch: string;
}

/** @throws NotGiven when the server refuses */
export async function fetchObjects(
  refs: RemoteRefs,
  clone: Clone,
  { want, depth, branch }: FetchRequest,
): Promise<void> {
  await refs.bring(clone, { want, depth: refs.shallow ? depth : null, known: followedRef(branch) });
  await writeShallow(clone.gitdir, await cutOffAmong(clone, await readShallow(clone.gitdir)));
}
