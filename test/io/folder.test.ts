// A folder read from the disk gives the same snapshot as its commit in Git, without following links or leaving its root.

import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FolderOptions, folderPaths, folderSnapshot } from '../../src/io/folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-folder-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), content);
}

const ALL: FolderOptions = { readsContent: () => true, maxFileBytes: 1000 };
const snapshot = async (root = '', options = ALL) => folderSnapshot(folder, root, await folderPaths(folder), options);
const gitBlob = (path: string) => execFileSync('git', ['hash-object', join(folder, path)], { encoding: 'utf8' }).trim();

test('files have the identities that Git gives them, read or not', async () => {
  await write('etc/a.json', '{"ü": 1}\n');
  await write('bin/x.sh', '#!/bin/sh\n');
  await chmod(join(folder, 'bin/x.sh'), 0o755);
  await write('large', Buffer.alloc(300_000, 7));
  const { files, commit } = await snapshot('', { readsContent: (path) => path.startsWith('etc/'), maxFileBytes: 1000 });
  expect(commit).toBeNull();
  expect([...files.keys()].sort()).toEqual(['bin/x.sh', 'etc/a.json', 'large']);
  for (const [path, { blob }] of files) expect(blob).toBe(gitBlob(path));
  expect(files.get('etc/a.json')).toMatchObject({ kind: 'file', size: 10, bytes: expect.anything() });
  expect(files.get('bin/x.sh')).toMatchObject({ kind: 'executable', size: 10 });
  expect(files.get('bin/x.sh')?.bytes).toBeUndefined();
});

test('content above the limit is hashed in chunks and not held in memory', async () => {
  await write('etc/a.json', Buffer.alloc(5_000_000, 32));
  const { files } = await snapshot();
  expect(files.get('etc/a.json')).toEqual({ blob: gitBlob('etc/a.json'), kind: 'file', size: 5_000_000 });
});

test('links are named and never followed, to files and to folders', async () => {
  await write('real/secret', 'x');
  await symlink('/etc/passwd', join(folder, 'outside.json'));
  await symlink('real', join(folder, 'inside'));
  await symlink('nowhere', join(folder, 'broken'));
  const { files } = await snapshot();
  expect([...files].map(([path, { kind, bytes }]) => [path, kind, bytes === undefined]).sort()).toEqual([
    ['broken', 'symlink', true],
    ['inside', 'symlink', true],
    ['outside.json', 'symlink', true],
    ['real/secret', 'file', false],
  ]);
});

test('only the files below the root belong to it, and no repository or package', async () => {
  for (const path of ['env/etc/a', 'env2/etc/b', 'env/.git/HEAD', 'env/node_modules/x/y', 'c']) await write(path, 'x');
  const { files, root } = await snapshot('env');
  expect(root).toBe('env');
  expect([...files.keys()]).toEqual(['etc/a']);
});
