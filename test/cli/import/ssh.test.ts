// `phoenix import` and `phoenix plan --host` over SSH, with a real SSH server and the shipped forced command; and the messages for a node that is
// unreachable, refuses the login, or is not a Proxmox host.

import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLab, programsHere } from 'phoenix-lab/host';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asReadOnly, type OpenReadOnly } from '../../../src/cli/host/open.ts';
import { planHost } from '../../../src/cli/host/plan-host.ts';
import { importHost } from '../../../src/cli/import/import.ts';
import { SYSTEM_PATH } from '../../../src/io/host/local.ts';
import { sshHost } from '../../../src/io/host/ssh.ts';
import { openRedactor } from '../../../src/io/redact.ts';
import { phoenixShell } from '../../support/host/phoenix-shell.ts';
import { noSshd, startSshd, type TestSshd } from '../../support/host/sshd.ts';
import { LONG_TEST } from '../../support/long.ts';
import { freePort } from '../../support/programs.ts';
import { captured } from '../captured.ts';
import { phoenix } from '../phoenix.ts';

const TEMPLATE = 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst';
const MADE = [
  ['pct', 'create', '110', TEMPLATE, '--hostname', 'pihole', '--memory', '512', '--rootfs', 'local-lvm:4'],
  [
    'qm',
    'create',
    '210',
    '--name',
    'dev',
    '--memory',
    '2048',
    '--scsi0',
    'local-lvm:8',
    '--net0',
    'virtio,bridge=vmbr0',
  ],
] as const;

const SHIPPED = fileURLToPath(new URL('../../../', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-import-ssh-'));
  await chmod(folder, 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(noSshd !== null)(`a host over ssh${noSshd === null ? '' : ` (${noSshd})`}`, () => {
  let lab: string;
  let sshd: TestSshd;
  let open: OpenReadOnly;
  beforeAll(async () => {
    lab = join(folder, 'pve');
    createLab(lab);
    const run = programsHere(lab);
    for (const [program, ...args] of MADE)
      await run({ program, args, input: undefined, onStdout: () => {}, onStderr: () => {} });
    sshd = await startSshd();
    const bin = join(lab, 'bin');
    const shell = await phoenixShell(join(folder, 'shell'));
    sshd.allow(`restrict,command="exec ${shell} --path ${bin}:${SYSTEM_PATH}"`);
    open = async () =>
      asReadOnly(
        sshHost({
          node: 'pve',
          contents: () => Promise.reject(new Error('only looked at')),
          redactor: openRedactor(),
          root: lab,
          path: bin,
          ...sshd,
        }),
      );
  });
  afterAll(() => sshd.stop());

  const bringIn = (out: string) => captured((io) => importHost({ host: sshd.target, out, json: true }, io, open));
  const compared = (path: string) => captured((io) => planHost({ path, host: sshd.target, json: true }, io, open));

  test('becomes the same repository as on the host itself, of which nothing would change', LONG_TEST, async () => {
    const out = join(folder, 'home');
    const said = await bringIn(out);
    expect([said.exit, said.err]).toEqual([0, '']);
    const here = join(folder, 'here');
    const local = await captured((io) => importHost({ host: 'local', out: here, json: true }, io), {
      PHOENIX_LAB: lab,
    });
    const { files, ...answer } = JSON.parse(said.out);
    expect({ files, ...answer }).toEqual(JSON.parse(local.out));
    expect(answer).toMatchObject({ ok: true, targets: expect.any(Number), left: [], commands: 4 });
    const plan = JSON.parse((await compared(out)).out);
    expect(plan).toMatchObject({ ok: true, steps: [], marks: ['lxc/110', 'vm/210'], unknown: [], commands: 4 });
  });

  test('that refuses the login, or disconnects, leaves nothing behind and says what to try', LONG_TEST, async () => {
    const out = join(folder, 'none');
    const tried = expect.stringContaining(`ssh -o BatchMode=yes ${sshd.target} true`);
    await sshd.away();
    await expect(bringIn(out)).rejects.toMatchObject({
      exit: 3,
      message: expect.stringMatching(/does not answer/),
      hint: tried,
    });
    await expect(compared(SHIPPED)).rejects.toMatchObject({ exit: 3, hint: tried });
    await sshd.back();
    sshd.allow('from="10.99.99.99"');
    await expect(bringIn(out)).rejects.toMatchObject({
      exit: 3,
      message: expect.stringMatching(/does not let Phoenix in: .*Permission denied.*; put Phoenix's public key into/),
    });
    await sshd.changeHostKey();
    await expect(bringIn(out)).rejects.toMatchObject({ exit: 3, message: expect.stringMatching(/host key changed/) });
    expect(await readdir(folder)).not.toContain('none');
  });
});

test('for a host that is unreachable, misspelt, or not a Proxmox host, it says what to do, and nothing is written', async () => {
  const out = join(folder, 'nothing');
  const away = await phoenix(['import', '--host', `ssh://root@127.0.0.1:${await freePort()}`, '--out', out]);
  expect([away.exit, away.stdout]).toEqual([3, '']);
  expect(away.stderr).toMatch(
    /does not answer: .*\n {2}see that this works.*ssh -o BatchMode=yes ssh:\/\/root@127\.0\.0\.1:/s,
  );
  const unknown = await phoenix(['import', '--host', 'ssh://root@nowhere.invalid', '--out', out]);
  expect([unknown.exit, unknown.stderr]).toEqual([
    3,
    expect.stringMatching(/nowhere\.invalid does not answer: .*resolve/),
  ]);
  const misspelt = await phoenix(['import', '--host', 'kim@pve.lan', '--out', out]);
  expect([misspelt.exit, misspelt.stderr]).toEqual([2, expect.stringContaining('or as ssh://kim@pve.lan.')]);
  await writeFile(join(folder, 'pvesh'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const other = await phoenix(['import', '--host', 'local', '--out', out], {
    PATH: `${folder}:${process.env['PATH']}`,
  });
  expect([other.exit, other.stdout]).toEqual([3, '']);
  expect(other.stderr).toMatch(
    /cannot be read as a Proxmox host: .*\n {2}run it as root on the Proxmox host itself, or name/,
  );
  expect(await readdir(folder)).not.toContain('nothing');
});
