// The session of a connection to a real SSH server, through the port `Host`: what it saves, what remains when it ends, and nodes that support none.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SYSTEM_PATH } from '../../../src/io/host/local.ts';
import { sshHost } from '../../../src/io/host/ssh.ts';
import type { NodeAdvice } from '../../../src/io/host/ssh-failure.ts';
import { openRedactor } from '../../../src/io/redact.ts';
import type { Command } from '../../../src/model/action.ts';
import type { Host } from '../../../src/ports/host.ts';
import { HostAway } from '../../../src/ports/host-failure.ts';
import { phoenixShell } from '../../support/host/phoenix-shell.ts';
import { noSshd, startSshd, type TestSshd } from '../../support/host/sshd.ts';
import { LONG_TEST } from '../../support/long.ts';
import { until } from '../../support/until.ts';

const HOST = fileURLToPath(new URL('../../../src/io/host/ssh.ts', import.meta.url));
const REDACT = fileURLToPath(new URL('../../../src/io/redact.ts', import.meta.url));

describe.skipIf(noSshd !== null)(`a session over ssh${noSshd === null ? '' : ` (${noSshd})`}`, () => {
  let folder: string;
  let shell: string;
  let sshd: TestSshd;
  let hosts: Host[];
  let advice: NodeAdvice[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoenix-session-'));
    await chmod(folder, 0o755);
    sshd = await startSshd();
    hosts = [];
    advice = [];
    shell = await phoenixShell(join(folder, 'shell'), ['sh', 'sha256sum', 'wc']);
    await writeFile(join(folder, 'logger'), '#!/bin/sh\n', { mode: 0o755 });
    force(`exec ${shell} --path ${folder}:${SYSTEM_PATH}`);
  });
  afterEach(async () => {
    for (const host of hosts) await host.close();
    await sshd.stop();
    // What a killed session left may still be writing its last word.
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  });

  /** Each start of the forced command is a line. */
  const force = (command: string): void => sshd.allow(`restrict,command="echo start >>${folder}/starts; ${command}"`);
  const starts = async () => (await readFile(join(folder, 'starts'), 'utf8')).trim().split('\n').length;
  const said = (): string => advice.map(({ what, remedy }) => `${what} → ${remedy}`).join('\n');

  function open(): Host {
    const host = sshHost({
      node: 'pve',
      contents: async (content) => Buffer.from(content.from === 'text' ? content.text : ''),
      redactor: openRedactor(),
      root: folder,
      path: folder,
      advise: (given) => advice.push(given),
      ...sshd,
    });
    hosts.push(host);
    return host;
  }
  const script = (text: string, more: Partial<Command> = {}): Command => ({
    kind: 'command',
    program: 'sh',
    args: ['-c', text, 'sh', folder],
    timeoutSeconds: 20,
    ...more,
  });
  /** Prints its process id and that of the session's reader, and continues while `held` exists. */
  const LONG =
    'echo begin >>"$1/record"; at=$$; while ! tr "\\0" " " <"/proc/$at/cmdline" | grep -q "[p]hoenix-shell --path"; do set -- "$1" "$at"; at=$(cut -d" " -f4 "/proc/$at/stat"); done; echo "$at"; while [ -e "$1/held" ]; do sleep 0.05; done; echo end >>"$1/record"';
  const record = async () => (await readFile(join(folder, 'record'), 'utf8')).trim().split('\n');

  test('commands and files, one after the other and at once, take one start on the node', LONG_TEST, async () => {
    const host = open();
    await host.run(script('true'));
    // Of the connection, and of the session.
    expect(await starts()).toBe(2);
    for (let n = 0; n < 5; n += 1) {
      expect(await host.run(script(`echo ${n}`))).toMatchObject({ exit: 0, stdout: `${n}\n` });
      expect(await host.run(script(`echo ${n} >&2; exit 3`), { target: 'lxc/101' })).toMatchObject({
        exit: 3,
        stderr: `${n}\n`,
      });
    }
    await host.writeFile({ kind: 'file', path: '/etc/x', content: { from: 'text', text: 'x' }, mode: 0o600 });
    expect(await host.readFile('/etc/x')).toBe('x');
    const many = await Promise.all(
      Array.from({ length: 20 }, (_, n) => host.run(script(`sleep 0.0${n % 3}; echo ${n}`))),
    );
    expect(many.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 20 }, (_, n) => `${n}\n`));
    expect(await starts()).toBe(2);
    expect(advice).toEqual([]);
  });

  test('commands above a session’s limits of number and size use a connection of their own', LONG_TEST, async () => {
    const host = open();
    await writeFile(join(folder, 'held'), '');
    const begun = Array.from({ length: 36 }, () => Promise.withResolvers<void>());
    const held = begun.map(({ resolve }) =>
      host.run(script('echo up; while [ -e "$1/held" ]; do sleep 0.05; done; echo end'), { onOutput: () => resolve() }),
    );
    await Promise.all(begun.map(({ promise }) => promise));
    await rm(join(folder, 'held'));
    for (const { stdout } of await Promise.all(held)) expect(stdout).toBe('up\nend\n');
    for (const size of [100_000, 3_000_000]) {
      const text = 'phoenix '.repeat(size / 8);
      const sum = await host.run({ ...script(''), program: 'sha256sum', args: [], stdin: { from: 'text', text } });
      expect(sum.stdout).toBe(`${createHash('sha256').update(text).digest('hex')}  -\n`);
    }
    const large = await host.run(script('head -c 3000000 /dev/zero | tr "\\0" x'));
    expect(large.stdout).toBe('x'.repeat(3_000_000));
  });

  test('a command that the forced command refuses was not started, and the session continues', async () => {
    const host = open();
    const refused = await host.run({ ...script(''), program: 'id', args: [] }, { target: 'lxc/101' });
    expect(refused).toMatchObject({ exit: null, ended: 'killed' });
    expect(refused.stderr).toContain('phoenix-shell: refused: id is no program that Phoenix uses');
    expect(await host.run(script('echo on'))).toMatchObject({ stdout: 'on\n' });
    expect(await starts()).toBe(2);
  });

  test('killed during a command: it continues, is waited for, and none is started beside it', async () => {
    const host = open();
    await writeFile(join(folder, 'held'), '');
    const reader = Promise.withResolvers<number>();
    const first = host.run(script(LONG), { target: 'lxc/101', onOutput: (line) => reader.resolve(Number(line)) });
    process.kill(await reader.promise, 'SIGKILL');
    expect(await first).toMatchObject({ exit: null, ended: 'unknown' });
    const waits = Promise.withResolvers<void>();
    const second = host.run(script(LONG), { target: 'lxc/101', onWait: waits.resolve });
    await waits.promise;
    expect(await record()).toEqual(['begin']);
    await rm(join(folder, 'held'));
    expect(await second).toMatchObject({ exit: null, ended: 'not started' });
    await host.settle('lxc/101');
    expect(await record()).toEqual(['begin', 'end']);
    expect(await host.run(script('echo next'), { target: 'lxc/101' })).toMatchObject({ exit: 0, stdout: 'next\n' });
    expect(advice).toEqual([]);
  });

  test('killed during a reading command: it has no consequence, and the next one works', async () => {
    const host = open();
    await writeFile(join(folder, 'held'), '');
    const reader = Promise.withResolvers<number>();
    const looks = host.run(script(LONG), { onOutput: (line) => reader.resolve(Number(line)) });
    process.kill(await reader.promise, 'SIGKILL');
    await expect(looks).rejects.toThrow(HostAway);
    expect(await host.run(script('echo next'))).toMatchObject({ exit: 0, stdout: 'next\n' });
    await rm(join(folder, 'held'));
  });

  test('a cut connection is opened again, with a session', LONG_TEST, async () => {
    const host = open();
    await host.run(script('true'));
    sshd.cut();
    await until(async () => (await host.run(script('echo back')).catch(() => null))?.stdout === 'back\n', 'the node');
    const before = await starts();
    for (let n = 0; n < 3; n += 1) expect(await host.run(script('echo on'))).toMatchObject({ stdout: 'on\n' });
    expect(await starts()).toBe(before);
    expect(advice).toEqual([]);
  });

  test.each<[string, () => Promise<void>]>([
    ['of before, which knows no session', () => forget('scripts', /^session .*\n/m)],
    ['without the file that reads requests', () => rm(join(folder, 'shell/session.pl'))],
  ])('a forced command %s is met with an ssh program for each, and it is said what to do', async (_what, age) => {
    await age();
    const host = open();
    expect(await host.run(script('echo here'))).toMatchObject({ exit: 0, stdout: 'here\n' });
    const before = await starts();
    expect(await host.run(script('exit 4'), { target: 'lxc/101' })).toMatchObject({ exit: 4, ended: 'exited' });
    await host.writeFile({ kind: 'file', path: '/etc/x', content: { from: 'text', text: 'x' }, mode: 0o600 });
    expect(await host.readFile('/etc/x')).toBe('x');
    await host.settle('lxc/101');
    // The session is not requested repeatedly.
    expect(await starts()).toBe(before + 4);
    expect(advice).toHaveLength(1);
    expect(said()).toMatch(
      /^each command on pve \(ssh:\S+\) is an ssh program of its own, .*: phoenix-shell: refused: .* → install this version's files of deploy\/ssh on the node/,
    );
  });

  async function forget(file: string, line: RegExp): Promise<void> {
    const path = join(folder, 'shell', file);
    await writeFile(path, (await readFile(path, 'utf8')).replace(line, ''));
  }

  test('a login that greets is no part of what commands say', async () => {
    force(`echo Welcome; exec ${shell} --path ${folder}:${SYSTEM_PATH}`);
    expect(await open().run(script('echo here'))).toMatchObject({ exit: 0, stdout: 'here\n' });
    expect(advice).toEqual([]);
  });

  describe('a node that answers otherwise than a session', () => {
    /** Greets as one, and then does that. */
    const pretend = async (then: string): Promise<void> => {
      const mark = `mark=$(printf %s "$SSH_ORIGINAL_COMMAND" | grep -o 'phoenix-[0-9a-f]\\{24\\}' | head -n 1)`;
      const text = `#!/bin/sh\ncase $SSH_ORIGINAL_COMMAND in *'sub serve'*) ;; *) exec ${shell} --path ${folder}:${SYSTEM_PATH} ;; esac\n${mark}\nprintf '\\n%s session 1\\n' "$mark"\n${then}\n`;
      await writeFile(join(folder, 'pretend'), text, { mode: 0o755 });
      force(`exec ${folder}/pretend`);
    };

    test.each([
      ['text', 'head -c 1 >/dev/null; echo what is this; sleep 60'],
      ['a piece longer than any', "head -c 1 >/dev/null; printf 'o\\000\\000\\000\\001\\377\\377\\377\\377'; sleep 60"],
      [
        'an answer to what was not asked',
        "head -c 1 >/dev/null; printf 'o\\000\\000\\000\\011\\000\\000\\000\\001x'; sleep 60",
      ],
      ['its end', 'head -c 1 >/dev/null; exit 3'],
    ])('by %s: what was asked is not known to have begun, and the next goes by itself', async (_what, then) => {
      await pretend(then);
      const host = open();
      await expect(host.run(script('echo run >>"$1/record"'), { target: 'lxc/101' })).rejects.toThrow(HostAway);
      await expect(record()).rejects.toThrow('ENOENT');
      expect(await host.run(script('echo here'))).toMatchObject({ exit: 0, stdout: 'here\n' });
      expect(advice).toHaveLength(1);
    });
  });

  test('an idle session keeps no process alive', async () => {
    const text = `
      import { sshHost } from ${JSON.stringify(HOST)};
      import { openRedactor } from ${JSON.stringify(REDACT)};
      const given = JSON.parse(process.argv[1]);
      const host = sshHost({ ...given, node: 'pve', contents: async () => Buffer.alloc(0), redactor: openRedactor() });
      const { stdout } = await host.run({ kind: 'command', program: 'sh', args: ['-c', 'echo here'], timeoutSeconds: 20 });
      process.stdout.write(stdout);
    `;
    const { target, sshOptions } = sshd;
    const given = JSON.stringify({ target, sshOptions, path: folder });
    const run = promisify(execFile);
    const ended = await run(process.execPath, ['--input-type=module', '-e', text, given], { timeout: 20_000 });
    expect(ended.stdout).toBe('here\n');
  });
});
