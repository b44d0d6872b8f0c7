// Brings objects from the server into a clone. Whatever instant a process dies at, the clone says no less than it must about where
// its history is cut off: that is written before the pack, and made shorter after it.

import { type Clone, cutOffAmong } from './clone.ts';
import { storePack } from './pack/store-pack.ts';
import { followedHead, keptCommits } from './refs.ts';
import type { RemoteRefs } from './remote.ts';
import { readShallow, writeShallow } from './shallow.ts';

export interface Bring {
  readonly wants: readonly string[];
  /** Commits one after another from each wanted one; null: as far as what is here. A server that cannot cut off sends them all. */
  readonly depth: number | null;
  /** The branch whose head is here. */
  readonly branch: string;
}

/** Kept commits that the server is told of: it need not send what they lead to. */
const MOST_HAVES = 64;

/** @throws NotGiven when the server refuses */
export async function bring(refs: RemoteRefs, clone: Clone, { wants, depth, branch }: Bring): Promise<void> {
  const { gitdir, store } = clone;
  const shallow = await readShallow(gitdir);
  const head = await followedHead(gitdir, branch).catch(() => undefined);
  const kept = await keptCommits(gitdir);
  const haves = [...(head === undefined ? [] : [head]), ...kept.slice(-MOST_HAVES)].filter(store.has);
  const wish = { wants, haves, shallow: [...shallow], depth: refs.shallow ? depth : null };
  let named = shallow;
  await refs.ask(wish, async (answer) => {
    named = new Set([...shallow, ...answer.shallow]);
    await writeShallow(gitdir, named);
    await storePack(gitdir, answer.pack);
  });
  await writeShallow(gitdir, await cutOffAmong(clone, named));
}
