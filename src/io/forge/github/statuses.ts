// Commit statuses: what a token may write on GitHub, Gitea and Forgejo.

import type { CommitSha } from '../../../model/ids.ts';
import type { CommitStatus } from '../../../model/report.ts';
import type { SendResult } from '../../../ports.ts';
import { judge } from '../judge.ts';
import { type GitHub, once } from './connect.ts';

const OURS = 'phoenix/';

export async function setStatus(
  { client, owner, repo }: GitHub,
  { commit, context, state, description, url }: CommitStatus,
): Promise<SendResult> {
  const attempt = {
    what: `the status of ${commit.slice(0, 12)}`,
    right: 'Commit statuses: write',
    as: 'token',
    now: new Date(),
  } as const;
  try {
    const target = url === null ? {} : { target_url: url };
    const answer = await (await client()).request('POST /repos/{owner}/{repo}/statuses/{sha}', {
      owner,
      repo,
      sha: commit,
      context,
      state,
      description,
      ...target,
      ...once,
    });
    return answer.status === 201 ? { sent: true, handle: null } : judge({ response: answer }, attempt);
  } catch (error) {
    return judge(error, attempt);
  }
}

/** Contexts of ours whose newest status reads pending. */
export async function pendingStatuses({ client, owner, repo }: GitHub, ref: CommitSha): Promise<string[]> {
  const path = 'GET /repos/{owner}/{repo}/commits/{ref}/status';
  const { data } = await (await client()).request(path, { owner, repo, ref, per_page: 100 });
  // Gitea calls the state of one status `status`.
  const told = data.statuses as readonly {
    readonly context: string;
    readonly state?: string;
    readonly status?: string;
  }[];
  const pending = told.filter(
    ({ context, state, status }) => context.startsWith(OURS) && (state ?? status) === 'pending',
  );
  return pending.map(({ context }) => context);
}

/** Names of our check runs on the commit that have not ended. */
export async function pendingChecks({ client, owner, repo }: GitHub, ref: CommitSha): Promise<string[]> {
  const path = 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs';
  const { data } = await (await client()).request(path, { owner, repo, ref, filter: 'latest', per_page: 100 });
  const open = data.check_runs.filter(({ name, status }) => name.startsWith(OURS) && status !== 'completed');
  return open.map(({ name }) => name);
}
