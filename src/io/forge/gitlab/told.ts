// What GitLab says of a command or a commit when it is asked: a delivery only claims it.

import type { CommitSha } from '../../../model/ids.ts';
import type { ForgeComment } from '../../../ports/forge.ts';
import { isEdited } from '../comment.ts';
import { Answered, type Client } from './client.ts';

/** A commit that is asked about was pushed lately. */
const MOST_RECORD_PAGES = 20;
/** The user that belongs to an access token of a project or a group, by the name that GitLab gives it; nothing else tells it. */
const TOKEN_USER = /^(project|group)_\d+_bot(_\w+)?$/;

interface Note {
  readonly body: string;
  readonly author: { readonly username: string };
  readonly system: boolean;
  readonly created_at: string;
  readonly updated_at: string;
}

/** Null when the merge request has no such note. @param project its path in the interface */
export async function commentOf(
  { maybe }: Client,
  project: string,
  pull: number,
  id: string,
): Promise<ForgeComment | null> {
  const found = (await maybe(`${project}/merge_requests/${pull}/notes/${id}`)) as Note | undefined;
  if (found === undefined) return null;
  const { body, author, system, created_at: created, updated_at: updated } = found;
  return {
    author: author.username,
    byProgram: system || TOKEN_USER.test(author.username),
    body,
    created: new Date(created),
    edited: isEdited(created, updated),
  };
}

export async function pullsOf({ all }: Client, project: string, commit: CommitSha): Promise<number[]> {
  try {
    const found = await all(`${project}/repository/commits/${commit}/merge_requests`);
    return (found as readonly { readonly iid: number }[]).map(({ iid }) => iid);
  } catch (error) {
    if (error instanceof Answered && error.status === 404) return [];
    throw error;
  }
}

export async function pullTexts({ call, all }: Client, project: string, number: number): Promise<string[]> {
  const request = `${project}/merge_requests/${number}`;
  const { title, description } = (await call('GET', request)) as {
    readonly title: string;
    readonly description: string | null;
  };
  const commits = (await all(`${request}/commits`)) as { readonly message: string }[];
  return [title, description ?? '', ...commits.map(({ message }) => message)];
}

interface Pushed {
  readonly author_username?: string;
  readonly push_data?: { readonly commit_to: string | null; readonly ref: string | null; readonly ref_type: string };
}

/** By the project's events; null when they do not say, undefined where they go back further than is read. */
export async function pusherOf(
  { pages }: Client,
  project: string,
  branch: string,
  commit: CommitSha,
): Promise<string | null | undefined> {
  let read = 0;
  for await (const rows of pages(`${project}/events?action=pushed`)) {
    const found = (rows as readonly Pushed[]).find(({ push_data: push }) => {
      return push?.commit_to === commit && push.ref === branch && push.ref_type === 'branch';
    });
    if (found !== undefined) return found.author_username ?? null;
    read += 1;
    if (read >= MOST_RECORD_PAGES) return undefined;
  }
  return null;
}

export async function repositoryName({ call }: Client, project: string): Promise<string> {
  return ((await call('GET', project)) as { readonly path_with_namespace: string }).path_with_namespace;
}
