// What GitLab says of a command or a commit when it is asked: a delivery only claims it.

import type { CommitSha } from '../../../model/ids.ts';
import type { ForgeComment } from '../../../ports.ts';
import { isEdited } from '../comment.ts';
import type { Client } from './client.ts';

interface Note {
  readonly body: string;
  readonly author: { readonly username: string; readonly bot?: boolean };
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
    byProgram: system || author.bot === true,
    body,
    created: new Date(created),
    edited: isEdited(created, updated),
  };
}

export async function pullsOf({ maybe }: Client, project: string, commit: CommitSha): Promise<number[]> {
  const found = await maybe(`${project}/repository/commits/${commit}/merge_requests`);
  return ((found ?? []) as readonly { readonly iid: number }[]).map(({ iid }) => iid);
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

/** By the project's events; null when they do not say. */
export async function pusherOf(
  { call }: Client,
  project: string,
  branch: string,
  commit: CommitSha,
): Promise<string | null> {
  const events = (await call('GET', `${project}/events?action=pushed&per_page=100`)) as readonly Pushed[];
  const found = events.find(({ push_data: push }) => {
    return push?.commit_to === commit && push.ref === branch && push.ref_type === 'branch';
  });
  return found?.author_username ?? null;
}

export async function repositoryName({ call }: Client, project: string): Promise<string> {
  return ((await call('GET', project)) as { readonly path_with_namespace: string }).path_with_namespace;
}
