// Relations between commits.

import type { CommitSha } from '../../model/ids.ts';
import type { CommitInfo, Repository } from '../../ports/repository.ts';

/** Maximum number of commits of one push that are read, newest first. */
const MAX_COMMITS = 100;

/** Whether `later` is `earlier` or a descendant of it. False when the repository has lost `earlier`, as after a force push. */
export async function comesAfter(repository: Repository, earlier: CommitSha, later: CommitSha): Promise<boolean> {
  return (await repository.resolve(earlier)) !== null && (await repository.isAncestor(earlier, later));
}

/** The commits from `base` (exclusive) to `head`, newest first, at most `most`. */
export function commitsSince(
  repository: Repository,
  base: CommitSha,
  head: CommitSha,
  most = MAX_COMMITS,
): Promise<readonly CommitInfo[]> {
  return repository.commitsSince(base, head, most);
}
