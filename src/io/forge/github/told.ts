// What the forge says of a command or a commit when it is asked, on GitHub, Gitea and Forgejo: a delivery only claims it.

import type { CommitSha } from '../../../model/ids.ts';
import type { ForgeComment } from '../../../ports.ts';
import { isEdited } from '../comment.ts';
import { type Client, type GitHub, orNothing } from './connect.ts';
import { whoAmI } from './identity.ts';

const PER_PAGE = 100;
/** GitHub lists no more than 250 commits of a pull request. */
const MOST_PAGES = 5;

/** The fields that all three have. */
interface Told {
  readonly user: { readonly login: string; readonly type?: string } | null;
  readonly body?: string;
  readonly created_at: string;
  readonly updated_at: string;
  /** Of GitHub, by the number of the pull request. */
  readonly issue_url?: string;
  /** Of Gitea and Forgejo. */
  readonly pull_request_url?: string;
}

/** Null when the repository has no such comment, or has it under another pull request. */
export async function commentOf(github: GitHub, pull: number, id: string): Promise<ForgeComment | null> {
  const { owner, repo } = github;
  const path = 'GET /repos/{owner}/{repo}/issues/comments/{comment_id}';
  const read = async () => (await github.client()).request(path, { owner, repo, comment_id: Number(id) });
  const answer = await orNothing(read);
  const told = answer?.data as Told | undefined;
  if (told === undefined || numberIn(told.pull_request_url || told.issue_url) !== pull) return null;
  const author = told.user?.login ?? '';
  return {
    author,
    byProgram: told.user?.type === 'Bot' || author === (await whoAmI(github)),
    body: told.body ?? '',
    created: new Date(told.created_at),
    edited: isEdited(told.created_at, told.updated_at),
  };
}

function numberIn(url: string | undefined): number {
  return Number(/\/(?:issues|pulls?)\/(\d+)$/.exec(url ?? '')?.[1] ?? Number.NaN);
}

/** GitHub names open ones too where the branch is not the first of the repository; Gitea the one that was merged. */
export async function pullsOf({ client, owner, repo, kind }: GitHub, commit: CommitSha): Promise<number[]> {
  const open = await client();
  const place = { owner, repo, commit_sha: commit };
  if (kind === 'gitea') {
    const answer = await orNothing(() => open.request('GET /repos/{owner}/{repo}/commits/{commit_sha}/pull', place));
    return answer === undefined ? [] : [(answer.data as { readonly number: number }).number];
  }
  const path = 'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls';
  const answer = await orNothing(() => open.request(path, { ...place, per_page: PER_PAGE }));
  return (answer?.data ?? []).map(({ number }) => number);
}

export async function pullTexts({ client, owner, repo }: GitHub, number: number): Promise<string[]> {
  const open = await client();
  const place = { owner, repo, pull_number: number };
  const { data } = await open.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', place);
  return [data.title, data.body ?? '', ...(await commitMessages(open, place))];
}

async function commitMessages(
  client: Client,
  place: { readonly owner: string; readonly repo: string; readonly pull_number: number },
): Promise<string[]> {
  const found: string[] = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const query = { ...place, per_page: PER_PAGE, limit: PER_PAGE, page };
    const { data, headers } = await client.request('GET /repos/{owner}/{repo}/pulls/{pull_number}/commits', query);
    found.push(...data.map(({ commit }) => commit.message));
    // Gitea cuts pages shorter than asked for: both say whether there is another.
    if (!String(headers.link ?? '').includes('rel="next"')) break;
  }
  return found;
}

/** As the record of what happened in the repository has it; undefined where there is none, or it may not be read. */
export async function pusherOf(github: GitHub, branch: string, commit: CommitSha): Promise<string | null | undefined> {
  const { client, owner, repo, kind } = github;
  const open = await client();
  const ref = `refs/heads/${branch}`;
  if (kind === 'gitea') {
    const path = 'GET /repos/{owner}/{repo}/activities/feeds';
    const answer = await orNothing(() => open.request(path, { owner, repo, limit: PER_PAGE }), 403, 404);
    if (answer === undefined) return undefined;
    const acts = answer.data as readonly Act[];
    return acts.find((act) => act.ref_name === ref && headOf(act) === commit)?.act_user?.login ?? null;
  }
  const path = 'GET /repos/{owner}/{repo}/activity';
  const answer = await orNothing(() => open.request(path, { owner, repo, ref, per_page: PER_PAGE }), 403, 404, 422);
  return answer === undefined ? undefined : (answer.data.find(({ after }) => after === commit)?.actor?.login ?? null);
}

/** One thing that happened in a repository of Gitea; what was pushed is JSON in a text. */
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
