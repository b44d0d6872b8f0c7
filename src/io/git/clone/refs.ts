// Refs and configuration of a clone that Phoenix manages.

import { addRemote, getConfig, init, listRefs, resolveRef, writeRef } from 'isomorphic-git';
import type { CommitSha } from '../../../model/ids.ts';
import type { RemoteRefs } from '../remote/remote.ts';
import { wholeFiles as fs } from './files.ts';

const KEPT = 'refs/kept';

/** Creates an empty bare repository in the folder. */
export async function prepareClone(gitdir: string, url: string, branch: string): Promise<void> {
  await init({ fs, gitdir, bare: true, defaultBranch: branch });
  await nameRemote(gitdir, url);
}

/** The library only fetches from a remote whose configuration has a fetch refspec. */
export function nameRemote(gitdir: string, url: string): Promise<void> {
  return addRemote({ fs, gitdir, remote: 'origin', url, force: true });
}

/** The URL that it is a clone of; undefined when it is not configured. */
export function originOf(gitdir: string): Promise<string | undefined> {
  return getConfig({ fs, gitdir, path: 'remote.origin.url' });
}

export function followedRef(branch: string): string {
  return `refs/heads/${branch}`;
}

/** The branch's head on the server; null when there is no such branch. */
export function headOf({ byName }: Pick<RemoteRefs, 'byName'>, branch: string): CommitSha | null {
  return (byName.get(followedRef(branch)) ?? null) as CommitSha | null;
}

/** The last followed head of the branch. Fails with the library's `NotFoundError` when there is none. */
export function followedHead(gitdir: string, branch: string): Promise<string> {
  return resolveRef({ fs, gitdir, ref: followedRef(branch) });
}

export function follow(gitdir: string, branch: string, head: string): Promise<void> {
  return writeRef({ fs, gitdir, ref: followedRef(branch), value: head, force: true });
}

/** Commits that are kept although no branch contains them. */
export async function pinnedCommits(gitdir: string): Promise<string[]> {
  const names = await listRefs({ fs, gitdir, filepath: KEPT });
  return names.filter((name) => /^[0-9a-f]{40}$/.test(name));
}

export function pinCommit(gitdir: string, commit: string): Promise<void> {
  return writeRef({ fs, gitdir, ref: `${KEPT}/${commit}`, value: commit, force: true });
}
