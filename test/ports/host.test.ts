import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localHost, SYSTEM_PATH } from '../../src/io/host/local.ts';
import { sshHost } from '../../src/io/host/ssh.ts';
import { openRedactor } from '../../src/io/redact.ts';
import type { Host } from '../../src/ports.ts';
import { phoenixShell } from '../support/phoenix-shell.ts';
import { noSshd, startSshd, type TestSshd } from '../support/sshd.ts';
import { hostContract } from './host.contract.ts';

/** What the contract runs. */
const PROGRAMS = ['cat', 'echo', 'env', 'no-such-program', 'printf', 'seq', 'sh', 'sha256sum', 'true', 'uname', 'wc'];

describe('a local host', () => hostContract(localHost));

describe.skipIf(noSshd !== null)(`a host over ssh${noSshd === null ? '' : ` (${noSshd})`}`, () => {
  let folder: string;
  let sshd: TestSshd;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoenix-ssh-host-'));
    await chmod(folder, 0o755);
    sshd = await startSshd();
  });
  afterAll(async () => {
    await sshd.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('by a key that may do everything', async () => {
    const contents = async () => Buffer.from('content');
    const host = sshHost({ node: 'pve', contents, redactor: openRedactor(), root: folder, ...sshd });
    try {
      const echo = { kind: 'command', program: 'sh', args: ['-c', 'cat; exit 7'], timeoutSeconds: 20 } as const;
      const stdin = { from: 'text', text: '' } as const;
      expect(await host.run({ ...echo, stdin })).toMatchObject({ exit: 7, ended: 'exited', stdout: 'content' });
      await host.writeFile({ kind: 'file', path: '/etc/x', content: stdin, mode: 0o600 });
      expect(await host.readFolders(['/etc'])).toEqual(new Map([['/etc/x', 'content']]));
    } finally {
      await host.close();
    }
  });

  describe.each<[string, RegExp | null]>([
    ['by a key that may start phoenix-shell alone', null],
    ['by a phoenix-shell of before, which knows no session', /^session .*\n/m],
  ])('%s', (_what, forgotten) => {
    let shell: string;
    beforeAll(async () => {
      const place = join(folder, forgotten === null ? 'shell' : 'before');
      shell = await phoenixShell(place, PROGRAMS);
      const scripts = join(place, 'scripts');
      if (forgotten !== null) await writeFile(scripts, (await readFile(scripts, 'utf8')).replace(forgotten, ''));
    });
    hostContract((parts): Host => {
      sshd.allow(`restrict,command="exec ${shell} --path ${parts.path}:${SYSTEM_PATH}"`);
      return sshHost({ ...parts, ...sshd });
    });
  });
});
