// The contract of hosts, local and remote.

import { spawn } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { chmod, link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { trustAuthorities } from '../../src/io/authorities.ts';
import { openContents, type ReadContent } from '../../src/io/host/content.ts';
import { openRedactor, type Redactor } from '../../src/io/redact.ts';
import { openSecrets } from '../../src/io/secrets.ts';
import type { Command, Content, HttpRequest } from '../../src/model/action.ts';
import type { Host } from '../../src/ports/host.ts';
import { DEFAULT_BOUNDS } from '../../src/settings/secret-bounds.ts';
import { LONG_TEST, longUnless } from '../support/long.ts';
import { openService, type TestService } from '../support/services/service.ts';
import { type TestAuthority, testAuthority } from '../support/services/tls.ts';
import { until } from '../support/until.ts';

export interface HostDeps {
  readonly node: string;
  readonly root: string;
  readonly path: string;
  readonly contents: ReadContent;
  readonly redactor: Redactor;
}

const SECRET = "s3cret with 'quotes' $HOME";
const BLOB = Uint8Array.from([0, 1, 2, 255, 10]);

export function hostContract(open: (parts: HostDeps) => Host): void {
  let folder: string;
  let redactor: Redactor;
  let host: Host;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoenix-host-'));
    await mkdir(join(folder, 'bin'));
    redactor = openRedactor();
    const bounds = { ...DEFAULT_BOUNDS, envPrefix: 'LAB_', folders: ['/secrets'] };
    const secrets = openSecrets({ environment: { LAB_SECRET: SECRET }, redactor, bounds });
    const repository = { blob: async () => BLOB };
    const contents = openContents({ repository, secrets, product: folder });
    host = open({ node: 'pve', root: join(folder, 'root'), path: join(folder, 'bin'), contents, redactor });
  });

  beforeEach(() => mkdir(join(folder, 'root')));
  afterEach(() => rm(join(folder, 'root'), { recursive: true }));
  afterAll(async () => {
    await host.close();
    await rm(folder, { recursive: true, force: true });
  });

  function command(program: string, args: readonly string[] = [], more: Partial<Command> = {}): Command {
    return { kind: 'command', program, args, timeoutSeconds: 20, ...more };
  }

  /** A shell script, given as one argument like any other. */
  function script(text: string, ...args: readonly string[]): Command {
    return command('sh', ['-c', text, 'sh', ...args]);
  }

  describe.each([
    { how: 'what only looks', target: undefined },
    { how: 'what changes a target', target: 'lxc/101' },
  ])('run $how', ({ target }) => {
    const run = (asked: Command, options: Parameters<Host['run']>[1] = {}) =>
      host.run(asked, { ...(target === undefined ? {} : { target }), ...options });

    test('gives the output and the exit code', async () => {
      const result = await run(script('echo out; echo err >&2; exit 7'));
      expect(result).toMatchObject({ exit: 7, ended: 'exited', stdout: 'out\n', stderr: 'err\n' });
      expect(result.ms).toBeGreaterThan(0);
    });

    test.each([0, 1, 44, 125, 255])('returns the program’s exit code %d', async (code) => {
      expect(await run(script('exit "$1"', String(code)))).toMatchObject({
        exit: code,
        ended: 'exited',
        stderr: '',
      });
    });

    test('preserves the output, with and without a final line break', async () => {
      expect(await run(script('printf "a\\n\\nb"; printf "c\\n\\n" >&2'))).toMatchObject({
        stdout: 'a\n\nb',
        stderr: 'c\n\n',
      });
      expect(await run(script('printf "äöü\\r\\n"; printf x >&2'))).toMatchObject({
        stdout: 'äöü\r\n',
        stderr: 'x',
      });
    });

    test('passes every argument unchanged', async () => {
      const args = [
        '',
        ' ',
        "it's",
        '"',
        '$HOME',
        '`id`',
        '$(id)',
        '*',
        '\\',
        '-n',
        '--',
        ';',
        '&&',
        'a\nb',
        'ü',
        '!',
        '~',
        '#',
        '\t',
      ];
      const { stdout } = await run(command('printf', ['%s|', ...args]));
      expect(stdout).toBe(args.map((arg) => `${arg}|`).join(''));
    });

    test('looks up programs in the given folder first, and reports a missing program', async () => {
      await writeFile(join(folder, 'bin', 'uname'), '#!/bin/sh\necho "mine: $1"\n');
      await chmod(join(folder, 'bin', 'uname'), 0o755);
      expect((await run(command('uname', ['-a']))).stdout).toBe('mine: -a\n');
      const missing = await run(command('no-such-program', ['x']));
      expect(missing).toMatchObject({ exit: null, ended: 'not found', stdout: '' });
      expect(missing.stderr).toContain('no-such-program: no such program');
      const nul = await run(command('echo', ['a\0b']));
      expect(nul).toMatchObject({ exit: null, ended: 'not found' });
    });

    test('passes nothing of the agent’s environment', async () => {
      process.env['PHOENIX_TEST_LEAK'] = 'leak';
      const { stdout } = await run(command('env'));
      delete process.env['PHOENIX_TEST_LEAK'];
      expect(stdout).toContain('LC_ALL=C.UTF-8');
      expect(stdout).not.toContain('leak');
    });

    test('passes content on standard input, which is empty otherwise', async () => {
      await mkdir(join(folder, 'etc/features/base'), { recursive: true });
      await writeFile(join(folder, 'etc/features/base/install.sh'), 'shipped');
      const parts: Content[] = [
        { from: 'text', text: 'texté ' },
        { from: 'blob', blob: 'any' },
        { from: 'shipped', path: 'etc/features/base/install.sh' },
      ];
      const stdin: Content = { from: 'joined', parts };
      const expected = Buffer.concat([Buffer.from('texté '), BLOB, Buffer.from('shipped')]);
      const digest = createHash('sha256').update(expected).digest('hex');
      expect((await run(command('sha256sum', [], { stdin }))).stdout).toBe(`${digest}  -\n`);
      expect((await run(command('wc', ['-c']))).stdout.trim()).toBe('0');
      const large: Content = { from: 'text', text: 'x'.repeat(3_000_000) };
      expect((await run(command('wc', ['-c'], { stdin: large }))).stdout.trim()).toBe('3000000');
      expect(await run(command('true', [], { stdin: large }))).toMatchObject({ exit: 0 });
      const outside = await run(command('cat', [], { stdin: { from: 'shipped', path: 'etc/features/../../x' } }));
      expect(outside).toMatchObject({ exit: null, ended: 'not found' });
    });

    test('passes a secret to the program without showing it anywhere', async () => {
      const stdin: Content = { from: 'secret', secret: { $secret: 'env:LAB_SECRET' } };
      const lines: string[] = [];
      const length = await run(command('wc', ['-c'], { stdin }));
      expect(length.stdout.trim()).toBe(String(SECRET.length));
      const echo = 'cat > "$0.in"; cat "$0.in"; cat "$0.in" >&2; base64 <"$0.in"; rm "$0.in"';
      const result = await run(command('sh', ['-c', echo, join(folder, 'echo')], { stdin }), {
        onOutput: (line) => lines.push(line),
      });
      expect(result.stdout).toContain('‹secret›');
      expect(result.stdout + result.stderr + lines.join()).not.toContain('s3cret');
      expect(result.stdout).not.toContain(Buffer.from(SECRET).toString('base64').slice(0, 20));
      const unset = await run(command('cat', [], { stdin: { from: 'secret', secret: { $secret: 'env:LAB_UNSET' } } }));
      expect(unset).toMatchObject({ exit: null, ended: 'not found' });
      expect(unset.stderr).toContain('put LAB_UNSET into the agent’s environment');
    });

    test('hands on lines as they arrive', async () => {
      const lines: string[] = [];
      await mkdir(join(folder, 'go'));
      const running = run(
        script('echo first; while [ -d "$1" ]; do sleep 0.01; done; printf last >&2', join(folder, 'go')),
        {
          onOutput: (line) => lines.push(line),
        },
      );
      await until(() => lines.length === 1, 'the first line');
      await rm(join(folder, 'go'), { recursive: true });
      await running;
      expect(lines).toEqual(['first', 'last']);
    });

    test('keeps the beginning and end of excessive output, and hands on a bounded part', LONG_TEST, async () => {
      let seen = 0;
      const result = await run(script('seq 1 200000 >&2'), { onOutput: (line) => (seen += line.length) });
      expect(result.stderr.length).toBeLessThan(300_000);
      expect(result.stderr.startsWith('1\n2\n3\n')).toBe(true);
      expect(result.stderr.endsWith('199999\n200000\n')).toBe(true);
      expect(result.stderr).toMatch(/… \d+ characters left out …/);
      expect(seen).toBeLessThan(300_000);
      const all = await run(command('seq', ['1', '200000']));
      expect(all.stdout.length).toBe(1_288_895);
    });

    test('reports that a signal ended the program', async () => {
      expect(await run(script('kill -KILL $$'))).toMatchObject({ exit: null, ended: 'killed' });
    });

    test('does not wait for processes that the program left running', async () => {
      const result = await run(script('sleep 60 & echo $!'));
      expect(result).toMatchObject({ exit: 0 });
      // It is still there, or this would fail.
      process.kill(Number(result.stdout), 'SIGKILL');
    });

    // The grandchild has no pipe open: only ending the whole tree reaches it.
    const family = `$2; ($2; while :; do sleep 0.05; done) >/dev/null 2>&1 & echo "$!" >"$1"; echo up; wait`;
    const stubborn = family.replaceAll('$2', 'trap "" TERM');
    const polite = family.replaceAll('$2', 'true');

    test('ends the whole process tree at the time limit', LONG_TEST, async () => {
      const pidFile = join(folder, 'pid');
      const result = await run({ ...script(stubborn, pidFile), timeoutSeconds: 2 });
      expect(result).toMatchObject({ exit: null, ended: 'timed out', stdout: 'up\n' });
      const pid = Number(await readFile(pidFile, 'utf8'));
      await until(() => !isAlive(pid), 'the grandchild to end');
    });

    test(
      'ends the whole process tree when aborted, and starts nothing after that',
      longUnless(target === undefined),
      async () => {
        const pidFile = join(folder, 'pid');
        const abort = new AbortController();
        const running = run(script(polite, pidFile), { signal: abort.signal, onOutput: () => abort.abort() });
        expect(await running).toMatchObject({ exit: null, ended: 'aborted' });
        const pid = Number(await readFile(pidFile, 'utf8'));
        await until(() => !isAlive(pid), 'the grandchild to end');
        await rm(pidFile);
        expect(await run(script(polite, pidFile), { signal: abort.signal })).toMatchObject({
          exit: null,
          ended: 'aborted',
        });
        await expect(readFile(pidFile)).rejects.toThrow('ENOENT');
      },
    );

    test('runs many programs concurrently', async () => {
      const results = await Promise.all(
        Array.from({ length: 16 }, (_, n) =>
          run(script('echo "$1"', String(n)), target === undefined ? {} : { target: `vm/${n}` }),
        ),
      );
      expect(results.map(({ stdout }) => stdout)).toEqual(results.map((_, n) => `${n}\n`));
    });
  });

  describe('commands that change a target', () => {
    const WAITS = 'echo up; while [ -e "$1" ]; do sleep 0.02; done; echo done';
    let held: string;
    beforeEach(async () => {
      held = join(folder, 'root/held');
      await writeFile(held, '');
    });

    /** Resolves once the command is running. */
    async function begin(target: string): Promise<{ readonly ended: ReturnType<Host['run']> }> {
      const up = Promise.withResolvers<void>();
      const ended = host.run(script(WAITS, held), { target, onOutput: () => up.resolve() });
      await up.promise;
      return { ended };
    }

    test('run one at a time per target; a command that would have to wait is not started', async () => {
      const first = await begin('lxc/101');
      const began = join(folder, 'root/began');
      const waits = Promise.withResolvers<void>();
      const second = host.run(script('echo >"$1"', began), { target: 'lxc/101', onWait: waits.resolve });
      await waits.promise;
      expect(await host.run(script('echo other'), { target: 'lxc/102' })).toMatchObject({ exit: 0, stdout: 'other\n' });
      await rm(held);
      expect(await second).toMatchObject({ exit: null, ended: 'not started' });
      expect(await first.ended).toMatchObject({ exit: 0, stdout: 'up\ndone\n' });
      await expect(readFile(began)).rejects.toThrow('ENOENT');
      expect(await host.run(script('echo again'), { target: 'lxc/101' })).toMatchObject({ exit: 0, stdout: 'again\n' });
    });

    test('are not started after waiting for the whole time limit of the command', async () => {
      const first = await begin('hypervisor/dns');
      const second = { ...script('true'), timeoutSeconds: 1 };
      expect(await host.run(second, { target: 'hypervisor/dns' })).toMatchObject({ exit: null, ended: 'not started' });
      await rm(held);
      expect(await first.ended).toMatchObject({ exit: 0 });
    });

    test('are waited for until none is left, whatever the name of the target', async () => {
      const target = 'stack/../../1002.it~s';
      await host.settle(target);
      const first = await begin(target);
      const waits = Promise.withResolvers<void>();
      let settled = false;
      const settling = host.settle(target, { onWait: waits.resolve }).then(() => {
        settled = true;
      });
      await waits.promise;
      await host.settle('lxc/102');
      expect(settled).toBe(false);
      await rm(held);
      await settling;
      expect(await first.ended).toMatchObject({ exit: 0 });
      expect((await readdir(join(folder, 'root/run/phoenix/commands'))).sort()).toEqual([
        'lxc%2f102',
        'stack%2f..%2f..%2f1002.it%7es',
      ]);
    });

    test('are never reported as none where they cannot be observed', async () => {
      await symlink(folder, join(folder, 'root/run'));
      await expect(host.settle('lxc/101')).rejects.toThrow(
        /cannot see what runs for lxc\/101: .*is no folder of its own/,
      );
      expect(await host.run(script('true'), { target: 'lxc/101' })).toMatchObject({ exit: 1, ended: 'exited' });
    });

    test('hold no lock through processes that they leave running', async () => {
      const { stdout } = await host.run(script('sleep 60 >/dev/null 2>&1 & echo $!'), { target: 'vm/101' });
      await host.settle('vm/101');
      process.kill(Number(stdout), 'SIGKILL');
    });

    test('wait for a Proxmox task that changes their guest, but not for a console', async () => {
      const task = (type: string, id: number) =>
        `$0 = "task UPID:pve:0001:0002:0003:${type}:${id}:root\\@pam:"; $| = 1; print "up\\n"; sleep 60`;
      const tasks = [spawn('perl', ['-e', task('vzstart', 990101)]), spawn('perl', ['-e', task('vncproxy', 990102)])];
      try {
        await Promise.all(tasks.map((each) => once(each.stdout, 'data')));
        await host.settle('lxc/990102');
        const waits = Promise.withResolvers<void>();
        const settling = host.settle('lxc/990101', { onWait: waits.resolve });
        await waits.promise;
        tasks[0]?.kill('SIGKILL');
        await settling;
      } finally {
        for (const each of tasks) each.kill('SIGKILL');
      }
    });
  });

  describe('files', () => {
    const text = (content: string): Content => ({ from: 'text', text: content });
    const digest = (content: string): string => createHash('sha256').update(content).digest('hex');

    test('are written atomically with their mode, with missing folders created, and read back', async () => {
      const write = { kind: 'file', path: '/etc/a b/it’s $x', content: text('ä\n'), mode: 0o640 } as const;
      expect(await host.readFile(write.path)).toBeUndefined();
      expect(await host.writeFile(write)).toBe(true);
      expect(await host.readFile(write.path)).toBe('ä\n');
      const { mode } = await stat(join(folder, 'root', write.path));
      expect(mode & 0o777).toBe(0o640);
      expect((await stat(join(folder, 'root/etc'))).mode & 0o777).toBe(0o755);
      expect(await host.writeFile({ ...write, content: { from: 'blob', blob: 'any' }, mode: 0o755 })).toBe(true);
      expect(new Uint8Array(await readFile(join(folder, 'root', write.path)))).toEqual(BLOB);
      expect([...(await host.readFolders(['/etc/a b'])).keys()]).toEqual([write.path]);
    });

    test('are written only when their content is the expected one', async () => {
      const write = { kind: 'file', path: '/f', content: text('new'), mode: 0o600 } as const;
      expect(await host.writeFile({ ...write, expects: digest('old') })).toBe(false);
      expect(await host.writeFile({ ...write, expects: 'absent' })).toBe(true);
      expect(await host.writeFile({ ...write, expects: 'absent', content: text('x') })).toBe(false);
      expect(await host.writeFile({ ...write, expects: digest('other'), content: text('x') })).toBe(false);
      expect(await host.readFile('/f')).toBe('new');
      expect(await host.writeFile({ ...write, expects: digest('new'), content: text('newer') })).toBe(true);
      expect([...(await host.readFolders(['/'])).entries()]).toEqual([['/f', 'newer']]);
    });

    test('are read from several folders at once: only regular files, directly in them', async () => {
      const root = join(folder, 'root');
      await mkdir(join(root, 'etc/lxc/sub'), { recursive: true });
      await mkdir(join(root, 'etc/real'));
      await symlink('real', join(root, 'etc/linked'));
      await symlink('101.conf', join(root, 'etc/lxc/link.conf'));
      const long = `${'n'.repeat(200)}.conf`;
      await writeFile(join(root, 'etc/lxc/101.conf'), 'arch: amd64\n');
      await writeFile(join(root, 'etc/lxc/.hidden'), '');
      await writeFile(join(root, 'etc/lxc', long), 'x'.repeat(5000));
      await writeFile(join(root, 'etc/lxc/sub/no.conf'), 'no');
      await writeFile(join(root, 'etc/real/r e\nal'), 'ü');
      const files = await host.readFolders(['/etc/lxc', '/etc/missing', '/etc/linked']);
      expect(new Map([...files].sort())).toEqual(
        new Map([
          ['/etc/linked/r e\nal', 'ü'],
          ['/etc/lxc/.hidden', ''],
          ['/etc/lxc/101.conf', 'arch: amd64\n'],
          [`/etc/lxc/${long}`, 'x'.repeat(5000)],
        ]),
      );
      expect(await host.readFolders([])).toEqual(new Map());
      expect(await host.readFolders(['/nowhere'])).toEqual(new Map());
    });

    test('get lines added while others edit them, each line once, also concurrently', async () => {
      const add = (lines: readonly string[]) =>
        host.addLines({ kind: 'lines', path: '/etc/shared', lines, absent: { lines: ['root:1:1'], mode: 0o640 } });
      await add(['root:2:1', 'root:3:1']);
      expect(await host.readFile('/etc/shared')).toBe('root:1:1\nroot:2:1\nroot:3:1\n');
      const place = join(folder, 'root/etc/shared');
      expect((await stat(place)).mode & 0o777).toBe(0o640);
      await writeFile(place, 'root:4:1\nann:5:1');
      await chmod(place, 0o604);
      const many = Array.from({ length: 16 }, (_, n) => `root:${100 + n}:1`);
      await Promise.all([...many, 'root:4:1', 'root:4:1'].map((line) => add([line])));
      const text = (await host.readFile('/etc/shared')) ?? '';
      expect(text.startsWith('root:4:1\nann:5:1\nroot:1')).toBe(true);
      expect(text.trimEnd().split('\n').slice(2).sort()).toEqual(many.sort());
      expect((await stat(place)).mode & 0o777).toBe(0o604);
      expect(await readdir(join(folder, 'root/etc'))).toEqual(['shared']);
    });

    test('folders are created once with their owner', async () => {
      const make = { kind: 'folder', path: '/srv/a/b', uid: null, gid: null } as const;
      await host.makeFolder(make);
      await chmod(join(folder, 'root/srv/a/b'), 0o700);
      await host.makeFolder(make);
      const made = await stat(join(folder, 'root/srv/a/b'));
      expect([made.isDirectory(), made.mode & 0o777]).toEqual([true, 0o700]);
      if (process.getuid?.() === 0) {
        await host.makeFolder({ ...make, uid: 100_000 });
        await host.makeFolder({ ...make, gid: 100_001 });
        const { uid, gid } = await stat(join(folder, 'root/srv/a/b'));
        expect([uid, gid]).toEqual([100_000, 100_001]);
      }
      await host.writeFile({ kind: 'file', path: '/srv/f', content: text(''), mode: 0o600 });
      await expect(host.makeFolder({ ...make, path: '/srv/f/below' })).rejects.toThrow();
    });

    test('are inspected by type and digest', async () => {
      await host.writeFile({ kind: 'file', path: '/srv/f', content: text('content'), mode: 0o640 });
      const files = await host.inspect(['/srv/f', '/srv', '/nowhere', '/srv/f/below']);
      expect([...files.keys()]).toEqual(['/srv/f', '/srv']);
      const { mtimeMs, uid, gid } = await stat(join(folder, 'root/srv/f'));
      const modified = Math.floor(mtimeMs / 1000);
      const file = { kind: 'file', mode: 0o640, uid, gid, size: 7, modified, digest: digest('content') };
      expect(files.get('/srv/f')).toEqual(file);
      expect(files.get('/srv')).toMatchObject({ kind: 'folder', mode: 0o755, digest: null });
      expect(await host.inspect([])).toEqual(new Map());
    });

    test('are put in place all together or not at all', async () => {
      await host.writeFile({ kind: 'file', path: '/work/key', content: text('key'), mode: 0o600 });
      await host.writeFile({ kind: 'file', path: '/srv/old', content: text('old'), mode: 0o600 });
      const { uid, gid } = await stat(join(folder, 'root/work/key'));
      const put = (from: string, to: string) => ({ from, to, owner: { uid, gid }, mode: 0o640 });
      await expect(
        host.placeFiles({ kind: 'place', files: [put('/work/key', '/srv/old'), put('/work/missing', '/srv/new')] }),
      ).rejects.toThrow();
      expect(await host.readFolders(['/srv'])).toEqual(new Map([['/srv/old', 'old']]));
      await host.placeFiles({ kind: 'place', files: [put('/work/key', '/srv/old'), put('/work/key', '/new/it’s')] });
      expect(await host.readFolders(['/srv', '/new', '/work'])).toEqual(
        new Map([
          ['/srv/old', 'key'],
          ['/new/it’s', 'key'],
          ['/work/key', 'key'],
        ]),
      );
      expect((await stat(join(folder, 'root/new/it’s'))).mode & 0o777).toBe(0o640);
    });

    test('are removed whether they exist or not; folders stay', async () => {
      await host.writeFile({ kind: 'file', path: '/srv/f', content: text(''), mode: 0o600 });
      await symlink('f', join(folder, 'root/srv/link'));
      await host.removeFiles({ kind: 'remove', paths: ['/srv/link', '/nowhere/x', '/srv/f', '/srv/f'] });
      expect(await readdir(join(folder, 'root/srv'))).toEqual([]);
      await expect(host.removeFiles({ kind: 'remove', paths: ['/srv'] })).rejects.toThrow();
    });

    test('with private keys show their public half only', async () => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      await host.writeFile({ kind: 'file', path: '/srv/key', content: text(pem), mode: 0o600 });
      expect(await host.publicKey('/srv/key')).toBe(
        publicKey.export({ type: 'spki', format: 'pem' }).toString().trim(),
      );
      await host.writeFile({ kind: 'file', path: '/srv/none', content: text('none'), mode: 0o600 });
      expect([await host.publicKey('/srv/none'), await host.publicKey('/srv/missing')]).toEqual([null, null]);
    });

    test('no path leads outside of the node', async () => {
      for (const path of ['/../x', 'etc/x', '/a/../../x', '/a\0b']) {
        await expect(host.readFile(path)).rejects.toThrow('must be an absolute path');
        await expect(host.readFolders([path])).rejects.toThrow('must be an absolute path');
        await expect(host.writeFile({ kind: 'file', path, content: text(''), mode: 0o600 })).rejects.toThrow(
          'absolute',
        );
      }
    });
  });

  describe('request', () => {
    let service: TestService;
    let authority: TestAuthority;

    beforeAll(async () => {
      authority = await testAuthority();
      service = await openService(await authority.issue(['portainer.example.internal', '127.0.0.1']));
    });
    beforeEach(async () => {
      service.received.length = 0;
      await mkdir(join(folder, 'root/etc'), { recursive: true });
      await writeFile(join(folder, 'root/etc/root.crt'), authority.root);
    });
    afterAll(() => service.close());

    function get(path: string, more: Partial<HttpRequest> = {}): HttpRequest {
      const url = `https://portainer.example.internal:${service.port}${path}`;
      const trust = { file: '/etc/root.crt' };
      return { kind: 'http', method: 'GET', url, address: '127.0.0.1', trust, timeoutSeconds: 10, ...more };
    }

    test('connects to an address, and checks the certificate for the name of the service', async () => {
      const answer = await host.request(get('/status?x=1'));
      expect(answer).toMatchObject({ status: 200, ended: 'answered', message: '' });
      expect(JSON.parse(answer.body)).toEqual({ ok: true });
      expect(answer.headers['content-type']).toBe('application/json');
      expect(answer.certificate).toContain('BEGIN CERTIFICATE');
      const [{ headers = {}, url } = {}] = service.received;
      expect(url).toBe('/status?x=1');
      expect(headers['host']).toBe(`portainer.example.internal:${service.port}`);
      for (const name of ['cookie', 'origin', 'referer']) expect(headers).not.toHaveProperty(name);
    });

    test('refuses a certificate of another authority or for another name', async () => {
      await writeFile(join(folder, 'root/etc/other.crt'), (await testAuthority('Other Root')).root);
      const other = await host.request(get('/', { trust: { file: '/etc/other.crt' } }));
      expect(other).toMatchObject({ status: null, ended: 'untrusted' });
      const url = `https://elsewhere.example.internal:${service.port}/`;
      expect(await host.request(get('/', { url }))).toMatchObject({ status: null, ended: 'untrusted' });
      expect(service.received).toEqual([]);
      expect(await host.request(get('/', { url, trust: 'none' }))).toMatchObject({ status: 200 });
    });

    test('trusts an authority of the operator besides that of the request, only while it is configured', async () => {
      await writeFile(join(folder, 'root/etc/other.crt'), (await testAuthority('Other Root')).root);
      const requests = [get('/', { trust: { file: '/etc/other.crt' } }), get('/', { trust: 'system' })];
      for (const request of requests) {
        const refused = await host.request(request);
        expect(refused).toMatchObject({ status: null, ended: 'untrusted' });
        expect(refused.message).toContain('set PHOENIX_CA_FILE');
      }
      try {
        expect(trustAuthorities([{ pem: authority.root, line: 1 }])).toBeNull();
        for (const request of requests) expect(await host.request(request)).toMatchObject({ status: 200 });
      } finally {
        trustAuthorities([]);
      }
      for (const request of requests) expect(await host.request(request)).toMatchObject({ ended: 'untrusted' });
    });

    test('reports a missing file of the trusted certificate', async () => {
      const answer = await host.request(get('/', { trust: { file: '/etc/none.crt' } }));
      expect(answer).toMatchObject({ status: null, ended: 'lost' });
      expect(answer.message).toContain('/etc/none.crt');
    });

    test('sends JSON with secrets filled in, forms, text and headers', async () => {
      const secret = { $secret: 'env:LAB_SECRET' };
      await host.request(get('/json', { method: 'POST', body: { json: { Env: [{ name: 'A', value: secret }] } } }));
      await host.request(get('/form', { method: 'POST', body: { form: { Name: 'docker host', TLS: 'true' } } }));
      const text: Content = { from: 'secret', secret };
      await host.request(get('/text', { method: 'PUT', body: { text }, headers: { 'X-API-KEY': text } }));
      const [json, form, plain] = service.received;
      expect(JSON.parse(json?.body ?? '')).toEqual({ Env: [{ name: 'A', value: SECRET }] });
      expect(form?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
      expect(form?.body).toMatch(/name="Name"\r\n\r\ndocker host\r\n/);
      expect(plain).toMatchObject({ method: 'PUT', body: SECRET });
      expect(plain?.headers['x-api-key']).toBe(SECRET);
    });

    test('hides secrets in the response, and stores the requested one', async () => {
      const body = {
        text: { from: 'text', text: '{"keys":[{"rawAPIKey":"ptr_abcdef"}],"seen":"ptr_abcdef"}' },
      } as const;
      const keep = { pointer: '/keys/0/rawAPIKey', path: '/var/lib/phoenix/portainer/token' };
      const answer = await host.request(get('/echo', { method: 'POST', body, keep }));
      expect(answer.body).toBe('{"keys":[{"rawAPIKey":"‹secret›"}],"seen":"‹secret›"}');
      expect(await readFile(join(folder, 'root', keep.path), 'utf8')).toBe('ptr_abcdef\n');
      expect((await stat(join(folder, 'root', keep.path))).mode & 0o777).toBe(0o600);
      const used: Content = { from: 'kept', path: keep.path };
      await host.request(get('/', { headers: { 'x-api-key': used } }));
      expect(service.received.at(-1)?.headers['x-api-key']).toBe('ptr_abcdef');
    });

    test('reads a secret file only inside the allowed folders, not through links', async () => {
      const place = (path: string) => join(folder, 'root', path);
      await mkdir(place('secrets/below'), { recursive: true });
      await writeFile(place('shadow'), 'root:$6$x\n');
      await writeFile(place('secrets/below/real'), 'inside\n');
      await symlink('below/real', place('secrets/inside'));
      await symlink(place('shadow'), place('secrets/outside'));
      await symlink('../..', place('secrets/below/up'));
      await link(place('secrets/below/real'), place('other'));
      const bodyOf = async (path: string) => {
        const text: Content = { from: 'secret', secret: { $secret: `file:${path}` } };
        return host.request(get('/echo', { method: 'POST', body: { text } }));
      };
      for (const path of ['/secrets/below/real', '/secrets/inside', '/secrets/below/up/secrets/inside']) {
        await bodyOf(path);
        expect(service.received.at(-1)?.body).toBe('inside');
      }
      const before = service.received.length;
      for (const path of [
        '/secrets/outside',
        '/secrets/below/up/shadow',
        '/secrets/below',
        '/other',
        '/secrets/../shadow',
      ]) {
        const { message } = await bodyOf(path);
        expect(message).toMatch(/is not allowed/);
      }
      expect((await bodyOf('/secrets/none')).message).toContain('put the file onto the node');
      expect(service.received).toHaveLength(before);
    });

    test('tells by a keyed digest whether a secret has changed', async () => {
      const place = join(folder, 'root/secrets/a');
      await mkdir(dirname(place), { recursive: true });
      const digestOf = async (keep: boolean) => {
        const found = await host.secretDigests([{ $secret: 'file:/secrets/a' }], { keep });
        return found.get('file:/secrets/a');
      };
      await writeFile(place, 'one\n');
      await digestOf(false);
      const key = join(folder, 'root/var/lib/phoenix/secret-digests.key');
      await expect(stat(key)).rejects.toThrow('ENOENT');
      const first = await digestOf(true);
      expect(first).toMatch(/^[0-9a-f]{32}$/);
      expect((await stat(key)).mode & 0o777).toBe(0o600);
      expect(createHash('sha256').update('one').digest('hex')).not.toContain(first);
      await writeFile(place, 'two\n');
      expect(await digestOf(true)).not.toBe(first);
      await writeFile(place, 'one\n');
      expect(await digestOf(false)).toBe(first);
      await writeFile(key, `${'0'.repeat(64)}\n`);
      expect(await digestOf(true)).not.toBe(first);
    });

    test('follows no redirect', async () => {
      expect(await host.request(get('/redirect'))).toMatchObject({ status: 303, headers: { location: '/status' } });
      expect(service.received).toHaveLength(1);
    });

    test('reports within the time limit that nobody answers, and that it was aborted', async () => {
      const unused = await openService(await authority.issue(['127.0.0.1']));
      await unused.close();
      const url = `http://127.0.0.1:${unused.port}/`;
      expect(await host.request(get('/', { url }))).toMatchObject({ status: null, ended: 'refused' });
      expect(await host.request(get('/silence', { timeoutSeconds: 1 }))).toMatchObject({
        status: null,
        ended: 'timed out',
        message: 'no answer within 1 s',
      });
      const stop = new AbortController();
      const asked = host.request(get('/silence'), { signal: stop.signal });
      await until(() => service.received.some(({ url: path }) => path === '/silence'));
      stop.abort();
      expect(await asked).toMatchObject({ status: null, ended: 'aborted' });
    });

    test('transfers large bodies in both directions', async () => {
      const text = 'x'.repeat(3_000_000);
      const answer = await host.request(get('/echo', { method: 'POST', body: { text: { from: 'text', text } } }));
      expect(answer.body.length).toBe(text.length);
    });
  });
}

/** Whether the process exists and is not a zombie. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
