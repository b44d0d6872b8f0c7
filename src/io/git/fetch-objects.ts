// Brings objects from the server into a clone. Whatever instant a process dies at, the clone says no less than it must about where
// its history is cut off: that is written before the pack (files.ts), and made shorter after it.

import { type Clone, cutOffAmong } from './clone.ts';
import { followedRef } from './refs.ts';
import type { RemoteRefs } from './remote.ts';
import { readShallow, writeShallow } from './shallow.ts';

export interface FetchRequest {
  readonly want: string;
  /** Commits one after another from the wanted one; null: as far as what is here. A server that cannot cut off sends them all. */
  readonly depth: number | null;
  /** The branch whose head is here: what that leads to need not be sent. */
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
