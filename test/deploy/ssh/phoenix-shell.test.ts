// The forced command of the agent's key, behind a real sshd: it allows everything that Phoenix does, and nothing else.

import { execFile, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { printTable } from '../../../deploy/ssh/table.ts';
import { openContents } from '../../../src/io/host/content.ts';
import { SYSTEM_PATH } from '../../../src/io/host/local.ts';
import { quote } from '../../../src/io/host/quote.ts';
import { sshHost } from '../../../src/io/host/ssh.ts';
import { END_GROUP, RUN, WRITE_FILE } from '../../../src/io/host/ssh-scripts.ts';
import { openRedactor } from '../../../src/io/redact.ts';
import { openSecrets } from '../../../src/io/secrets.ts';
import { DEFAULT_BOUNDS } from '../../../src/settings/secret-bounds.ts';
import { judgingShell, phoenixShell, shapesOf } from '../../support/host/phoenix-shell.ts';
import { noSshd, startSshd, type TestSshd } from '../../support/host/sshd.ts';
import { LONG_TEST } from '../../support/long.ts';
import { freePort } from '../../support/programs.ts';

const SHIPPED = fileURLToPath(new URL('../../../deploy/ssh', import.meta.url));
const MANAGERS = fileURLToPath(new URL('../../../src/managers', import.meta.url));
const run = promisify(execFile);

const MARK = `phoenix-${'0a'.repeat(12)}`;
const command = (script: string, ...args: readonly string[]) =>
  `exec sh -c ${[script, 'phoenix', ...args].map(quote).join(' ')}`;
const running = (...args: readonly string[]) => command(RUN, MARK, SYSTEM_PATH, ...args);

test('it knows the scripts that Phoenix runs', () => {
  const printed = spawnSync(process.execPath, [join(SHIPPED, 'digests.ts')], { encoding: 'utf8' }).stdout;
  const known = readFileSync(join(SHIPPED, 'scripts'), 'utf8');
  expect(known, 'node deploy/ssh/digests.ts > deploy/ssh/scripts').toBe(printed);
});

test('it reads a session as Phoenix writes it', () => {
  const printed = spawnSync(process.execPath, [join(SHIPPED, 'session.ts')], { encoding: 'utf8' }).stdout;
  const shipped = readFileSync(join(SHIPPED, 'session.pl'), 'utf8');
  expect(shipped, 'node deploy/ssh/session.ts > deploy/ssh/session.pl').toBe(printed);
});

test('its table is what is declared', () => {
  expect(readFileSync(join(SHIPPED, 'programs'), 'utf8'), 'node deploy/ssh/table.ts > deploy/ssh/programs').toBe(
    printTable(),
  );
});

/** What notifications by Proxmox go through. */
const FORWARD = '/usr/libexec/proxmox-mail-forward';

test('its table holds the programs that a push makes Phoenix run, and no other', () => {
  const files = readdirSync(MANAGERS, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  // What `phoenix setup` does is done by a person on the host.
  const texts = files
    .filter((file) => !/\/setup\//.test(file))
    .map((file) => readFileSync(join(MANAGERS, file), 'utf8'));
  const named = texts.flatMap((text) =>
    [
      ...text.matchAll(/\b(?:run|program|outputOf|linesOf)\((?:host, )?'([a-z][a-z0-9-]*)',/g),
      ...text.matchAll(/\bprogram(?::| =) '([a-z][a-z0-9-]*)'/g),
    ].map(([, name = '']) => name),
  );
  // Programs of guests are allowed by kind; the node also reports its name and sends mail.
  const used = new Set([...named, 'pct', 'qm', 'hostname', FORWARD]);
  const listed = [...shapesOf(printTable()).keys()].filter((name) => !name.startsWith(':'));
  expect(listed.sort()).toEqual([...used].sort());
});

describe('commands', () => {
  let folder: string;
  let shell: string;
  let judge: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoenix-shell-'));
    shell = await phoenixShell(join(folder, 'shell'), ['printf']);
    judge = await judgingShell(join(folder, 'judge'), ['printf']);
    await mkdir(join(folder, 'bin'));
    await writeFile(join(folder, 'bin/logger'), `#!/bin/sh\nprintf '%s\\n' "$*" >>'${folder}/log'\n`);
    await chmod(join(folder, 'bin/logger'), 0o755);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  function ask(asked: string | undefined, path = SYSTEM_PATH, program = judge) {
    const env = {
      ...(asked === undefined ? {} : { SSH_ORIGINAL_COMMAND: asked }),
      SSH_CONNECTION: '192.0.2.1 5 192.0.2.2 22',
    };
    return spawnSync(program, ['--path', path], { env, encoding: 'utf8' });
  }

  test('arguments arrive as they are', LONG_TEST, () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom("'", "'\\''", '\\', "' '", '.', "'.", '', '$(id)', '\n', '*'),
    );
    const argument = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join('').replaceAll('\0', ''));
    fc.assert(
      fc.property(fc.array(argument, { minLength: 1, maxLength: 5 }), (args) => {
        const { status, stdout } = ask(running('printf', '%s|', ...args), SYSTEM_PATH, shell);
        expect([status, stdout]).toEqual([0, Buffer.from(args.map((each) => `${each}|`).join('')).toString('utf8')]);
      }),
      { numRuns: 30 },
    );
  });

  test('anything that is not written as Phoenix writes it is refused', LONG_TEST, () => {
    const whole = running('printf', 'here');
    expect(ask(whole).stdout).toBe('let through\n');
    const near = fc
      .tuple(fc.nat(whole.length), fc.constantFrom("'", ';', ' ', '\\', '\n', '`', '$(id)', 'x', ''))
      .map(([at, piece]) => [at, `${whole.slice(0, at)}${piece}${whole.slice(piece === '' ? at + 1 : at)}`] as const);
    const argument = whole.lastIndexOf("'here'");
    fc.assert(
      fc.property(near, ([at, asked]) => {
        const { status, stdout } = ask(asked);
        if (asked !== whole && (status === 126 || at <= argument)) expect([status, stdout]).toEqual([126, '']);
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ['nothing, which is a login', undefined],
    ['a program', 'id'],
    ['a program of the list, but bare', 'pct list'],
    ['two of them', 'pct list; id'],
    ['a shell', 'sh'],
    ['one more word', `${running('printf', 'x')} id`],
    ['a command after it', `${running('printf', 'x')}; id`],
    ['a command before it', `id; ${running('printf', 'x')}`],
    ['a quote that stays open', running('printf', 'x').slice(0, -1)],
    ['words without quotes', running('printf').replace("'printf'", 'printf')],
    ['a script of somebody else', command('id', MARK, SYSTEM_PATH, 'printf')],
    ['a script that was changed', command(`${RUN}id\n`, MARK, SYSTEM_PATH, 'printf')],
    ['a program that Phoenix does not use', running('id')],
    ['a shell by way of Phoenix', running('sh', '-c', 'id')],
    ['a program by its path', running('/usr/bin/printf', 'x')],
    ['programs of another folder', command(RUN, MARK, `/tmp:${SYSTEM_PATH}`, 'printf', 'x')],
    ['another mark', command(RUN, 'mark', SYSTEM_PATH, 'printf', 'x')],
    ['every process', command(END_GROUP, '1')],
    ['a signal in place of a group', command(END_GROUP, '-1')],
    ['scp', 'scp -t /tmp'],
    ['sftp', '/usr/lib/openssh/sftp-server'],
    [
      'a package with options of apt',
      running('apt-get', '-o', 'Dpkg::Pre-Invoke::=id', '-y', '-q', 'x', 'install', 'x'),
    ],
    [
      'a package from a file',
      running('apt-get', '-y', '-q', '--no-install-recommends', '-o', 'Dpkg::Lock::Timeout=300', 'install', './x.deb'),
    ],
    ['a program as root by runuser', running('runuser', '-u', 'root', '--', 'cat', '/etc/shadow')],
    ['another program by runuser', running('runuser', '-u', 'ann', '--', 'sh', '-c', 'id')],
    ['a program by systemd-run', running('systemd-run', '--on-active=1', '--unit=phoenix-network-revert', 'id')],
    ['a unit from elsewhere', running('systemctl', 'link', '/tmp/x.service')],
    ['hooks for the certificates', running('update-ca-certificates', '--hooksdir', '/tmp')],
    ['a name server', running('dnsmasq', '--dhcp-script=/tmp/x')],
    ['another network', running('ip', 'netns', 'exec', 'x', 'id')],
    ['a key of its own', running('tee', '/root/.ssh/authorized_keys')],
  ])('%s is refused, with the reason in the log', (_what, asked) => {
    const path = `${join(folder, 'bin')}:${SYSTEM_PATH}`;
    const { status, stdout, stderr } = ask(asked?.replaceAll(quote(SYSTEM_PATH), quote(path)), path);
    expect([status, stdout, stderr]).toEqual([126, '', expect.stringMatching(/^phoenix-shell: refused: .+\n$/)]);
    const log = readFileSync(join(folder, 'log'), 'utf8');
    expect(log).toMatch(
      /^-t phoenix-shell -p auth\.warning -- refused: .*: from 192\.0\.2\.1 5 192\.0\.2\.2 22: .*\n$/,
    );
  });

  test.each([
    ['/root/.ssh/authorized_keys', '0600'],
    ['/etc/ssh/sshd_config.d/x.conf', '0644'],
    ['/etc/pve/priv/authorized_keys', '0600'],
    ['/etc/../root/.ssh/authorized_keys', '0600'],
    ['/root//.ssh/authorized_keys', '0600'],
    ['etc/x', '0644'],
    ['/tank/x', '4755; id'],
    ['/tank/x', '4755'],
  ])('writing %s with mode %s is refused', (path, mode) => {
    expect(ask(command(WRITE_FILE, MARK, SYSTEM_PATH, '', path, mode, '', '')).status).toBe(126);
  });

  test('its own files cannot be changed', () => {
    const path = '/usr/local/lib/phoenix/programs';
    expect(ask(command(WRITE_FILE, MARK, SYSTEM_PATH, '', path, '0644', '', '')).status).toBe(126);
    expect(ask(running('tee', path)).status).toBe(126);
  });

  test('Phoenix’s calls of programs that start others are allowed', () => {
    // These programs are missing or do nothing on this machine: the test checks only that they are not refused.
    for (const args of [
      ['ip', '-j', 'address', 'show'],
      ['printenv', 'SSH_CONNECTION'],
      ['test', '-f', '/var/lib/vz/import/image.qcow2'],
    ]) {
      expect(ask(running(...args)).stderr, args.join(' ')).not.toContain('refused');
    }
    expect(ask(running('printenv', 'SSH_CONNECTION'), SYSTEM_PATH, shell).stdout).toBe('192.0.2.1 5 192.0.2.2 22\n');
    expect(ask(running('printenv', 'SSH_ORIGINAL_COMMAND')).status).toBe(126);
  });
});

describe.skipIf(noSshd !== null)(`behind sshd${noSshd === null ? '' : ` (${noSshd})`}`, () => {
  let folder: string;
  let sshd: TestSshd;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoenix-forced-'));
    await chmod(folder, 0o755);
    sshd = await startSshd();
  });
  afterAll(async () => {
    await sshd.stop();
    await rm(folder, { recursive: true, force: true });
  });

  describe.concurrent('the key is good for nothing else', () => {
    beforeAll(async () => {
      const shell = await phoenixShell(join(folder, 'shipped'));
      sshd.allow(`restrict,command="exec ${shell}"`);
    });

    const port = () => new URL(sshd.target).port;
    const ssh = (...args: readonly string[]) =>
      run('ssh', ['-o', 'BatchMode=yes', ...sshd.sshOptions, ...args]).catch((error) => error);

    test('a host with the programs that are shipped', async () => {
      const redactor = openRedactor();
      const repository = { blob: async () => new Uint8Array() };
      const contents = openContents({
        repository,
        secrets: openSecrets({ environment: {}, redactor, bounds: DEFAULT_BOUNDS }),
        product: folder,
      });
      const host = sshHost({ node: 'pve', contents, redactor, root: join(folder, 'root'), ...sshd });
      try {
        const looks = { kind: 'command', program: 'hostname', args: [], timeoutSeconds: 20 } as const;
        expect(await host.run(looks)).toMatchObject({ exit: 0, ended: 'exited' });
        const refused = await host.run({ ...looks, program: 'id' });
        expect(refused).toMatchObject({ exit: null });
        expect(refused.stderr).toContain('phoenix-shell: refused: id is no program that Phoenix uses');
        const write = { kind: 'file', path: '/etc/x', content: { from: 'text', text: 'x' }, mode: 0o600 } as const;
        expect(await host.writeFile(write)).toBe(true);
        expect(await readFile(join(folder, 'root/etc/x'), 'utf8')).toBe('x');
      } finally {
        await host.close();
      }
    });

    test.each([['id'], ['pct list; id'], ['bash -i'], ['']])('ssh host %j', async (asked) => {
      const ended = await ssh(sshd.target, ...(asked === '' ? [] : [asked]));
      expect(ended).toMatchObject({ code: 126, stdout: '', stderr: expect.stringContaining('phoenix-shell: refused') });
    });

    test('files by scp and sftp', async () => {
      writeFileSync(join(folder, 'mine'), 'mine');
      const [, user = ''] = /\/\/(.*)@/.exec(sshd.target) ?? [];
      for (const old of [[], ['-O']]) {
        const options = ['-q', ...old, '-P', port(), '-o', 'BatchMode=yes', ...sshd.sshOptions];
        const copied = await run('scp', [...options, join(folder, 'mine'), `${user}@127.0.0.1:${folder}/theirs`]).catch(
          (e) => e,
        );
        expect(copied.code).toBeGreaterThan(0);
      }
      const listed = await run('sftp', [
        '-q',
        '-b',
        '/dev/null',
        '-P',
        port(),
        ...sshd.sshOptions,
        `${user}@127.0.0.1`,
      ]).catch((e) => e);
      expect(listed.code).toBeGreaterThan(0);
      await expect(readFile(join(folder, 'theirs'))).rejects.toThrow('ENOENT');
    });

    test('forwarding, either way, and a terminal', async () => {
      const straight = await ssh('-W', `127.0.0.1:${port()}`, sshd.target);
      expect(straight).toMatchObject({
        code: 255,
        stderr: expect.stringMatching(/administratively prohibited|open failed/),
      });
      const back = await ssh(
        '-N',
        '-o',
        'ExitOnForwardFailure=yes',
        '-R',
        `${await freePort()}:127.0.0.1:1`,
        sshd.target,
      );
      expect(back).toMatchObject({ code: 255, stderr: expect.stringContaining('remote port forwarding failed') });
      const terminal = await ssh('-tt', sshd.target);
      expect(terminal).toMatchObject({ stderr: expect.stringContaining('PTY allocation request failed') });
    });
  });
});
