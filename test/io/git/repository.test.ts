// The config repo against a real Git server and real git clients.

import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRepository, type RepositoryOptions } from '../../../src/io/git/repository.ts';
import { openThread } from '../../../src/io/git/thread/thread.ts';
import type { CommitSha } from '../../../src/model/ids.ts';
import type { Repository } from '../../../src/ports/repository.ts';
import { type WorkingCopy, workingCopy } from '../../support/git/git.ts';
import { inThisThread } from '../../support/git/in-this-thread.ts';
import { type RecordedLog, recordLog } from '../../support/log.ts';
import { LONG_TEST } from '../../support/long.ts';
import { until } from '../../support/until.ts';

const TOKEN = 'very-secret-token';
const CONFIG = 'etc/phoenix_hypervisor_config.json';

let folder: string;
let forge: LabForge;
let copy: WorkingCopy;
let log: RecordedLog;
let repository: Repository;

/** @param begin the thread of Git's work, by default that of the test */
function open(changes: Partial<RepositoryOptions> = {}, begin: typeof openThread = inThisThread): Repository {
  const options: RepositoryOptions = {
    url: forge.repositoryUrl,
    branch: 'main',
    token: TOKEN,
    folder: join(folder, 'clone'),
    log,
    readsContent: (path) => path.endsWith('.json'),
    maxFileBytes: 1000,
    ...changes,
  };
  return openRepository(options, begin);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-git-'));
  forge = await startForge({ folder: join(folder, 'forge'), secret: 's', token: TOKEN });
  copy = await workingCopy(forge.pushUrl);
  log = recordLog();
  repository = open();
});

afterEach(async () => {
  await forge.close();
  await copy.remove();
  await rm(folder, { recursive: true, force: true });
});

async function pushed(files: Record<string, string | null>, ...push: string[]): Promise<CommitSha> {
  const commit = await copy.commit(files);
  await copy.push(...push);
  return commit;
}

async function texts(commit: CommitSha): Promise<Record<string, string | null>> {
  const { files } = await repository.snapshot(commit);
  return Object.fromEntries(
    [...files].map(([path, { bytes }]) => [path, bytes === undefined ? null : Buffer.from(bytes).toString()]),
  );
}

function clone(): Promise<string> {
  return realpath(join(folder, 'clone', 'current'));
}

async function packs(): Promise<string[]> {
  const names = await readdir(join(await clone(), 'objects', 'pack'));
  return names.filter((name) => name.endsWith('.pack'));
}

describe('reading', () => {
  test('follows the branch and reads any of its commits, by a thread of its own as an agent does', async () => {
    repository = open({}, openThread);
    const first = await pushed({ [CONFIG]: '{"a":1}', 'README.md': 'x' });
    expect(await repository.fetch()).toBe(first);
    const second = await pushed({ [CONFIG]: '{"a":2}', 'etc/b.json': '[]' });
    expect(await repository.fetch()).toBe(second);
    expect(await repository.fetch()).toBe(second);
    expect(await texts(second)).toEqual({ [CONFIG]: '{"a":2}', 'etc/b.json': '[]', 'README.md': null });
    expect(await texts(first)).toEqual({ [CONFIG]: '{"a":1}', 'README.md': null });
    expect(await repository.commit(second)).toEqual({
      sha: second,
      parents: [first],
      message: 'Change\n',
      author: 'Ada',
    });
    const object = Buffer.from(await repository.object(second)).toString();
    expect(object.trim()).toBe(await copy.git('cat-file', 'commit', second));
    await repository.close();
  });

  test('lists the type of each entry, finds the config root, and omits large contents', LONG_TEST, async () => {
    await copy.commit({
      [`deep/er/${CONFIG}`]: '{}',
      'deep/er/big.json': 'x'.repeat(1001),
      'deep/er/run.sh': 'x',
      other: 'x',
    });
    await copy.git('update-index', '--chmod=+x', 'deep/er/run.sh');
    const link = await copy.git('rev-parse', 'HEAD:other');
    await copy.git('update-index', '--add', '--cacheinfo', `120000,${link},deep/er/link.json`);
    await copy.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},deep/er/module.json`);
    await copy.git('commit', '--quiet', '-m', 'kinds');
    await copy.push();
    const head = (await repository.fetch()) as CommitSha;
    const snapshot = await repository.snapshot(head);
    expect([snapshot.root, snapshot.commit]).toEqual(['deep/er', head]);
    const kinds = [...snapshot.files].map(([path, file]) => [path, file.kind, file.bytes?.byteLength, file.size]);
    expect(kinds.sort()).toEqual([
      ['big.json', 'file', undefined, 1001],
      [CONFIG, 'file', 2, 2],
      ['link.json', 'symlink', 1, 1],
      ['module.json', 'submodule', undefined, undefined],
      ['run.sh', 'executable', undefined, undefined],
    ]);
    const script = snapshot.files.get('run.sh');
    expect(Buffer.from(await repository.blob(script?.blob ?? '')).toString()).toBe('x');
    expect((await open({ root: '' }).snapshot(head)).files.has('other')).toBe(true);
  });

  test('resolves ids, abbreviations, branches and tags, and knows what is unknown', async () => {
    const first = await pushed({ a: '1' });
    await repository.fetch();
    const second = await copy.commit({ a: '2' });
    await copy.git('tag', '-a', '-m', 'annotated', 'v1');
    await copy.git('branch', 'side/one');
    await copy.push('v1', 'side/one');
    expect(await repository.resolve(first.slice(0, 8))).toBe(first);
    expect(await repository.resolve('main')).toBe(first);
    expect(await repository.resolve('v1')).toBe(second);
    expect(await repository.resolve('side/one')).toBe(second);
    expect(await repository.resolve('refs/heads/main')).toBe(first);
    expect(await repository.resolve('nowhere')).toBeNull();
    expect(await repository.resolve('0'.repeat(40))).toBeNull();
    expect(await repository.resolve('0000')).toBeNull();
    const tree = await copy.git('rev-parse', 'HEAD^{tree}');
    expect(await repository.resolve(tree)).toBeNull();
    expect(await repository.isAncestor(first, second)).toBe(true);
    expect(await repository.isAncestor(second, first)).toBe(false);
    expect(await repository.isAncestor(first, first)).toBe(true);
  });

  test('fails with NotFound for what is not there', async () => {
    await pushed({ a: '1' });
    const unknown = 'a'.repeat(40) as CommitSha;
    await expect(repository.snapshot(unknown)).rejects.toMatchObject({ name: 'NotFound' });
    await expect(repository.commit(unknown)).rejects.toMatchObject({ name: 'NotFound' });
    await expect(repository.blob(unknown)).rejects.toMatchObject({ name: 'NotFound' });
  });

  test('a commit that only the server has is fetched when it is requested', async () => {
    await pushed({ a: '1' });
    await repository.fetch();
    const side = await copy.commit({ 'a.json': 'side' });
    await copy.push('main:side');
    expect((await texts(side))['a.json']).toBe('side');
  });

  test('an unchanged file is read once, whatever the commit', async () => {
    await pushed({ 'a.json': '1', 'deep/b.json': '2' });
    const first = (await repository.fetch()) as CommitSha;
    const before = (await repository.snapshot(first)).files.get('deep/b.json')?.bytes;
    await pushed({ 'a.json': '3' });
    const second = (await repository.fetch()) as CommitSha;
    expect((await repository.snapshot(second)).files.get('deep/b.json')?.bytes).toBe(before);
  });
});

describe('the branch', () => {
  test('is null while the repository is empty or has no such branch, and the others are named', async () => {
    expect(await repository.fetch()).toBeNull();
    expect(await repository.branches()).toEqual([]);
    await pushed({ a: '1' }, 'main:other');
    expect(await repository.fetch()).toBeNull();
    expect(await repository.branches()).toEqual(['other']);
    const head = await pushed({ a: '2' });
    expect(await repository.fetch()).toBe(head);
    await copy.push(':main');
    expect(await repository.fetch()).toBeNull();
  });

  test('may be rewritten: the old commits stay readable', async () => {
    const first = await pushed({ 'a.json': '1' });
    const second = await pushed({ 'a.json': '2' });
    await repository.fetch();
    await copy.git('reset', '--quiet', '--hard', first);
    const third = await pushed({ 'a.json': '3' }, '--force', 'main');
    expect(await repository.fetch()).toBe(third);
    expect(await repository.isAncestor(second, third)).toBe(false);
    expect(await repository.isAncestor(first, third)).toBe(true);
    expect((await texts(second))['a.json']).toBe('2');
    expect(log.lines.join()).toContain(`${third} does not descend from ${second}`);
  });

  test(
    'of a long history the head comes alone, what came before it when it matters, and later commits in small packs',
    LONG_TEST,
    async () => {
      await copy.history(2000, (n) => ({ 'n.json': `${n}`, [`files/${n % 20}.json`]: `${n}` }));
      await copy.push();
      const head = (await repository.fetch()) as CommitSha;
      const first = (await copy.git('rev-list', '--max-parents=0', 'HEAD')) as CommitSha;
      expect((await texts(head))['n.json']).toBe('1999');
      expect(await packs()).toHaveLength(1);
      expect(await readFile(join(await clone(), 'shallow'), 'utf8')).toBe(`${head}\n`);
      expect(await repository.isAncestor(first, head)).toBe(true);
      const before = await packs();
      const next = await pushed({ 'n.json': 'next' });
      expect(await repository.fetch()).toBe(next);
      const brought = (await packs()).filter((name) => !before.includes(name));
      expect(brought).toHaveLength(1);
      const { size } = await stat(join(await clone(), 'objects/pack', brought[0] ?? ''));
      expect(size).toBeLessThan(2000);
    },
  );
});

describe('upkeep', () => {
  test('too many packs become one, and nothing that was followed is lost', LONG_TEST, async () => {
    repository = open({ maxPacks: 3 });
    const first = await pushed({ 'a.json': '0' });
    await repository.fetch();
    const rewritten = await pushed({ 'a.json': 'rewritten', 'deep/er/b.json': 'only here' });
    await repository.fetch();
    const old = await clone();
    await copy.git('reset', '--quiet', '--hard', first);
    const heads: CommitSha[] = [];
    for (let n = 1; n <= 3; n += 1) {
      heads.push(await pushed({ 'a.json': `${n}` }, '--force', 'main'));
      expect(await repository.fetch()).toBe(heads.at(-1));
    }
    await until(async () => (await clone()) !== old, 'a fresh clone');
    // The branch, a commit that it no longer reaches, and the push after the fresh clone.
    expect(await packs()).toHaveLength(3);
    await until(async () => (await readdir(join(folder, 'clone'))).length === 2, 'the old clone to go');
    // A commit that the server no longer serves was copied.
    repository = open();
    await forge.close();
    expect(await texts(rewritten)).toMatchObject({ 'a.json': 'rewritten', 'deep/er/b.json': 'only here' });
    expect((await texts(heads[1] as CommitSha))['a.json']).toBe('2');
    forge = await startForge({ folder: join(folder, 'forge'), secret: 's', token: TOKEN });
  });

  test('concurrent fetches share one, and each sees what was pushed before its request', LONG_TEST, async () => {
    await pushed({ 'a.json': '0' });
    await Promise.all(Array.from({ length: 20 }, () => repository.fetch()));
    for (let n = 0; n < 5; n += 1) {
      const running = repository.fetch();
      const head = await pushed({ 'a.json': `${n}` });
      const [asked, again] = await Promise.all([repository.fetch(), repository.fetch(), running]);
      expect([asked, again]).toEqual([head, head]);
    }
  });

  test('reads continue while the clone is replaced', LONG_TEST, async () => {
    repository = open({ maxPacks: 1 });
    const first = await pushed({ 'a.json': 'first' });
    await repository.fetch();
    for (let n = 0; n < 4; n += 1) {
      const head = await pushed({ 'a.json': `${n}` });
      const [fetched, ...read] = await Promise.all([repository.fetch(), texts(first), texts(first), texts(first)]);
      expect(fetched).toBe(head);
      for (const files of read) expect(files['a.json']).toBe('first');
    }
  });

  test.each([
    ['a pack cut short', async () => truncate(join(await clone(), 'objects/pack', (await packs())[0] ?? ''), 60)],
    ['a pack gone', async () => rm(join(await clone(), 'objects/pack', (await packs())[0] ?? ''))],
    [
      'an index of rubbish',
      async () =>
        writeFile(join(await clone(), 'objects/pack', (await packs())[0]?.replace('.pack', '.idx') ?? ''), 'rubbish'),
    ],
    ['a head of rubbish', async () => writeFile(join(await clone(), 'refs/heads/main'), 'rubbish')],
    ['no config', async () => rm(join(await clone(), 'config'))],
    ['everything gone but the link', async () => rm(await clone(), { recursive: true })],
  ])('%s: the clone is recreated', LONG_TEST, async (_, damage) => {
    const first = await pushed({ 'a.json': '1' });
    const head = await pushed({ 'a.json': '2' });
    await repository.fetch();
    await damage();
    // In a new process, by fetching first; then by reading first.
    repository = open();
    expect(await repository.fetch()).toBe(head);
    expect((await texts(first))['a.json']).toBe('1');
    await damage();
    repository = open();
    expect((await texts(head))['a.json']).toBe('2');
  });

  test('another repository in the same folder is not mistaken for this one', LONG_TEST, async () => {
    const head = await pushed({ 'a.json': '1' });
    await repository.fetch();
    const other = await startForge({ folder: join(folder, 'other'), secret: 's', token: TOKEN });
    await copy.git('remote', 'add', 'other', other.pushUrl);
    await copy.git('push', '--quiet', 'other', 'main');
    expect(await open({ url: other.repositoryUrl }).fetch()).toBe(head);
    expect(await readFile(join(await clone(), 'config'), 'utf8')).toContain(other.repositoryUrl);
    await other.close();
  });

  test(
    'the remains of a process that died while it created or wrote a clone are removed at the next start',
    LONG_TEST,
    async () => {
      await pushed({ 'a.json': '1' });
      await repository.fetch();
      const used = await clone();
      const there = await readdir(join(used, 'objects/pack'));
      await mkdir(join(folder, 'clone/clone-half-made'));
      await writeFile(join(folder, 'clone/clone-half-made/config'), '');
      await symlink('clone-half-made', join(folder, 'clone/current.0a1b'));
      await writeFile(join(used, 'objects/pack/incoming-0a1b.part'), 'PACK');
      await writeFile(join(used, 'shallow.0a1b.part'), '');
      repository = open();
      expect(await repository.fetch()).toMatch(/^[0-9a-f]{40}$/);
      expect((await readdir(join(folder, 'clone'))).sort()).toEqual([basename(used), 'current']);
      expect(await readdir(join(used, 'objects/pack'))).toEqual(there);
      expect(await readdir(used)).not.toContain('shallow.0a1b.part');
    },
  );
});
