// Commits, files and history of a local repository are those that Git reports, without touching the work tree.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LocalRepository, openLocalRepository } from '../../src/io/local-repository.ts';
import type { CommitSha } from '../../src/model/ids.ts';
import { type WorkingCopy, workingCopy } from '../support/git/git.ts';

let copy: WorkingCopy;
let first: CommitSha;
let second: CommitSha;
beforeEach(async () => {
  copy = await workingCopy();
  first = await copy.commit({ 'etc/a.json': '1', 'bin/x': 'x' });
  second = await copy.commit({ 'etc/a.json': '2' });
});
afterEach(() => copy.remove());

const OPTIONS = { root: '', readsContent: (path: string) => path.startsWith('etc/'), maxFileBytes: 1000 };

async function open(path: string): Promise<LocalRepository> {
  const repository = await openLocalRepository(path);
  if (repository === null) throw new Error(`no repository at ${path}`);
  return repository;
}

async function textAt(repository: LocalRepository, commit: CommitSha): Promise<string | undefined> {
  const { files } = await repository.snapshot(commit, OPTIONS);
  const bytes = files.get('etc/a.json')?.bytes;
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

test('revisions are found as Git finds them', async () => {
  await copy.git('tag', '-a', 'v1', '-m', 'first', first);
  await copy.git('branch', 'old/line', first);
  await copy.git('checkout', '--quiet', '-b', 'side', first);
  const side = await copy.commit({ b: '1' });
  await copy.git('checkout', '--quiet', 'main');
  await copy.git('merge', '--quiet', '--no-edit', 'side');
  const repository = await open(copy.folder);
  const revisions = [
    'HEAD',
    'main',
    'v1',
    'old/line',
    'side',
    first,
    first.slice(0, 7),
    'HEAD~1',
    'HEAD^',
    'HEAD^2',
    'HEAD^2~1',
    'HEAD~2',
    'refs/tags/v1',
    'main^0',
  ];
  for (const revision of revisions) {
    expect([revision, await repository.resolve(revision)]).toEqual([
      revision,
      await copy.git('rev-parse', `${revision}^{commit}`),
    ]);
  }
  expect(await repository.resolve('side')).toBe(side);
  for (const revision of ['nothing', 'HEAD~9', 'HEAD^3', '0'.repeat(40), 'ffff', '', '~']) {
    expect([revision, await repository.resolve(revision)]).toEqual([revision, null]);
  }
});

test('a commit is read without touching the work tree, packed or not', async () => {
  const repository = await open(copy.folder);
  expect(await textAt(repository, first)).toBe('1');
  expect(await textAt(repository, second)).toBe('2');
  expect((await repository.paths(first)).sort()).toEqual(['bin/x', 'etc/a.json']);
  await copy.git('gc', '--quiet');
  await copy.git('pack-refs', '--all');
  const packed = await open(copy.folder);
  expect(await packed.resolve('main')).toBe(second);
  expect(await textAt(packed, first)).toBe('1');
});

test('a folder inside, a bare repository and a second work tree are repositories too', async () => {
  const elsewhere = await mkdtemp(join(tmpdir(), 'phoenix-bare-'));
  try {
    await copy.git('clone', '--quiet', '--bare', copy.folder, join(elsewhere, 'bare'));
    await copy.git('worktree', 'add', '--quiet', '--detach', join(elsewhere, 'tree'), first);
    for (const path of [join(copy.folder, 'etc'), join(elsewhere, 'bare')]) {
      expect(await (await open(path)).resolve('HEAD')).toBe(second);
    }
    const tree = await open(join(elsewhere, 'tree'));
    expect(await tree.resolve('HEAD')).toBe(first);
    expect(await tree.resolve('main')).toBe(second);
    expect(await textAt(tree, second)).toBe('2');
  } finally {
    await rm(elsewhere, { recursive: true, force: true });
  }
});

test('a folder outside of a repository is not one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-none-'));
  expect(await openLocalRepository(folder)).toBeNull();
  await rm(folder, { recursive: true });
});

test('history can be queried', async () => {
  const repository = await open(copy.folder);
  expect(await repository.isAncestor(first, second)).toBe(true);
  expect(await repository.isAncestor(second, first)).toBe(false);
  expect(await repository.commit(second)).toMatchObject({ sha: second, parents: [first], author: 'Ada' });
});
