// GitLab: statuses on commits, one note under a merge request, and push rights. From GitLab's description of its REST API: projects are addressed by
// their path with `/` as `%2F`, and statuses have their own states.

import type { CommitSha } from '../../../model/ids.ts';
import type { CommitStatus } from '../../../model/report.ts';
import type { Forge, PullRequest, SendResult } from '../../../ports/forge.ts';
import { commentHandle, commentMark, isChanged, markedBody, readCommentHandle } from '../comment.ts';
import { notSent } from '../not-sent.ts';
import type { ForgeOptions } from '../options.ts';
import { reading } from '../reading.ts';
import type { ServerClock } from '../redirects.ts';
import { openClient } from './client.ts';
import { redeliver, sentWebhooks } from './deliveries.ts';
import { commentOf, pullsOf, pullTexts, pusherOf, repositoryName } from './responses.ts';
import { mayPush } from './rights.ts';
import { STATUS_RIGHT, setStatus } from './statuses.ts';

const OPEN: ReadonlySet<string> = new Set(['pending', 'running']);

interface StatusResponse {
  readonly name: string;
  readonly status: string;
}

interface MergeRequest {
  readonly iid: number;
  readonly title: string;
  readonly description: string | null;
  readonly state: string;
  readonly author: { readonly username: string } | null;
  /** Null before GitLab has compared the branches, and where the source branch is gone before that. */
  readonly sha: string | null;
  readonly target_branch: string;
  readonly source_project_id: number | null;
  readonly target_project_id: number;
  readonly merge_commit_sha: string | null;
  readonly squash_commit_sha: string | null;
  /** The newer name of `merged_by`. */
  readonly merge_user?: { readonly username: string } | null;
  readonly merged_by?: { readonly username: string } | null;
}

interface Note {
  readonly id: number;
  readonly body: string;
  readonly author: { readonly username: string };
}

export function gitlabForge(options: ForgeOptions): Forge {
  const { login, repository } = options;
  if (login.as === 'app') throw new Error('a GitHub App cannot speak to GitLab; set PHOENIX_FORGE_TOKEN');
  const { token: tokenOf } = login;
  const project = `/projects/${encodeURIComponent(repository)}`;
  const { branch } = options;
  const clock: ServerClock = { aheadMs: 0 };
  const client = openClient(options, tokenOf, clock);
  const { call, all, maybe } = client;
  let me: { readonly token: string; readonly name: Promise<string> } | undefined;
  /** The token's user; cached by token. */
  function whoAmI(): Promise<string> {
    const token = tokenOf();
    if (me?.token === token) return me.name;
    const name = call('GET', '/user').then((user) => (user as { readonly username: string }).username);
    me = { token, name };
    name.catch(() => {
      me = undefined;
    });
    return name;
  }
  const asked = <T>(what: string, read: () => Promise<T>) => reading({ what, right: 'api', as: 'token' }, read);

  /** @param subject path of the object that is written to */
  async function writing(
    attempt: { readonly what: string; readonly right: string },
    subject: string,
    write: () => Promise<string | null>,
  ): Promise<SendResult> {
    try {
      return { sent: true, handle: await write() };
    } catch (error) {
      const probes = { subject: () => call('GET', subject), repository: () => call('GET', project) };
      return notSent(error, { ...attempt, as: 'token', now: new Date() }, probes);
    }
  }

  const deliveries = { client, project, publicUrl: options.publicUrl ?? null };
  const statusOptions = { client, project, branch };
  const sending = (status: CommitStatus, handle: string | null) => {
    const what = `the status of ${status.commit.slice(0, 12)}`;
    const subject = `${project}/repository/commits/${status.commit}`;
    return writing({ what, right: STATUS_RIGHT }, subject, () => setStatus(statusOptions, status, handle));
  };

  /** Phoenix's note, recognised by author and mark; undefined when there is none. */
  async function ourNote(pull: number, mark: string, known: string | undefined): Promise<Note | undefined> {
    const notes = `${project}/merge_requests/${pull}/notes`;
    const author = await whoAmI();
    const isOurs = (note: Note) => note.author.username === author;
    const noted = known === undefined ? undefined : ((await maybe(`${notes}/${known}`)) as Note | undefined);
    if (noted !== undefined && isOurs(noted)) return noted;
    return ((await all(notes)) as Note[]).find((note) => isOurs(note) && note.body.startsWith(mark));
  }

  return {
    checks: false,
    limits: null,
    setStatus: (status, _details, handle) => sending(status, handle),
    setComment: (comment, handle, edited) => {
      const { pull } = comment;
      const request = `${project}/merge_requests/${pull}`;
      return writing({ what: `the note under !${pull}`, right: 'api' }, request, async () => {
        const notes = `${request}/notes`;
        const mark = commentMark(login, comment);
        const known = readCommentHandle(handle);
        const ours = await ourNote(pull, mark, known?.id);
        const changed = ours !== undefined && known !== null && isChanged(known, ours.body);
        const text = { body: markedBody(mark, comment, changed ? edited : '') };
        const written = await (ours === undefined
          ? call('POST', notes, text)
          : call('PUT', `${notes}/${ours.id}`, text));
        const { id, body: taken } = written as Note;
        return commentHandle(id, taken);
      });
    },
    openPulls: () =>
      asked('the open merge requests', async () => {
        const found = (await all(`${project}/merge_requests?state=opened`)) as MergeRequest[];
        return found.flatMap((each) => toPullRequest(each) ?? []);
      }),
    pull: (number) =>
      asked(`merge request ${number}`, async () => {
        const found = (await maybe(`${project}/merge_requests/${number}`)) as MergeRequest | undefined;
        return found === undefined ? null : toPullRequest(found);
      }),
    // A merge train waits only for GitLab's own pipelines; external statuses do not count there.
    queued: async () => [],
    mayWrite: (username) => asked('who may push', () => mayPush(client, project, branch, username)),
    comment: (pull, id) => asked(`note ${id}`, () => commentOf(client, project, pull, id)),
    // GitLab's approvals do not belong to a head, so it is unknown what they approve.
    reviews: async () => [],
    // GitLab has no buttons, of which a person can only be told by their delivery.
    sentWebhook: async () => null,
    pullsOf: (commit) => asked('the merge requests of a commit', () => pullsOf(client, project, commit)),
    pullTexts: (number) => asked(`the commits of merge request ${number}`, () => pullTexts(client, project, number)),
    pusherOf: (commit) => asked('who pushed a commit', () => pusherOf(client, project, branch, commit)),
    repositoryName: () => asked('the project', () => repositoryName(client, project)),
    pending: (commit) =>
      asked('what was said of a commit', async () => {
        const statuses = (await all(`${project}/repository/commits/${commit}/statuses`)) as StatusResponse[];
        return statuses
          .filter(({ name, status }) => name.startsWith('phoenix/') && OPEN.has(status))
          .map(({ name }) => name);
      }),
    sentWebhooks: (since) => asked('the events of the webhook', () => sentWebhooks(deliveries, since)),
    redeliver: (lost) => asked('the events of the webhook', () => redeliver(deliveries, lost)),
    clockAheadMs: () => clock.aheadMs,
    limit: () => clock.limit ?? null,
    token: async () => tokenOf(),
  };
}

/** Null while it has no head. */
function toPullRequest(request: MergeRequest): PullRequest | null {
  if (request.sha === null) return null;
  // For a squash with a merge commit, the branch moved to the merge commit; a fast-forward has none.
  const merged =
    request.state === 'merged' ? (request.merge_commit_sha ?? request.squash_commit_sha ?? request.sha) : null;
  return {
    number: request.iid,
    title: request.title,
    description: request.description ?? '',
    author: request.author?.username ?? 'unknown',
    head: request.sha as CommitSha,
    base: request.target_branch,
    fork: request.source_project_id !== request.target_project_id,
    // `locked`: it is being merged, which may fail.
    open: request.state === 'opened' || request.state === 'locked',
    mergedAs: merged as CommitSha | null,
    mergedBy: merged === null ? null : ((request.merge_user ?? request.merged_by)?.username ?? null),
  };
}
