// The doctor on a node over SSH: behind the shipped forced command, and behind that of an older version.

import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkHost } from '../../../src/cli/doctor/checks.ts';
import { SYSTEM_PATH } from '../../../src/io/host/local.ts';
import { sshHost } from '../../../src/io/host/ssh.ts';
import { openRedactor } from '../../../src/io/redact.ts';
import { phoenixShell } from '../../support/host/phoenix-shell.ts';
import { noSshd, startSshd, type TestSshd } from '../../support/host/sshd.ts';

const PROGRAMS = {
  pvesh: 'echo \'{"version":"9.1.4"}\'',
  pct: 'echo',
  qm: 'echo',
  pvesm: 'echo',
  hostname: 'echo pve',
};

describe.skipIf(noSshd !== null)(`a node over ssh${noSshd === null ? '' : ` (${noSshd})`}`, () => {
  let folder: string;
  let sshd: TestSshd;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoenix-doctor-'));
    await chmod(folder, 0o755);
    for (const [name, text] of Object.entries({ ...PROGRAMS, logger: 'exit 0' }))
      await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    const shell = await phoenixShell(join(folder, 'shell'));
    sshd = await startSshd();
    sshd.allow(`restrict,command="exec ${shell} --path ${folder}:${SYSTEM_PATH}"`);
  });
  afterEach(async () => {
    await sshd.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const check = () =>
    checkHost(async (advise) =>
      sshHost({
        node: 'pve',
        contents: async () => Buffer.alloc(0),
        redactor: openRedactor(),
        path: folder,
        advise,
        ...sshd,
      }),
    );
  const without = async (file: string, line: RegExp): Promise<void> => {
    const path = join(folder, 'shell', file);
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll(line, ''));
  };

  test('all its commands are allowed', async () => {
    expect(await check()).toEqual([
      { check: 'host', state: 'ok', message: 'Proxmox VE 9.1.4, node pve', hint: null },
      ...['pct', 'qm', 'pvesm'].map((name) => ({
        check: 'host',
        state: 'ok',
        message: `${name} may be used`,
        hint: null,
      })),
    ]);
  });

  test('a forced command without sessions works, and the doctor says what to install on the node', async () => {
    await without('scripts', /^session .*\n/gm);
    const found = await check();
    expect(found.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok', 'warning']);
    expect(found.at(-1)?.message).toMatch(/^each command on pve .* is an ssh program of its own/);
    expect(found.at(-1)?.hint).toMatch(/deploy\/ssh on the node: phoenix-shell, programs, scripts and session\.pl/);
  });

  test("a forced command that refuses the doctor's commands is not reported as a host without Proxmox", async () => {
    await without('programs', /^pvesh get \/version.*\n/gm);
    expect(await check()).toMatchObject([
      {
        state: 'failed',
        message: expect.stringContaining('phoenix-shell: refused'),
        hint: expect.stringContaining('deploy/ssh on the node'),
      },
    ]);
  });
});
