// Reads pull requests and users' rights from GitHub, Gitea and Forgejo.

import type { CommitSha } from '../../../model/ids.ts';
import type { PullRequest } from '../../../ports/forge.ts';
import { type GitHub, orNothing } from './connect.ts';
import { allOf } from './pages.ts';

const MAY_PUSH: ReadonlySet<string> = new Set(['write', 'maintain', 'admin', 'owner']);

/** The fields that all three have. */
interface PullResponse {
  readonly number: number;
  readonly title: string;
  readonly body?: string | null;
  readonly state: string;
  readonly user: { readonly login: string } | null;
  readonly head: { readonly ref: string; readonly sha: string; readonly repo: { readonly full_name: string } | null };
  readonly base: { readonly ref: string; readonly repo: { readonly full_name: string } };
  readonly merged_at?: string | null;
  readonly merge_commit_sha?: string | null;
  readonly merged_by?: { readonly login: string } | null;
}

export async function openPulls({ client, owner, repo }: GitHub): Promise<PullRequest[]> {
  const path = 'GET /repos/{owner}/{repo}/pulls';
  return (await allOf<PullResponse>(await client(), path, { owner, repo, state: 'open' })).map(toPullRequest);
}

export async function pullOf({ client, owner, repo }: GitHub, number: number): Promise<PullRequest | null> {
  const path = 'GET /repos/{owner}/{repo}/pulls/{pull_number}';
  const answer = await orNothing(async () => (await client()).request(path, { owner, repo, pull_number: number }));
  return answer === undefined ? null : toPullRequest(answer.data as PullResponse);
}

function toPullRequest(pull: PullResponse): PullRequest {
  const { number, title, body, state, user, head, base, merged_at, merge_commit_sha, merged_by } = pull;
  const merged = merged_at ? (merge_commit_sha ?? null) : null;
  return {
    number,
    title,
    description: body ?? '',
    author: user?.login ?? 'unknown',
    head: head.sha as CommitSha,
    base: base.ref,
    // The repository of a deleted fork is null. A head outside any branch was pushed by AGit, to the repository itself.
    fork: head.repo?.full_name !== base.repo.full_name || head.ref.startsWith('refs/'),
    open: state === 'open',
    mergedAs: merged as CommitSha | null,
    mergedBy: merged === null ? null : (merged_by?.login ?? null),
  };
}

/**
 * GitHub's answer is exact. Gitea answers only repository administrators, and ignores an organisation's teams, but each event includes the sender's
 * permissions: there, either source suffices.
 *
 * @param signed the permission in the signed event
 */
export async function mayWrite(github: GitHub, username: string, signed: boolean | null): Promise<boolean> {
  const { client, owner, repo, kind } = github;
  if (kind === 'gitea' && signed === true) return true;
  const path = 'GET /repos/{owner}/{repo}/collaborators/{username}/permission';
  const ask = async () => (await client()).request(path, { owner, repo, username });
  const answer = await (kind === 'gitea' && signed !== null ? orNothing(ask, 403, 404) : orNothing(ask));
  if (answer === undefined) return false;
  const { permission } = answer.data;
  // A page that does not come from the forge contains no permission.
  if (typeof permission !== 'string')
    throw Object.assign(new Error('the answer names no permission'), { status: answer.status, response: answer });
  return MAY_PUSH.has(permission);
}
