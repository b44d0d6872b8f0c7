// GitHub's merge queue: each queued pull request has a branch `gh-readonly-queue/BRANCH/pr-NUMBER-SHA`, whose head also merges what is ahead of it;
// once all required checks have passed there, the branch is moved to it. The queue waits for them until a timeout. From GitHub's description of its
// REST API (@octokit/openapi 23.0.2: merge groups, rulesets, Git references).

import type { CommitSha } from '../../../model/ids.ts';
import type { QueuedMerge } from '../../../ports/forge.ts';
import type { GitHub } from './connect.ts';
import { allOf } from './pages.ts';

interface Reference {
  readonly ref: string;
  readonly object: { readonly sha: string };
}

/** Gitea and Forgejo have no merge queue. */
export async function queuedMerges({ client, owner, repo, kind }: GitHub, branch: string): Promise<QueuedMerge[]> {
  if (kind === 'gitea') return [];
  const prefix = `heads/gh-readonly-queue/${branch}/`;
  const path = 'GET /repos/{owner}/{repo}/git/matching-refs/{ref}';
  const found = await allOf<Reference>(await client(), path, { owner, repo, ref: prefix });
  return found.flatMap(({ ref, object }) => {
    const name = ref.startsWith(`refs/${prefix}`) ? ref.slice(`refs/${prefix}`.length) : '';
    const [, pull] = /^pr-(\d+)-[0-9a-f]+$/.exec(name) ?? [];
    return pull === undefined ? [] : [{ head: object.sha as CommitSha, pull: Number(pull) }];
  });
}
