// A user's working copy, changed by the real git without the machine's git configuration.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runGit, startGit } from 'phoenix-lab/git';
import type { CommitSha } from '../../../src/model/ids.ts';

export interface WorkingCopy {
  readonly folder: string;
  git(...args: readonly string[]): Promise<string>;
  /** The same with another time of the commit: `@seconds +0000`. */
  gitAt(time: string, ...args: readonly string[]): Promise<string>;
  /** The same with standard input. */
  gitWith(input: string, ...args: readonly string[]): Promise<string>;
  /** Writes the files (null deletes one) and commits everything. Resolves to the commit. */
  commit(files: Readonly<Record<string, string | Uint8Array | null>>, message?: string): Promise<CommitSha>;
  /** Adds that many commits to `main` at once, each with the files that `files(n)` gives. Resolves to the newest. */
  history(count: number, files: (n: number) => Readonly<Record<string, string>>): Promise<CommitSha>;
  push(...args: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

/** An empty working copy on branch `main`, with the remote as `origin`. */
export async function workingCopy(remote?: string): Promise<WorkingCopy> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-copy-'));
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.internal',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.internal',
  };
  async function git(...args: readonly string[]): Promise<string> {
    return (await runGit({ args, cwd: folder, env })).trim();
  }
  async function gitAt(time: string, ...args: readonly string[]): Promise<string> {
    const times = { GIT_AUTHOR_DATE: time, GIT_COMMITTER_DATE: time };
    return (await runGit({ args, cwd: folder, env: { ...env, ...times } })).trim();
  }
  async function gitWith(input: string, ...args: readonly string[]): Promise<string> {
    const { stdin, stdout, ended } = startGit({ args, cwd: folder, env });
    stdin.end(input);
    const printed = Buffer.concat(await stdout.toArray())
      .toString()
      .trim();
    const { exit, stderr } = await ended;
    if (exit === 0) return printed;
    throw new Error(`git ${args[0]}: exit ${exit ?? 'none'}: ${stderr}`);
  }
  await git('init', '--quiet', '--template=', '--initial-branch=main');
  if (remote !== undefined) await git('remote', 'add', 'origin', remote);

  return {
    folder,
    git,
    gitAt,
    gitWith,
    async commit(files, message = 'Change') {
      for (const [path, content] of Object.entries(files)) {
        const full = join(folder, path);
        if (content === null) await rm(full);
        else {
          await mkdir(dirname(full), { recursive: true });
          await writeFile(full, content);
        }
      }
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', '-m', message);
      return (await git('rev-parse', 'HEAD')) as CommitSha;
    },
    async history(count, files) {
      const importer = spawn('git', ['fast-import', '--quiet'], {
        cwd: folder,
        env,
        stdio: ['pipe', 'ignore', 'inherit'],
      });
      for (let n = 0; n < count; n += 1) {
        let commit = `commit refs/heads/main\ncommitter Ada <ada@example.internal> ${1_700_000_000 + n} +0000\n`;
        commit += `data ${Buffer.byteLength(`Change ${n}`)}\nChange ${n}\n`;
        for (const [path, text] of Object.entries(files(n))) {
          commit += `M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`;
        }
        if (!importer.stdin.write(commit)) await once(importer.stdin, 'drain');
      }
      importer.stdin.end();
      await once(importer, 'close');
      await git('reset', '--quiet', '--hard', 'main');
      return (await git('rev-parse', 'HEAD')) as CommitSha;
    },
    push: (...args) => git('push', '--quiet', 'origin', ...(args.length > 0 ? args : ['main'])),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
