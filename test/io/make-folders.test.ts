// Folders that are made with those above them.

import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolders } from '../../src/io/make-folders.ts';

let top: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'phoenix-folders-'));
});
afterEach(() => rmSync(top, { recursive: true }));

test('each that is missing is made with the mode, also where several are made at once, and again nothing', async () => {
  const folder = join(top, 'a/b/c');
  await Promise.all([makeFolders(folder, 0o700), makeFolders(folder, 0o700)]);
  // Each begins when another one is a step further.
  for (let round = 0; round < 50; round += 1) {
    const deep = join(top, `many-${round}/b/c`);
    const late = async (steps: number) => {
      for (let step = 0; step < steps; step += 1) await stat(top);
      return makeFolders(deep);
    };
    await Promise.all([0, 1, 2, 3].map(late));
  }
  for (const made of ['a', 'a/b', 'a/b/c']) expect(statSync(join(top, made)).mode & 0o777).toBe(0o700);
  await makeFolders(folder);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test('what is no folder on the way is told by the error of the system', async () => {
  writeFileSync(join(top, 'file'), '');
  symlinkSync('nowhere', join(top, 'link'));
  await expect(makeFolders(join(top, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolders(join(top, 'file/a/b'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  await expect(makeFolders(join(top, 'link/a'))).rejects.toMatchObject({ code: 'EEXIST' });
});

test.skipIf(process.platform !== 'linux')('where the system makes none it ends', async () => {
  await expect(makeFolders('/proc/phoenix/a')).rejects.toMatchObject({ code: 'ENOENT' });
});
