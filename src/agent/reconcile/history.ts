// How commits stand to each other.

import type { CommitSha } from '../../model/ids.ts';
import type { CommitInfo, Repository } from '../../ports.ts';

/** Commits of one push that are looked at, the newest first. */
const MOST_COMMITS = 100;

/** Whether `later` is `earlier` or builds on it. It does not when the repository has lost `earlier`, as after a force push. */
export async function comesAfter(repository: Repository, earlier: CommitSha, later: CommitSha): Promise<boolean> {
  return (await repository.resolve(earlier)) !== null && (await repository.isAncestor(earlier, later));
}

/** The commits from `base` (exclusive) to `head`, the newest first, and no more of them than `most`. */
export async function commitsSince(
  repository: Repository,
  base: CommitSha,
  head: CommitSha,
  most = MOST_COMMITS,
): Promise<CommitInfo[]> {
  const seen = new Set<CommitSha>([base]);
  const waiting = [head];
  const found: CommitInfo[] = [];
  for (let sha = waiting.shift(); sha !== undefined && found.length < most; sha = waiting.shift()) {
    if (seen.has(sha)) continue;
    seen.add(sha);
    if (await repository.isAncestor(sha, base)) continue;
    const commit = await repository.commit(sha);
    found.push(commit);
    waiting.push(...commit.parents);
  }
  return found;
}
