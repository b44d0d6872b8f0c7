// Reads commands and commits from GitLab, to verify what a delivery claims.

import type { CommitSha } from '../../../model/ids.ts';
import type { ForgeComment } from '../../../ports/forge.ts';
import { isEdited } from '../comment.ts';
import { Answered, type Client } from './client.ts';

/** Maximum number of pages of a project's events to read: the commits in question were pushed recently. */
const MAX_RECORD_PAGES = 20;
/** Username of a project's or group's access token, its only distinguishing mark. */
const TOKEN_USER = /^(project|group)_\d+_bot(_\w+)?$/;

interface Note {
  readonly body: string;
  readonly author: { readonly username: string };
  readonly system: boolean;
  readonly created_at: string;
  readonly updated_at: string;
}

/**
 * Null when the merge request has no such note. @param project API path of the project
 */
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

/** According to the project's events; null when they do not say, undefined where they are longer than what is read. */
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
    if (read >= MAX_RECORD_PAGES) return undefined;
  }
  return null;
}

export async function repositoryName({ call }: Client, project: string): Promise<string> {
  return ((await call('GET', project)) as { readonly path_with_namespace: string }).path_with_namespace;
}
