// `scripts/phoenix`, the command of a checkout, under a Node that is too old and before the packages are installed.

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../scripts/phoenix', import.meta.url));
const SYSTEM = '/usr/local/bin:/usr/bin:/bin';
let folder: string;
let checkout: string;
let programs: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phoenix-checkout-'));
  checkout = join(folder, 'check out');
  programs = join(folder, 'programs');
  for (const each of [join(checkout, 'scripts'), join(checkout, 'src'), programs]) mkdirSync(each, { recursive: true });
  copyFileSync(PROGRAM, join(checkout, 'scripts/phoenix'));
  // What was called with what, as a line for each word.
  writeFileSync(join(checkout, 'src/main.ts'), 'for (const word of process.argv.slice(2)) console.log(word);\n');
  symlinkSync(join(checkout, 'scripts/phoenix'), join(programs, 'phoenix'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function nodeAt(path: string, version: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const old = '#!/bin/sh\n[ "$1" = --version ] && { echo v20.1.0; exit; }\nexit 1\n';
  if (version < 24) writeFileSync(path, old, { mode: 0o755 });
  else symlinkSync(process.execPath, path);
}

const packages = () => mkdirSync(join(checkout, 'node_modules/commander'), { recursive: true });
const brought = () => nodeAt(join(checkout, 'node_modules/node/bin/node'), 24);

function called(args: readonly string[], cwd = folder) {
  const PATH = `${programs}:${SYSTEM}`;
  return spawnSync(join(programs, 'phoenix'), args, { cwd, env: { PATH }, encoding: 'utf8' });
}

test('it runs on the Node of the packages, from any folder, whatever Node the machine has', () => {
  packages();
  brought();
  nodeAt(join(programs, 'node'), 20);
  expect(called(['plan', 'a b', '--from', '*'])).toMatchObject({
    status: 0,
    stdout: 'plan\na b\n--from\n*\n',
    stderr: '',
  });
});

test('without the packages for development it runs on the Node of the machine', () => {
  packages();
  nodeAt(join(programs, 'node'), 24);
  expect(called(['--env-file', 'none'])).toMatchObject({ status: 0, stdout: '--env-file\nnone\n' });
});

test.each([
  ['without packages', () => brought(), 'the packages of this checkout are not installed'],
  [
    'with a Node that is too old',
    () => {
      packages();
      nodeAt(join(programs, 'node'), 20);
    },
    'Node 24 or newer is needed, and this is v20.1.0',
  ],
])('%s it ends with 3 and the command that helps', (_case, prepare, why) => {
  prepare();
  const { status, stdout, stderr } = called(['validate']);
  expect([status, stdout]).toEqual([3, '']);
  expect(stderr).toContain(`phoenix: ${why}\n`);
  expect(stderr).toContain(`npm ci --prefix '${checkout}'\n`);
});
