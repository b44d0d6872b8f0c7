// A simulated team member who uses Git: clone, branches, merges, pushes.

import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gitEnvironment } from 'phoenix-lab/git';

const run = promisify(execFile);

export interface Person {
  /** Login at the forge. */
  readonly login: string;
  readonly folder: string;
  git(...args: readonly string[]): Promise<string>;
  /** Copies files or folders into the clone. */
  bring(from: string, paths: readonly string[]): Promise<void>;
  /** Edits a JSON file and keeps its layout. */
  edit(path: string, change: (text: string) => string): Promise<void>;
  /** Commits everything; resolves to the commit's id. */
  commit(message: string): Promise<string>;
  /** @param branch default: `main` */
  push(branch?: string): Promise<void>;
}

/** @param url of the repository, with credentials */
export async function openPerson(folder: string, url: string): Promise<Person> {
  await mkdir(folder, { recursive: true });
  const identity = { name: 'Ada', email: 'ada@example.internal' };
  const env = {
    ...gitEnvironment(folder),
    GIT_AUTHOR_NAME: identity.name,
    GIT_AUTHOR_EMAIL: identity.email,
    GIT_COMMITTER_NAME: identity.name,
    GIT_COMMITTER_EMAIL: identity.email,
  };
  const git = async (...args: readonly string[]): Promise<string> =>
    (await run('git', args, { cwd: folder, env })).stdout.trim();
  await git('init', '--quiet', '--initial-branch=main');
  await git('remote', 'add', 'origin', url);
  return {
    login: 'ada',
    folder,
    git,
    async bring(from, paths) {
      for (const path of paths) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await cp(join(from, path), join(folder, path), { recursive: true });
      }
    },
    async edit(path, change) {
      const before = await readFile(join(folder, path), 'utf8');
      const after = change(before);
      if (after === before) throw new Error(`${path} has nothing of what was to be changed`);
      await writeFile(join(folder, path), after);
    },
    async commit(message) {
      await git('add', '--all');
      await git('commit', '--quiet', '--message', message);
      return git('rev-parse', 'HEAD');
    },
    push: async (branch = 'main') => void (await git('push', '--quiet', 'origin', branch)),
  };
}
