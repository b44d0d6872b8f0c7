// Reads code reviews from GitHub, Gitea and Forgejo. Each belongs to the head that it was made for. Gitea marks as official those that count for
// required approvals: only by users who may push there or whom the branch protection names.

import type { ForgeReview } from '../../../ports/forge.ts';
import type { GitHub } from './connect.ts';
import { ownLogin } from './identity.ts';
import { allOf } from './pages.ts';

/** The fields that all three have, and Gitea's own. */
interface ReviewResponse {
  readonly id: number;
  readonly user: { readonly login: string; readonly type?: string } | null;
  readonly body: string | null;
  readonly state: string;
  readonly submitted_at?: string;
  readonly commit_id: string | null;
  readonly official?: boolean;
  readonly dismissed?: boolean;
}

/** The state that requests changes has different names. */
const DECIDES: ReadonlySet<string> = new Set(['APPROVED', 'CHANGES_REQUESTED', 'REQUEST_CHANGES', 'DISMISSED']);

/** Oldest first, without unsubmitted ones. */
export async function reviewsOf(github: GitHub, pull: number): Promise<ForgeReview[]> {
  const { client, owner, repo } = github;
  const path = 'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews';
  const reviews = await allOf<ReviewResponse>(await client(), path, { owner, repo, pull_number: pull });
  const me = await ownLogin(github);
  // A person's last decision counts; a plain comment does not revoke it.
  const last = new Map(reviews.filter(({ state }) => DECIDES.has(state)).map(({ id, user }) => [user?.login, id]));
  return reviews.flatMap(({ id, user, body, state, submitted_at, commit_id, official, dismissed }) => {
    const author = user?.login ?? '';
    if (submitted_at === undefined || commit_id === null || state === 'PENDING' || state === 'REQUEST_REVIEW')
      return [];
    return {
      id: String(id),
      author,
      byProgram: user?.type === 'Bot' || author === me,
      body: body ?? '',
      submitted: new Date(submitted_at),
      approves: state === 'APPROVED' && dismissed !== true && last.get(author) === id,
      head: commit_id,
      // A review may be unofficial for other reasons.
      mayPush: official === true ? true : null,
    };
  });
}
