// Everything that the reference environment takes to come up passes the forced command as it is shipped.

import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SYSTEM_PATH } from '../../src/io/host/local.ts';
import { quote } from '../../src/io/host/quote.ts';
import { RUN } from '../../src/io/host/ssh-scripts.ts';
import { phoenix } from '../cli/phoenix.ts';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
const SHELL = join(TOP, 'deploy/ssh/phoenix-shell');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-programs-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('every command of a rehearsal', async () => {
  const { exit, stdout } = await phoenix(['rehearse', TOP, '--json']);
  expect(exit).toBe(0);
  const commands: { argv: string[] }[] = JSON.parse(stdout).commands;
  const programs = [...new Set(commands.map(({ argv: [program = ''] }) => program))];
  expect(programs.length).toBeGreaterThan(20);
  // What passes is not to be done here: each program is one that does nothing.
  for (const program of programs) {
    writeFileSync(join(folder, program), '#!/bin/sh\n');
    chmodSync(join(folder, program), 0o755);
  }
  const path = `${folder}:${SYSTEM_PATH}`;
  const refused = commands.flatMap(({ argv }) => {
    const words = [RUN, 'phoenix', `phoenix-${'0a'.repeat(12)}`, path, ...argv].map(quote).join(' ');
    const env = { SSH_ORIGINAL_COMMAND: `exec sh -c ${words}`, SSH_CONNECTION: '192.0.2.1 5 192.0.2.2 22' };
    const { status, stderr } = spawnSync(SHELL, ['--path', path], { env, encoding: 'utf8' });
    return status === 126 ? [`${argv.join(' ')}: ${stderr}`] : [];
  });
  expect(refused).toEqual([]);
});
