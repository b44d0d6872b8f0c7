// Reads commands and commits from GitHub, Gitea and Forgejo, to verify what a delivery claims.

import type { CommitSha } from '../../../model/ids.ts';
import type { ForgeComment } from '../../../ports/forge.ts';
import { isEdited } from '../comment.ts';
import { type GitHub, orNothing } from './connect.ts';
import { ownLogin } from './identity.ts';
import { allOf, pagesOf } from './pages.ts';

/** Maximum number of pages of a repository's activity to read: the commits in question were pushed recently. */
const MAX_RECORD_PAGES = 20;

/** The fields that all three have. */
interface CommentResponse {
  readonly user: { readonly login: string; readonly type?: string } | null;
  readonly body?: string;
  readonly created_at: string;
  readonly updated_at: string;
  /** GitHub only; ends with the pull request's number. */
  readonly issue_url?: string;
  /** Gitea and Forgejo only. */
  readonly pull_request_url?: string;
}

/** Null when the repository has no such comment, or under another pull request. */
export async function commentOf(github: GitHub, pull: number, id: string): Promise<ForgeComment | null> {
  const { owner, repo } = github;
  const path = 'GET /repos/{owner}/{repo}/issues/comments/{comment_id}';
  const read = async () => (await github.client()).request(path, { owner, repo, comment_id: Number(id) });
  const answer = await orNothing(read);
  const comment = answer?.data as CommentResponse | undefined;
  if (comment === undefined || numberIn(comment.pull_request_url || comment.issue_url) !== pull) return null;
  const author = comment.user?.login ?? '';
  return {
    author,
    byProgram: comment.user?.type === 'Bot' || author === (await ownLogin(github)),
    body: comment.body ?? '',
    created: new Date(comment.created_at),
    edited: isEdited(comment.created_at, comment.updated_at),
  };
}

function numberIn(url: string | undefined): number {
  return Number(/\/(?:issues|pulls?)\/(\d+)$/.exec(url ?? '')?.[1] ?? Number.NaN);
}

/** For a branch other than the default one, GitHub also lists open pull requests; Gitea lists the merged one. */
export async function pullsOf({ client, owner, repo, kind }: GitHub, commit: CommitSha): Promise<number[]> {
  const open = await client();
  const place = { owner, repo, commit_sha: commit };
  if (kind === 'gitea') {
    const answer = await orNothing(() => open.request('GET /repos/{owner}/{repo}/commits/{commit_sha}/pull', place));
    return answer === undefined ? [] : [(answer.data as { readonly number: number }).number];
  }
  const path = 'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls';
  const found = await orNothing(() => allOf<{ readonly number: number }>(open, path, place));
  return (found ?? []).map(({ number }) => number);
}

export async function pullTexts({ client, owner, repo }: GitHub, number: number): Promise<string[]> {
  const open = await client();
  const place = { owner, repo, pull_number: number };
  const { data } = await open.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', place);
  const path = 'GET /repos/{owner}/{repo}/pulls/{pull_number}/commits';
  const commits = await allOf<{ readonly commit: { readonly message: string } }>(open, path, place);
  return [data.title, data.body ?? '', ...commits.map(({ commit }) => commit.message)];
}

/** According to the repository's activity; undefined where there is none, or it may not be read. */
export async function pusherOf(github: GitHub, branch: string, commit: CommitSha): Promise<string | null | undefined> {
  const { client, owner, repo, kind } = github;
  const open = await client();
  const ref = `refs/heads/${branch}`;
  const place = { owner, repo };
  try {
    if (kind === 'gitea') {
      const pages = pagesOf<Act>(open, 'GET /repos/{owner}/{repo}/activities/feeds', place);
      const act = await findIn(pages, (each) => each.ref_name === ref && headOf(each) === commit);
      return act && (act.act_user?.login ?? null);
    }
    const pages = pagesOf<Activity>(open, 'GET /repos/{owner}/{repo}/activity', { ...place, ref });
    const activity = await findIn(pages, ({ after }) => after === commit);
    return activity && (activity.actor?.login ?? null);
  } catch (error) {
    // Older servers have no such record, and not every login may read it.
    if ([403, 404, 422].includes((error as { readonly status?: number }).status ?? 0)) return undefined;
    throw error;
  }
}

/** Null where there is no such row; undefined where the record is longer than what is read. */
async function findIn<Row>(
  pages: AsyncIterable<readonly Row[]>,
  fits: (row: Row) => boolean,
): Promise<Row | null | undefined> {
  let read = 0;
  for await (const page of pages) {
    const found = page.find(fits);
    if (found !== undefined) return found;
    read += 1;
    if (read >= MAX_RECORD_PAGES) return undefined;
  }
  return null;
}

/** An entry of GitHub's activity. */
interface Activity {
  readonly after: string;
  readonly actor: { readonly login: string } | null;
}

/** An entry of Gitea's activity; the content of a push is a JSON text. */
interface Act {
  readonly act_user: { readonly login: string } | null;
  readonly ref_name: string;
  readonly content: string;
}

function headOf({ content }: Act): string | undefined {
  try {
    return (JSON.parse(content) as { readonly HeadCommit?: { readonly Sha1?: string } }).HeadCommit?.Sha1;
  } catch {
    return undefined;
  }
}

export async function repositoryName({ client, owner, repo }: GitHub): Promise<string> {
  const { data } = await (await client()).request('GET /repos/{owner}/{repo}', { owner, repo });
  return data.full_name;
}
