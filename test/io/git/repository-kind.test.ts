// Repositories that Phoenix can read in part or not at all, made by the real Git and named for what they are.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { plan } from '../../../src/cli/plan.ts';
import { validate } from '../../../src/cli/validate.ts';
import { openRepository } from '../../../src/io/git/repository.ts';
import type { CommitSha } from '../../../src/model/ids.ts';
import { captured } from '../../cli/captured.ts';
import { environment } from '../../load/environment.ts';
import { type WorkingCopy, workingCopy } from '../../support/git/git.ts';
import { type GitServer, serveRepository } from '../../support/git/git-server.ts';
import { inThisThread } from '../../support/git/in-this-thread.ts';
import { recordLog } from '../../support/log.ts';
import { LONG_TEST } from '../../support/long.ts';

let folder: string;
let copy: WorkingCopy;
let first: CommitSha;
const servers: GitServer[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-kinds-'));
  copy = await workingCopy();
  const texts = Object.entries(environment()).map(([path, content]) => {
    return [path, typeof content === 'string' ? content : JSON.stringify(content)] as const;
  });
  first = await copy.commit(Object.fromEntries(texts));
  await copy.commit({ 'etc/certificate-manifest.json': '[ ]' });
  await copy.git('config', 'uploadpack.allowFilter', 'true');
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  await copy.remove();
  await rm(folder, { recursive: true, force: true });
});

const git = (...args: string[]) => copy.git(...args);

async function clone(...how: string[]): Promise<string> {
  const into = join(folder, 'clone');
  await git('clone', '--quiet', ...how, `file://${copy.folder}`, into);
  return into;
}

async function sha256(): Promise<string> {
  const into = join(folder, 'sha256');
  await git('init', '--quiet', '--initial-branch=main', '--object-format=sha256', into);
  await git('-C', into, '-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '--quiet', '--allow-empty', '-m', 'x');
  return into;
}

describe('on this machine', () => {
  test('a repository of SHA-256', async () => {
    const said = await captured(async (io) => validate({ path: await sha256(), rev: 'HEAD' }, io));
    expect(said).toMatchObject({ exit: 3, out: '' });
    expect(said.err).toContain('names its objects by SHA-256, and Phoenix reads those of SHA-1 only');
    expect(said.err).toContain('--object-format=sha1');
  });

  test('a shallow clone is read as far as it goes', async () => {
    const path = await clone('--depth', '1');
    expect((await captured((io) => validate({ path, rev: 'HEAD' }, io))).exit).toBe(0);
    for (const from of ['HEAD~1', first]) {
      const said = await captured((io) => plan({ path, from, to: 'HEAD' }, io));
      expect(said.exit).toBe(3);
      expect(said.err).toContain(`"${from}" is not in this clone, which is shallow: its history is cut off`);
      expect(said.err).toContain('git fetch --unshallow');
    }
    await git('-C', path, 'fetch', '--quiet', '--unshallow');
    expect((await captured((io) => plan({ path, from: 'HEAD~1', to: 'HEAD' }, io))).exit).toBe(0);
  });

  test('a partial clone is read as far as it goes', async () => {
    const path = await clone('--filter=blob:none');
    expect((await captured((io) => validate({ path, rev: 'HEAD' }, io))).exit).toBe(0);
    const said = await captured((io) => plan({ path, from: 'HEAD~1', to: 'HEAD' }, io));
    expect(said.exit).toBe(3);
    expect(said.err).toContain(`a file of ${first} is not in this clone, which is partial`);
    expect(said.err).toContain('git fetch --refetch --no-filter');
    // It repacks afterwards, in the background by default.
    await git('-C', path, '-c', 'gc.autoDetach=false', 'fetch', '--quiet', '--refetch', '--no-filter');
    expect((await captured((io) => plan({ path, from: 'HEAD~1', to: 'HEAD' }, io))).exit).toBe(0);
  });

  test('a whole clone that lacks a commit is not called anything else', async () => {
    const said = await captured(async (io) => plan({ path: await clone(), from: 'HEAD~7', to: 'HEAD' }, io));
    expect(said.exit).toBe(2);
    expect(said.err).toContain('there is no commit "HEAD~7"');
  });
});

describe('as the followed repository', () => {
  async function follow(repository: string, log = recordLog()) {
    const options = { readsContent: () => true, maxFileBytes: 1000, branch: 'main', log };
    const server = await serveRepository(repository);
    servers.push(server);
    return openRepository({ url: server.url, folder: join(folder, 'own'), ...options }, inThisThread);
  }

  test('one of SHA-256', async () => {
    const repository = await follow(await sha256());
    await expect(repository.fetch()).rejects.toThrow(
      'names its objects by SHA-256, and Phoenix reads those of SHA-1 only; keep the configuration in one that was made with git init --object-format=sha1',
    );
  });

  test('a partial clone, whose server cannot send what it lacks', async () => {
    const path = await clone('--filter=blob:none');
    await git('-C', path, 'remote', 'remove', 'origin');
    const repository = await follow(path);
    // Its newest files came with the work tree.
    expect(await repository.fetch()).toMatch(/^[0-9a-f]{40}$/);
    await expect(repository.snapshot(first)).rejects.toThrow('the server broke off');
  });

  test(
    'a shallow clone: missing history before its boundary does not count as damage again and again',
    LONG_TEST,
    async () => {
      const path = await clone('--depth', '1');
      const other = await git('-C', path, 'commit-tree', 'HEAD^{tree}', '-m', 'other');
      await git('-C', path, 'branch', 'other', other);
      const log = recordLog();
      const repository = await follow(path, log);
      const head = (await repository.fetch()) as CommitSha;
      expect((await repository.snapshot(head)).files.size).toBeGreaterThan(3);
      expect(await repository.resolve('other')).toBe(other);
      for (const _ of [1, 2, 3]) {
        await expect(repository.isAncestor(other as CommitSha, head)).rejects.toThrow(
          `does not give out what came before ${head}: is the repository there a shallow or partial clone`,
        );
      }
      expect(log.lines.filter((line) => line.includes('cloned http'))).toHaveLength(1);
    },
  );
});
