// The thread for Git operations: it may die, and it releases its memory.

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NotFound } from '../../../src/io/git/errors.ts';
import { openRepository, type RepositoryOptions } from '../../../src/io/git/repository.ts';
import type { CommitSha } from '../../../src/model/ids.ts';
import { HeadNotFetched } from '../../../src/ports/head-not-fetched.ts';
import { type WorkingCopy, workingCopy } from '../../support/git/git.ts';
import { type GitServer, serveRepository } from '../../support/git/git-server.ts';
import { type RecordedLog, recordLog } from '../../support/log.ts';
import { LONG_TEST } from '../../support/long.ts';
import { until } from '../../support/until.ts';

let folder: string;
let copy: WorkingCopy;
let log: RecordedLog;
const opened: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-thread-'));
  copy = await workingCopy();
  log = recordLog();
});
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
  await copy.remove();
  await rm(folder, { recursive: true, force: true });
});

async function open(changes: Partial<RepositoryOptions> = {}, server?: GitServer) {
  const served = server ?? (await serveRepository(copy.folder, { config: ['uploadpack.allowAnySHA1InWant=true'] }));
  const own = { folder: join(folder, 'clone'), branch: 'main', log, readsContent: () => true, maxFileBytes: 1000 };
  const repository = openRepository({ url: served.url, ...own, ...changes });
  opened.push(served, repository);
  return repository;
}

/** Threads of this process, as the system counts them. */
const workers = () =>
  process.getActiveResourcesInfo().filter((name) => name === 'MessagePort' || name === 'Worker').length;

test(
  'a thread that runs out of memory fails its request, says what to do, and the next request gets a new thread',
  LONG_TEST,
  async () => {
    const head = await copy.commit({ 'a.json': '1' });
    // A tree of so many folders that the list of them does not fit.
    const blob = await copy.git('rev-parse', 'HEAD:a.json');
    const names = Array.from({ length: 90_000 }, (_, n) => `100644 blob ${blob}\t${'long-name-'.repeat(20)}${n}`);
    const importer = await copy.gitWith(`${names.join('\n')}\n`, 'mktree');
    const wide = (await copy.git('commit-tree', importer, '-p', head, '-m', 'wide')) as CommitSha;
    await copy.git('update-ref', 'refs/heads/wide', wide);
    const repository = await open({ maxHeapMb: 24 });
    expect(await repository.fetch()).toBe(head);
    const asked = repository.snapshot(wide);
    const beside = repository.commit(head);
    await expect(asked).rejects.toThrow(
      /Git's work \(files\) needs more than the 24 MB that it may use; .*git lfs.*PHOENIX_MAX_PACK_MB/,
    );
    expect((await beside).sha).toBe(head);
    expect((await repository.snapshot(head)).files.size).toBe(1);
    expect(log.lines.join()).toContain('the thread that does the work of Git has died');
  },
);

test(
  'a small pack with a file that would fill the memory is given up, and the next question has a new thread',
  LONG_TEST,
  async () => {
    const head = await copy.commit({ 'a.json': '1' });
    await writeFile(join(copy.folder, 'zeros'), '');
    await truncate(join(copy.folder, 'zeros'), 250_000_000);
    await copy.git('checkout', '--quiet', '-b', 'bomb');
    await copy.git('add', 'zeros');
    await copy.git('commit', '--quiet', '-m', 'zeros');
    const bomb = (await copy.git('rev-parse', 'HEAD')) as CommitSha;
    const repository = await open({ maxMemoryMb: 150 });
    expect(await repository.fetch()).toBe(head);
    await expect(repository.resolve(bomb)).rejects.toThrow(
      /Git's work \(resolve\) needs more than the 150 MB that it may use; .*git lfs/,
    );
    expect((await repository.snapshot(head)).files.size).toBe(1);
  },
);

test('it ends when it is idle for a while, and is started again', LONG_TEST, async () => {
  const head = await copy.commit({ 'a.json': '1' });
  const before = workers();
  const repository = await open({ idleMs: 20 });
  expect(await repository.fetch()).toBe(head);
  await until(() => workers() <= before, 'the thread to end');
  const next = await copy.commit({ 'a.json': '2' });
  expect(await repository.fetch()).toBe(next);
});

test('an error keeps the class, and the head, by which callers tell what to do', async () => {
  const small = await copy.commit({ 'a.json': '1' });
  const repository = await open({ limits: { silenceMs: 5000, maxBytes: 300_000 } });
  expect(await repository.fetch()).toBe(small);
  const missing = await repository.commit('a'.repeat(40) as CommitSha).catch((error: unknown) => error);
  expect(missing).toBeInstanceOf(NotFound);
  const large = await copy.commit({ 'large.bin': randomBytes(400_000) });
  const refused = await repository.fetch().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(HeadNotFetched);
  expect(refused).toMatchObject({ head: large, message: expect.stringContaining('raise PHOENIX_MAX_PACK_MB') });
});

test('running requests fail when it is closed, and so do later ones', async () => {
  await copy.commit({ 'a.json': '1' });
  const repository = await open();
  const fetching = repository.fetch();
  const failed = expect(fetching).rejects.toThrow('the repository is closed');
  await repository.close();
  await failed;
  await expect(repository.fetch()).rejects.toThrow('the repository is closed');
});

test('a token is requested when needed, and its error is reported', async () => {
  const head = await copy.commit({ 'a.json': '1' });
  let given = 0;
  let away = true;
  const repository = await open({
    token: async () => {
      given += 1;
      if (away) throw new Error('the forge gives no token today');
      return 'token';
    },
  });
  await expect(repository.fetch()).rejects.toThrow('the forge gives no token today');
  away = false;
  expect(await repository.fetch()).toBe(head);
  const before = given;
  expect((await repository.snapshot(head)).files.size).toBe(1);
  expect(given).toBe(before);
});
