// Commit statuses: what a token may write on GitHub, Gitea and Forgejo.

import type { CommitSha } from '../../../model/ids.ts';
import type { CommitStatus } from '../../../model/report.ts';
import type { SendResult } from '../../../ports/forge.ts';
import { notSent } from '../not-sent.ts';
import { rightAt } from '../rights.ts';
import { type GitHub, once, probesOf } from './connect.ts';
import { allOf } from './pages.ts';

const OURS = 'phoenix/';

export async function setStatus(
  github: GitHub,
  { commit, context, state, description, url }: CommitStatus,
): Promise<SendResult> {
  const attempt = {
    what: `the status of ${commit.slice(0, 12)}`,
    right: rightAt(github.kind, 'Commit statuses: write'),
    as: 'token',
    now: new Date(),
  } as const;
  const { client, owner, repo, kind } = github;
  const probes = probesOf(github, 'GET /repos/{owner}/{repo}/commits/{ref}/status', { ref: commit, per_page: 1 });
  try {
    const target = url === null ? {} : { target_url: url };
    const answer = await (await client()).request('POST /repos/{owner}/{repo}/statuses/{sha}', {
      owner,
      repo,
      sha: commit,
      context,
      state,
      description: kind === 'github' ? withinBasicPlane(description) : description,
      ...target,
      ...once,
    });
    if (answer.status === 201) return { sent: true, handle: null };
    return await notSent({ response: answer }, attempt, probes);
  } catch (error) {
    return notSent(error, attempt, probes);
  }
}

/** GitHub refuses a description with a character of four bytes in UTF-8, such as an emoji, as 422. */
function withinBasicPlane(text: string): string {
  return text.replaceAll(/[\u{10000}-\u{10FFFF}]|\p{Surrogate}/gu, '\uFFFD');
}

/** Gitea's name for the state is `status`. */
interface StatusResponse {
  readonly context: string;
  readonly state?: string;
  readonly status?: string;
}

/** Phoenix's contexts whose newest status is pending. */
export async function pendingStatuses({ client, owner, repo }: GitHub, ref: CommitSha): Promise<string[]> {
  const path = 'GET /repos/{owner}/{repo}/commits/{ref}/status';
  const statuses = (data: { readonly statuses: readonly StatusResponse[] | null }) =>
    data.statuses === null ? [] : data.statuses;
  const newest = await allOf<StatusResponse>(await client(), path, { owner, repo, ref }, statuses);
  const pending = newest.filter(
    ({ context, state, status }) => context.startsWith(OURS) && (state ?? status) === 'pending',
  );
  return pending.map(({ context }) => context);
}

interface CheckRunResponse {
  readonly name: string;
  readonly status: string;
}

/** Names of Phoenix's check runs on the commit that are not completed. */
export async function pendingChecks({ client, owner, repo }: GitHub, ref: CommitSha): Promise<string[]> {
  const path = 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs';
  const runs = (data: { readonly check_runs: readonly CheckRunResponse[] }) => data.check_runs;
  const found = await allOf<CheckRunResponse>(await client(), path, { owner, repo, ref, filter: 'latest' }, runs);
  return found.filter(({ name, status }) => name.startsWith(OURS) && status !== 'completed').map(({ name }) => name);
}
