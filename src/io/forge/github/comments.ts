// The single comment under a pull request: recognised as Phoenix's by its author and an invisible mark, and rewritten when somebody else has changed
// it.

import type { PullComment } from '../../../model/report.ts';
import type { SendResult } from '../../../ports/forge.ts';
import { commentHandle, commentMark, isChanged, markedBody, readCommentHandle } from '../comment.ts';
import { notSent } from '../not-sent.ts';
import type { ForgeLogin } from '../options.ts';
import { rightAt } from '../rights.ts';
import { type Client, type GitHub, once, orNothing, probesOf } from './connect.ts';
import { learn, ownLogin } from './identity.ts';
import { pagesOf } from './pages.ts';
import { idOfWritten } from './written-id.ts';

interface Place {
  readonly owner: string;
  readonly repo: string;
}

interface CommentResponse {
  readonly id: number;
  readonly body?: string;
  readonly user: { readonly login: string } | null;
}

/** @param edited a line above the text when somebody else had changed it */
export async function setComment(
  github: GitHub,
  login: ForgeLogin,
  comment: PullComment,
  handle: string | null,
  edited: string,
): Promise<SendResult> {
  const { owner, repo } = github;
  const { pull } = comment;
  const right = rightAt(github.kind, 'Pull requests: write');
  const attempt = { what: `the comment under #${pull}`, right, as: login.as, now: new Date() };
  const place = { owner, repo };
  const mark = commentMark(login, comment);
  try {
    const client = await github.client();
    const me = await ownLogin(github);
    const known = readCommentHandle(handle);
    const ours =
      (known === null ? null : await ofOurs(client, place, Number(known.id), me)) ??
      (await find(client, place, pull, { mark, me }));
    const changed = ours !== null && known !== null && isChanged(known, ours.body ?? '');
    const body = markedBody(mark, comment, changed ? edited : '');
    const answer =
      ours === null
        ? await client.request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
            ...place,
            ...once,
            issue_number: pull,
            body,
          })
        : await client.request('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', {
            ...place,
            ...once,
            comment_id: ours.id,
            body,
          });
    const { data } = answer;
    if (me === null && data.user != null) await learn(github, data.user.login);
    return { sent: true, handle: commentHandle(idOfWritten(answer), data.body ?? body) };
  } catch (error) {
    const path = 'GET /repos/{owner}/{repo}/issues/{issue_number}';
    return notSent(error, attempt, probesOf(github, path, { issue_number: pull }));
  }
}

/** Null when it no longer exists, or was never Phoenix's. */
async function ofOurs(client: Client, place: Place, id: number, me: string | null): Promise<CommentResponse | null> {
  const path = 'GET /repos/{owner}/{repo}/issues/comments/{comment_id}';
  const answer = await orNothing(() => client.request(path, { ...place, comment_id: id }));
  const found = answer?.data as CommentResponse | undefined;
  return found !== undefined && (me === null || found.user?.login === me) ? found : null;
}

async function find(
  client: Client,
  place: Place,
  pull: number,
  { mark, me }: { readonly mark: string; readonly me: string | null },
): Promise<CommentResponse | null> {
  // Without the own login, the author of a marked comment cannot be checked.
  if (me === null) return null;
  const path = 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments';
  for await (const page of pagesOf<CommentResponse>(client, path, { ...place, issue_number: pull })) {
    const ours = page.find(({ body, user }) => user?.login === me && body?.startsWith(mark) === true);
    if (ours !== undefined) return ours;
  }
  return null;
}
