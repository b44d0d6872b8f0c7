// The one comment under a pull request, found again by a mark that nobody sees.

import type { PullComment } from '../../../model/report.ts';
import type { SendResult } from '../../../ports.ts';
import { commentMark, markedBody } from '../comment.ts';
import { judge } from '../judge.ts';
import type { ForgeLogin } from '../options.ts';
import { type Client, type GitHub, once } from './connect.ts';

const PER_PAGE = 100;
const MOST_PAGES = 20;

export async function setComment(
  { client: open, owner, repo }: GitHub,
  login: ForgeLogin,
  comment: PullComment,
  handle: string | null,
): Promise<SendResult> {
  const { pull } = comment;
  const attempt = { what: `the comment under #${pull}`, right: 'Pull requests: write', as: login.as, now: new Date() };
  const place = { owner, repo, ...once };
  const mark = commentMark(login, pull);
  const body = markedBody(mark, comment.body);
  try {
    const client = await open();
    const known = handle === null ? null : Number(handle);
    if (known !== null && (await change(client, place, known, body))) return { sent: true, handle };
    const found = await find(client, { owner, repo }, pull, mark);
    if (found !== null && found !== known && (await change(client, place, found, body))) {
      return { sent: true, handle: String(found) };
    }
    const { data } = await client.request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
      ...place,
      issue_number: pull,
      body,
    });
    return { sent: true, handle: String(data.id) };
  } catch (error) {
    return judge(error, attempt);
  }
}

/** False when it is not there any more. */
async function change(
  client: Client,
  place: { readonly owner: string; readonly repo: string },
  id: number,
  body: string,
): Promise<boolean> {
  try {
    await client.request('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', {
      ...place,
      comment_id: id,
      body,
    });
    return true;
  } catch (error) {
    if ((error as { readonly status?: number }).status === 404) return false;
    throw error;
  }
}

async function find(
  client: Client,
  place: { owner: string; repo: string },
  pull: number,
  mark: string,
): Promise<number | null> {
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const { data } = await client.request('GET /repos/{owner}/{repo}/issues/{issue_number}/comments', {
      ...place,
      issue_number: pull,
      per_page: PER_PAGE,
      page,
    });
    const ours = data.find(({ body }) => body?.startsWith(mark) === true);
    if (ours !== undefined) return Number(ours.id);
    if (data.length < PER_PAGE) return null;
  }
  return null;
}
