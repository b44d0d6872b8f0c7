// How commits stand to each other.

import type { CommitSha } from '../../model/ids.ts';
import type { CommitInfo, Repository } from '../../ports/repository.ts';

/** Commits of one push that are looked at, the newest first. */
const MOST_COMMITS = 100;

/** Whether `later` is `earlier` or builds on it. It does not when the repository has lost `earlier`, as after a force push. */
export async function comesAfter(repository: Repository, earlier: CommitSha, later: CommitSha): Promise<boolean> {
  return (await repository.resolve(earlier)) !== null && (await repository.isAncestor(earlier, later));
}

/** The commits from `base` (exclusive) to `head`, the newest first, and no more of them than `most`. */
export function commitsSince(
  repository: Repository,
  base: CommitSha,
  head: CommitSha,
  most = MOST_COMMITS,
): Promise<readonly CommitInfo[]> {
  return repository.commitsSince(base, head, most);
}
