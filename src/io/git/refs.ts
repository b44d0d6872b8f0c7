// The refs and the configuration of a clone of ours, as Git writes them: nobody else writes there, so each ref is a file of its own.

import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Damage } from './errors.ts';
import { writeWhole } from './files.ts';

const KEPT = 'refs/kept';

/** An empty bare repository in the folder. */
export async function prepareClone(gitdir: string, url: string, branch: string): Promise<void> {
  await mkdir(join(gitdir, 'objects', 'pack'), { recursive: true });
  await mkdir(join(gitdir, 'refs', 'heads'), { recursive: true });
  await writeWhole(join(gitdir, 'HEAD'), `ref: refs/heads/${branch}\n`);
  const core = '[core]\n\trepositoryformatversion = 0\n\tfilemode = false\n\tbare = true\n';
  await writeWhole(join(gitdir, 'config'), `${core}[remote "origin"]\n\turl = ${url}\n`);
}

/** The address that it is a clone of; undefined when it does not say. @throws Damage without a configuration */
export async function originOf(gitdir: string): Promise<string | undefined> {
  const text = await readFile(join(gitdir, 'config'), 'utf8').catch((cause) => {
    throw new Damage('the clone has no configuration', { cause });
  });
  return /^\[remote "origin"\]\n(?:\s.*\n)*?\s*url = (.+)$/m.exec(text)?.[1]?.trim();
}

/** The head of the branch that was followed last. @throws Damage when there is none */
export async function followedHead(gitdir: string, branch: string): Promise<string> {
  const text = await readFile(join(gitdir, 'refs', 'heads', branch), 'utf8').catch((cause) => {
    throw new Damage(`the clone has no branch ${branch}`, { cause });
  });
  if (!/^[0-9a-f]{40}\n?$/.test(text)) throw new Damage(`the branch ${branch} of the clone leads to nothing`);
  return text.trim();
}

export async function follow(gitdir: string, branch: string, head: string): Promise<void> {
  const path = join(gitdir, 'refs', 'heads', branch);
  await mkdir(dirname(path), { recursive: true });
  await writeWhole(path, `${head}\n`);
}

/** Commits that no branch leads to any more, or never did. */
export async function keptCommits(gitdir: string): Promise<string[]> {
  const names = await readdir(join(gitdir, KEPT)).catch(() => []);
  return names.filter((name) => /^[0-9a-f]{40}$/.test(name));
}

export async function keepCommit(gitdir: string, commit: string): Promise<void> {
  await mkdir(join(gitdir, KEPT), { recursive: true });
  await writeWhole(join(gitdir, KEPT, commit), `${commit}\n`);
}
