// The contract of hosts for a host over SSH, with a key that is limited to phoenix-shell.

import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { SYSTEM_PATH } from '../../src/io/host/local.ts';
import { sshHost } from '../../src/io/host/ssh.ts';
import type { Host } from '../../src/ports/host.ts';
import { phoenixShell } from '../support/host/phoenix-shell.ts';
import { noSshd, startSshd, type TestSshd } from '../support/host/sshd.ts';
import { hostContract } from './host.contract.ts';

/** What the contract runs. */
const PROGRAMS = ['cat', 'echo', 'env', 'no-such-program', 'printf', 'seq', 'sh', 'sha256sum', 'true', 'uname', 'wc'];

/** @param forgotten scripts that this phoenix-shell does not allow; default: none */
export function sshContract(what: string, forgotten?: RegExp): void {
  describe.skipIf(noSshd !== null)(`a host over ssh ${what}${noSshd === null ? '' : ` (${noSshd})`}`, () => {
    let folder: string;
    let sshd: TestSshd;
    let shell: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'phoenix-ssh-host-'));
      await chmod(folder, 0o755);
      sshd = await startSshd();
      shell = await phoenixShell(join(folder, 'shell'), PROGRAMS);
      const scripts = join(folder, 'shell', 'scripts');
      if (forgotten !== undefined) await writeFile(scripts, (await readFile(scripts, 'utf8')).replace(forgotten, ''));
    });
    afterAll(async () => {
      await sshd.stop();
      await rm(folder, { recursive: true, force: true });
    });

    hostContract((parts): Host => {
      sshd.allow(`restrict,command="exec ${shell} --path ${parts.path}:${SYSTEM_PATH}"`);
      return sshHost({ ...parts, ...sshd });
    });
  });
}
