// GitLab: statuses on commits, one note under a merge request, and who may push. Facts from GitLab's description of its REST
// interface: projects by their path with `/` as `%2F`, states of its own, access level 30 (Developer) to push.

import type { CommitSha } from '../../../model/ids.ts';
import type { CommitStatus, StatusState } from '../../../model/report.ts';
import type { Forge, PullRequest, SendResult } from '../../../ports.ts';
import { commentMark, markedBody } from '../comment.ts';
import { judge } from '../judge.ts';
import type { ForgeOptions } from '../options.ts';
import { reading } from '../reading.ts';
import { Answered, openClient } from './client.ts';

const DEVELOPER = 30;

const STATES: Record<StatusState, string> = {
  pending: 'pending',
  success: 'success',
  failure: 'failed',
  error: 'canceled',
};

const OPEN: ReadonlySet<string> = new Set(['pending', 'running']);

interface Told {
  readonly name: string;
  readonly status: string;
}

interface MergeRequest {
  readonly iid: number;
  readonly title: string;
  readonly state: string;
  readonly author: { readonly username: string } | null;
  readonly sha: string;
  readonly target_branch: string;
  readonly source_project_id: number | null;
  readonly target_project_id: number;
  readonly merge_commit_sha: string | null;
  readonly squash_commit_sha: string | null;
}

export function gitlabForge(options: ForgeOptions): Forge {
  const { login, repository } = options;
  if (login.as === 'app') throw new Error('a GitHub App cannot speak to GitLab: set PHOENIX_FORGE_TOKEN');
  const project = `/projects/${encodeURIComponent(repository)}`;
  const { call, all, maybe } = openClient(options, login.token);
  const asked = <T>(what: string, read: () => Promise<T>) => reading({ what, right: 'api', as: 'token' }, read);

  async function writing(what: string, write: () => Promise<string | null>): Promise<SendResult> {
    try {
      return { sent: true, handle: await write() };
    } catch (error) {
      return judge(error, { what, right: 'api', as: 'token', now: new Date() });
    }
  }

  const setStatus = ({ commit, context, state, description, url }: CommitStatus) =>
    writing(`the status of ${commit.slice(0, 12)}`, async () => {
      const target = url === null ? {} : { target_url: url };
      const body = { state: STATES[state], name: context, description, ...target };
      try {
        await call('POST', `${project}/statuses/${commit}`, body);
      } catch (error) {
        if (!isSameState(error)) throw error;
      }
      return null;
    });

  /** The oldest that has the mark: a copy of it comes later. */
  async function noteOf(pull: number, mark: string): Promise<number | null> {
    const notes = (await all(`${project}/merge_requests/${pull}/notes`)) as {
      readonly id: number;
      readonly body: string;
    }[];
    const ours = notes.filter(({ body }) => body.startsWith(mark)).map(({ id }) => id);
    return ours.length === 0 ? null : Math.min(...ours);
  }

  return {
    checks: false,
    limits: null,
    setStatus: (status) => setStatus(status),
    setComment: ({ pull, body }, handle) =>
      writing(`the note under !${pull}`, async () => {
        const notes = `${project}/merge_requests/${pull}/notes`;
        const mark = commentMark(login, pull);
        const text = { body: markedBody(mark, body) };
        for (const id of [handle, await noteOf(pull, mark)]) {
          if (id === null) continue;
          try {
            await call('PUT', `${notes}/${id}`, text);
            return String(id);
          } catch (error) {
            if (!(error instanceof Answered) || error.status !== 404) throw error;
          }
        }
        return String(((await call('POST', notes, text)) as { readonly id: number }).id);
      }),
    openPulls: () =>
      asked('the open merge requests', async () => {
        const found = (await all(`${project}/merge_requests?state=opened`)) as MergeRequest[];
        return found.map(inOurWords);
      }),
    pull: (number) =>
      asked(`merge request ${number}`, async () => {
        const found = (await maybe(`${project}/merge_requests/${number}`)) as MergeRequest | undefined;
        return found === undefined ? null : inOurWords(found);
      }),
    mayWrite: (username) =>
      asked('who may push', async () => {
        const named = `/users?username=${encodeURIComponent(username)}`;
        const [user] = (await call('GET', named)) as { readonly id: number }[];
        if (user === undefined) return false;
        const found = await maybe(`${project}/members/all/${user.id}`);
        const member = found as { readonly access_level: number } | undefined;
        return member !== undefined && member.access_level >= DEVELOPER;
      }),
    pending: (commit) =>
      asked('what was said of a commit', async () => {
        const told = (await all(`${project}/repository/commits/${commit}/statuses`)) as Told[];
        return told
          .filter(({ name, status }) => name.startsWith('phoenix/') && OPEN.has(status))
          .map(({ name }) => name);
      }),
    // GitLab keeps no list of failed deliveries that a project token may use to ask for them again.
    redeliver: async () => null,
    token: async () => login.token,
  };
}

function inOurWords(told: MergeRequest): PullRequest {
  const merged = told.state === 'merged' ? (told.squash_commit_sha ?? told.merge_commit_sha ?? told.sha) : null;
  return {
    number: told.iid,
    title: told.title,
    author: told.author?.username ?? 'unknown',
    head: told.sha as CommitSha,
    base: told.target_branch,
    fork: told.source_project_id !== told.target_project_id,
    open: told.state === 'opened',
    mergedAs: merged as CommitSha | null,
  };
}

/** GitLab refuses a state that a status has already: then it reads as it should. */
function isSameState(error: unknown): boolean {
  if (!(error instanceof Answered) || error.status !== 400) return false;
  return /cannot transition status/i.test(JSON.stringify(error.response.data ?? ''));
}
