// Authors and messages of commits, for lists of runs. A commit never changes, so it is read once; a missing one is requested again only after a
// while, since page views must not make the agent fetch each time.

import { LRUCache } from 'lru-cache';
import type { CommitSha } from '../../model/ids.ts';
import type { CommitInfo } from '../../ports/repository.ts';
import type { Context } from '../context.ts';
import type { Agent } from '../deps.ts';

const KEEP = 500;
const ASK_AGAIN_MS = 60_000;

export function commits({ repository }: Pick<Context, 'repository'>): Agent['commits'] {
  const known = new LRUCache<CommitSha, Promise<CommitInfo | null>>({ max: KEEP });

  async function read(commit: CommitSha): Promise<CommitInfo | null> {
    try {
      return await repository.commit(commit);
    } catch {
      known.set(commit, Promise.resolve(null), { ttl: ASK_AGAIN_MS });
      return null;
    }
  }

  return async (wanted) => {
    const found = await Promise.all(
      [...new Set(wanted)].map((commit) => {
        const before = known.get(commit);
        if (before !== undefined) return before;
        const now = read(commit);
        known.set(commit, now);
        return now;
      }),
    );
    return new Map(found.flatMap((info) => (info === null ? [] : [[info.sha, info] as const])));
  };
}
