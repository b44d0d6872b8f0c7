// Connections to a real SSH server that are cut, refused or redirected: what is then known of a command, and the messages.

import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sshHost } from '../../../src/io/host/ssh.ts';
import { openRedactor } from '../../../src/io/redact.ts';
import type { Command } from '../../../src/model/action.ts';
import type { Host } from '../../../src/ports/host.ts';
import { HostAway, HostRefused } from '../../../src/ports/host-failure.ts';
import { noSshd, startSshd, type TestSshd } from '../../support/host/sshd.ts';
import { LONG_TEST } from '../../support/long.ts';

describe.skipIf(noSshd !== null)(`a host over ssh${noSshd === null ? '' : ` (${noSshd})`}`, () => {
  let folder: string;
  let sshd: TestSshd;
  let hosts: Host[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoenix-lost-'));
    await chmod(folder, 0o755);
    sshd = await startSshd();
    hosts = [];
  });
  afterEach(async () => {
    for (const host of hosts) await host.close();
    await sshd.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function open(more: object = {}): Host {
    const host = sshHost({
      node: 'pve',
      contents: async () => Buffer.from('content'),
      redactor: openRedactor(),
      root: folder,
      ...sshd,
      ...more,
    });
    hosts.push(host);
    return host;
  }
  const script = (text: string): Command => ({
    kind: 'command',
    program: 'sh',
    args: ['-c', text, 'sh', folder],
    timeoutSeconds: 20,
  });
  const record = async () => (await readFile(join(folder, 'record'), 'utf8')).trim().split('\n');

  /** Records its beginning and end; ends when `held` is removed. It writes output until the end. */
  const LONG =
    'echo "begin $$" >>"$1/record"; echo up; while [ -e "$1/held" ]; do echo goes on; sleep 0.05; done; echo "end $$" >>"$1/record"';

  test('cut during a command: it continues, is waited for, and none is started beside it', LONG_TEST, async () => {
    const host = open();
    await writeFile(join(folder, 'held'), '');
    const up = Promise.withResolvers<void>();
    const first = host.run(script(LONG), { target: 'lxc/101', onOutput: () => up.resolve() });
    await up.promise;
    sshd.cut();
    expect(await first).toMatchObject({ exit: null, ended: 'unknown' });
    const waits = Promise.withResolvers<void>();
    // Another agent, which knows nothing of the first.
    const second = open().run(script(LONG), { target: 'lxc/101', onWait: waits.resolve });
    await waits.promise;
    expect(await record()).toHaveLength(1);
    await rm(join(folder, 'held'));
    expect(await second).toMatchObject({ exit: null, ended: 'not started' });
    await host.settle('lxc/101');
    const lines = await record();
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['begin', 'end']);
    expect(await host.run(script('echo third'), { target: 'lxc/101' })).toMatchObject({ exit: 0, stdout: 'third\n' });
  });

  test('cut during a reading command: it has no consequence', async () => {
    const host = open();
    await writeFile(join(folder, 'held'), '');
    const up = Promise.withResolvers<void>();
    const looks = host.run(script(LONG), { onOutput: () => up.resolve() });
    await up.promise;
    sshd.cut();
    await expect(looks).rejects.toThrow(HostAway);
    await rm(join(folder, 'held'));
  });

  test('a node that does not listen is away, for commands, files, requests and what waits', LONG_TEST, async () => {
    await sshd.away();
    const host = open();
    await expect(host.run(script('true'))).rejects.toThrow(
      /^pve \(ssh:\S+\) does not answer: ssh: connect to .*refused/,
    );
    for (const asked of [
      () => host.run(script('true'), { target: 'lxc/101' }),
      () => host.readFile('/x'),
      () => host.settle('lxc/101'),
      () =>
        host.request({ kind: 'http', method: 'GET', url: 'http://127.0.0.1:1/', trust: 'none', timeoutSeconds: 20 }),
    ]) {
      await expect(asked()).rejects.toThrow(HostAway);
    }
    await sshd.back();
    expect(await host.run(script('echo back'), { target: 'lxc/101' })).toMatchObject({ exit: 0, stdout: 'back\n' });
  });

  test('an unknown name counts as unreachable', async () => {
    const host = open({ target: 'ssh://root@nobody.invalid' });
    await expect(host.readFile('/x')).rejects.toThrow(
      /does not answer: ssh: Could not resolve hostname nobody.invalid/,
    );
  });

  test('a changed host key has its own message, and the other machine receives nothing', LONG_TEST, async () => {
    const host = open();
    await host.run(script('true'));
    const { before, now } = await sshd.changeHostKey();
    const refused = host.run(script('echo run >>"$1/record"'), { target: 'lxc/101' });
    await expect(refused).rejects.toThrow(HostRefused);
    const { message } = (await refused.catch((error: unknown) => error)) as Error;
    expect(message).toContain(`its ED25519 host key changed from ${before} to ${now}: somebody may be in between.`);
    expect(message).toMatch(/if the node was reinstalled: ssh-keygen -f \S+known"? -R "?\[127.0.0.1\]:\d+"?$/);
    await expect(record()).rejects.toThrow('ENOENT');
  });

  test('an unknown host key is reported where none is accepted automatically', async () => {
    const strict = sshd.sshOptions.map((word) => word.replace('accept-new', 'yes'));
    await expect(open({ sshOptions: strict }).readFile('/x')).rejects.toThrow(
      /its host key is not known: connect to it once/,
    );
  });

  test('a refused command was not started, and says why', async () => {
    sshd.allow('command="echo refused: another version >&2; exit 126"');
    const refused = await open().run(script('echo run >>"$1/record"'), { target: 'lxc/101' });
    expect(refused).toMatchObject({ exit: null, ended: 'killed', stderr: 'refused: another version\n' });
  });

  test('a refused login is reported, and does not count as an unreachable node', async () => {
    sshd.allow('from="192.0.2.1"');
    const refused = open().readFile('/x');
    await expect(refused).rejects.toThrow(HostRefused);
    await expect(refused).rejects.toThrow(/^pve \(\S+\) does not let Phoenix in: .*Permission denied \(publickey/);
  });
});
