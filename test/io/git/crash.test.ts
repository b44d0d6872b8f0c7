// A fetch may be interrupted at any moment: during its writes, or because its process is killed.
// @module-tag long

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, readlink, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRepository } from '../../../src/io/git/repository.ts';
import type { CommitSha } from '../../../src/model/ids.ts';
import type { Repository } from '../../../src/ports/repository.ts';
import { type WorkingCopy, workingCopy } from '../../support/git/git.ts';
import { recordLog } from '../../support/log.ts';
import { until } from '../../support/until.ts';

const TOKEN = 'token';

let folder: string;
let forge: LabForge;
let copy: WorkingCopy;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-crash-'));
  forge = await startForge({ folder: join(folder, 'forge'), secret: 's', token: TOKEN });
  copy = await workingCopy(forge.pushUrl);
});

afterEach(async () => {
  await forge.close();
  await copy.remove();
  await rm(folder, { recursive: true, force: true });
});

function open(clone: string): Repository {
  const options = { readsContent: () => true, maxFileBytes: 1000, token: TOKEN, log: recordLog() };
  return openRepository({ url: forge.repositoryUrl, branch: 'main', folder: clone, ...options });
}

async function pushed(text: string): Promise<CommitSha> {
  const commit = await copy.commit({ 'a.json': text });
  await copy.push();
  return commit;
}

async function works(clone: string, commits: readonly CommitSha[]): Promise<void> {
  const repository = open(clone);
  expect(await repository.fetch()).toBe(commits.at(-1));
  for (const [n, commit] of commits.entries()) {
    const bytes = (await repository.snapshot(commit)).files.get('a.json')?.bytes ?? new Uint8Array();
    expect(Buffer.from(bytes).toString()).toBe(`${n}`);
  }
}

/** Files below the folder that are new or changed, in the order in which they were written. */
async function written(before: string, after: string): Promise<string[]> {
  const files: { path: string; at: bigint }[] = [];
  for (const entry of await readdir(after, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name).slice(after.length + 1);
    const [old, now] = await Promise.all([readFile(join(before, path)).catch(() => null), readFile(join(after, path))]);
    if (old === null || !old.equals(now))
      files.push({ path, at: (await stat(join(after, path), { bigint: true })).mtimeNs });
  }
  return files.sort((a, b) => Number(a.at - b.at)).map(({ path }) => path);
}

test('whatever was written before the interruption, the next fetch continues from it', async () => {
  const first = await pushed('0');
  await open(join(folder, 'before')).fetch();
  const second = await pushed('1');
  await cp(join(folder, 'before'), join(folder, 'after'), { recursive: true, verbatimSymlinks: true });
  await open(join(folder, 'after')).fetch();

  const clone = await readlink(join(folder, 'after', 'current'));
  const order = await written(join(folder, 'before', clone), join(folder, 'after', clone));
  expect(order.length).toBeGreaterThanOrEqual(3);
  for (let count = 0; count <= order.length; count += 1) {
    const half = join(folder, `half-${count}`);
    await cp(join(folder, 'before'), half, { recursive: true, verbatimSymlinks: true });
    for (const path of order.slice(0, count)) await cp(join(folder, 'after', clone, path), join(half, clone, path));
    await works(half, [first, second]);
  }
});

test('a first clone that was left half way is begun again', async () => {
  const first = await pushed('0');
  await open(join(folder, 'whole')).fetch();
  const clone = await readlink(join(folder, 'whole', 'current'));
  const half = join(folder, 'half');
  await cp(join(folder, 'whole', clone, 'config'), join(half, clone, 'config'));
  await works(half, [first]);
  await rm(half, { recursive: true });
  await cp(join(folder, 'whole', clone, 'config'), join(half, clone, 'config'));
  await symlink(clone, join(half, 'current'));
  await works(half, [first]);
});

test('a killed fetch leaves a clone that works', async () => {
  const first = await pushed('0');
  const clone = join(folder, 'clone');
  await open(clone).fetch();
  const second = await pushed('1');

  const asked = Promise.withResolvers<void>();
  forge.faults.git({ kind: 'delay', until: Promise.resolve() }, { kind: 'delay', until: asked.promise });
  const source = join(dirname(dirname(dirname(import.meta.dirname))), 'src/io/git/repository.ts');
  const program = `
    const { openRepository } = await import(process.argv[1]);
    const log = { info() {}, warn() {}, error() {} };
    const repository = openRepository({ url: process.argv[2], branch: 'main', token: process.argv[3], folder: process.argv[4],
      log, readsContent: () => true, maxFileBytes: 1000 });
    console.log('fetching');
    await repository.fetch();`;
  const args = ['--input-type=module', '-e', program, source, forge.repositoryUrl, TOKEN, clone];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  await until(() => forge.faults.waiting() === 1, 'the fetch to ask for the pack');
  child.kill('SIGKILL');
  await once(child, 'exit');
  asked.resolve();
  await works(clone, [first, second]);
});
