// A user's clone of the config repo: edits, commits and pushes files with the real git.

import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runGit } from 'phoenix-lab/git';
import type { CommitSha } from '../../../src/model/ids.ts';
import type { Files } from '../environment.ts';

export interface ConfigRepo {
  /** Replaces all files in the clone and commits. */
  commit(files: Files, message?: string): Promise<CommitSha>;
  push(...options: string[]): Promise<void>;
  /** Commits on a branch, created at the present commit if needed, and pushes it: to a fork with `to`. */
  branch(name: string, files: Files, options?: { readonly to?: string; readonly message?: string }): Promise<CommitSha>;
  /** Moves the forge's main to a commit of the clone; with a name, that branch or ref, and with `to`, one of a fork. */
  move(commit: CommitSha, name?: string, to?: string): Promise<void>;
  /** Pulls main from the forge, with merged pull requests. */
  pull(): Promise<void>;
  /** Sets git's options for signing further commits; null: unsigned. */
  signWith(options: readonly string[] | null): void;
  /** Moves the branch of the clone back to a commit. */
  reset(commit: CommitSha): Promise<void>;
}

/** The configuration that `git remote add` writes, and one that prevents background maintenance. */
const configured = (url: string): string =>
  `[remote "origin"]\n\turl = ${url}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n[maintenance]\n\tauto = false\n`;

/** The present commit, read from git's file, which is faster than starting a program. */
async function head(folder: string): Promise<CommitSha> {
  const at = (await readFile(join(folder, '.git/HEAD'), 'utf8')).trim();
  const id = at.startsWith('ref: ') ? await readFile(join(folder, '.git', at.slice('ref: '.length)), 'utf8') : at;
  return id.trim() as CommitSha;
}

/** @param pushUrl of the forge's repository, with credentials */
export async function openConfigRepo(folder: string, pushUrl: string): Promise<ConfigRepo> {
  await mkdir(folder, { recursive: true });
  const git = async (...args: string[]) => {
    const identity = { GIT_AUTHOR_NAME: 'Ann', GIT_AUTHOR_EMAIL: 'ann@example.internal' };
    const committer = { GIT_COMMITTER_NAME: 'Ann', GIT_COMMITTER_EMAIL: 'ann@example.internal' };
    const quiet = {
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_DEFAULT_REF_FORMAT: 'files',
    };
    const env = { PATH: process.env['PATH'] ?? '', HOME: folder, ...identity, ...committer, ...quiet };
    return (await runGit({ args, cwd: folder, env })).trim();
  };
  let signing: readonly string[] | null = null;
  await git('init', '--quiet', '--template=', '--initial-branch=main');
  await appendFile(join(folder, '.git/config'), configured(pushUrl));
  const repo: ConfigRepo = {
    async commit(files, message = 'Change the environment') {
      await Promise.all(
        ['etc', 'stacks', 'features', 'bin'].map((name) => rm(join(folder, name), { recursive: true, force: true })),
      );
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), text);
      }
      await git('add', '--all');
      const signed = signing === null ? [] : ['--gpg-sign'];
      await git(...(signing ?? []), 'commit', '--quiet', '--allow-empty', ...signed, '--message', message);
      return head(folder);
    },
    async push(...options) {
      await git('push', '--quiet', ...options, 'origin', 'main');
    },
    async branch(name, files, { to = 'origin', message } = {}) {
      await git('switch', '--quiet', name).catch(() => git('switch', '--quiet', '--create', name));
      const commit = await repo.commit(files, message);
      await git('push', '--quiet', to, name);
      await git('switch', '--quiet', 'main');
      return commit;
    },
    async move(commit, name = 'main', to = 'origin') {
      const ref = name.startsWith('refs/') ? name : `refs/heads/${name}`;
      await git('push', '--quiet', to, `${commit}:${ref}`);
    },
    async pull() {
      await git('pull', '--quiet', '--ff-only', 'origin', 'main');
    },
    signWith(options) {
      signing = options;
    },
    async reset(commit) {
      await git('reset', '--quiet', '--hard', commit);
    },
  };
  return repo;
}
