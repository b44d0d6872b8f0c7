// Every command that the reference environment needs passes the shipped forced command.
// @module-tag long

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SYSTEM_PATH } from '../../../src/io/host/local.ts';
import { quote } from '../../../src/io/host/quote.ts';
import { RUN } from '../../../src/io/host/ssh-scripts.ts';
import { phoenix } from '../../cli/phoenix.ts';
import { judgeAll, judgingShell } from '../../support/host/phoenix-shell.ts';

const TOP = fileURLToPath(new URL('../../..', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-programs-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('every command of a rehearsal', async () => {
  const { exit, stdout } = await phoenix(['rehearse', TOP, '--json']);
  expect(exit).toBe(0);
  const commands: { argv: string[] }[] = JSON.parse(stdout).commands;
  const programs = new Set(commands.map(({ argv: [program = ''] }) => program));
  expect(programs.size).toBeGreaterThan(15);
  const shell = await judgingShell(join(folder, 'shell'));
  const asked = commands.map(({ argv }): [string, string] => {
    const words = [RUN, 'phoenix', `phoenix-${'0a'.repeat(12)}`, SYSTEM_PATH, ...argv].map(quote).join(' ');
    return [`exec sh -c ${words}`, argv[0] === 'chpasswd' ? 'ada:$6$salt$hash\n' : '1073741824\n'];
  });
  const codes = judgeAll(shell, SYSTEM_PATH, asked);
  expect(commands.filter((_, n) => codes[n] !== 0).map(({ argv }) => argv.join(' '))).toEqual([]);
}, 180_000);
