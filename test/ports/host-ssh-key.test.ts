// The port `Host` also works with an SSH key that is not restricted to phoenix-shell.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sshHost } from '../../src/io/host/ssh.ts';
import { openRedactor } from '../../src/io/redact.ts';
import { noSshd, startSshd } from '../support/host/sshd.ts';

test.skipIf(noSshd !== null)(
  `a host over ssh by a key that may do everything${noSshd === null ? '' : ` (${noSshd})`}`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'phoenix-ssh-host-'));
    const sshd = await startSshd();
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
      await sshd.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
);
