// The command line as a program: help with an example for each command, shell completion, and exit code 2 with the name of the mistake for wrong
// use.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LONG_TEST } from '../support/long.ts';
import { releaseMain } from '../support/release.ts';
import { until } from '../support/until.ts';
import { phoenix, phoenixProcess, start } from './phoenix.ts';

const MAIN = releaseMain();
const COMMANDS = [
  'validate',
  'plan',
  'rehearse',
  'schema',
  'explain',
  'demo',
  'lab',
  'doctor',
  'serve',
  'replay',
  'status',
  'runs',
  'logs',
  'approve',
  'freeze',
  'unfreeze',
  'setup',
  'create',
  'converge',
  'delete',
  'start',
  'stop',
  'restart',
  'sync',
  'health-check',
  'letsgo',
];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-main-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('help', () => {
  test('names every command', async () => {
    const { exit, stdout } = await phoenix(['--help']);
    expect(exit).toBe(0);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command}[ |]`, 'm'));
  });

  test.each(COMMANDS)('of %s has an example', async (command) => {
    const { exit, stdout } = await phoenix([command, '--help']);
    expect(exit).toBe(0);
    expect(stdout).toContain(`Example:\n  phoenix ${command}`);
  });

  test('the version is that of the package', async () => {
    expect((await phoenix(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('misuse', () => {
  test.each([
    [['frobnicate'], "unknown command 'frobnicate'\n  phoenix --help lists the commands\n"],
    [['valdate'], 'Did you mean validate?'],
    [['plan', '.', '--from', 'main'], 'name --from and --to, or --host alone\n  phoenix plan --help'],
    [['plan', '.', '--host', 'pve'], '"pve" is not a host\n  Name the host as local, or as ssh://root@pve.\n'],
    [['plan', '.', '--host', 'ssh://'], 'Name the host as local, or as ssh://root@pve.example.internal.\n'],
  ])('%j ends with 2, says what is wrong, and what to do', async (args, said) => {
    const { exit, stdout, stderr } = await phoenix(args);
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).toContain(said);
  });

  test('a file that cannot be used is named with what to do, not with the code of the system', async () => {
    const nowhere = join(folder, 'nowhere');
    const answers = [
      '--repo-url',
      'https://git.example.internal/a/b.git',
      '--forge',
      'gitea',
      '--public-url',
      'http://a.b',
    ];
    const setUp = (token: string) =>
      phoenix(['--env-file', join(folder, 'env'), 'setup-agent', ...answers, '--forge-token-file', token]);
    expect(await setUp(nowhere)).toMatchObject({
      exit: 2,
      stderr: `phoenix: ${nowhere} is not there\n  see to the path, and to the folder that the command is called in\n`,
    });
    expect(await setUp(folder)).toMatchObject({
      exit: 2,
      stderr: `phoenix: what was named is a folder, where a file is needed\n  name the file\n`,
    });
  });

  test('a wrong setting is not used as the name of a host', async () => {
    const { exit, stderr } = await phoenix(['plan', '.', '--host', 'local'], { PHOENIX_LISTEN: 'everywhere' });
    expect([exit, stderr]).toEqual([2, expect.stringContaining('PHOENIX_LISTEN')]);
    expect(stderr).not.toContain('Name the host');
  });
});

describe('shell completion', () => {
  const completed = (...words: string[]) => phoenixProcess(['complete', '--', ...words]);

  test('of a command', async () => {
    expect(await completed('st')).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^start\t.*\nstatus|^status\t.*\nstart/),
    });
  });

  test.each([
    [['explain', 'duplicate_ip'.toUpperCase()], /^DUPLICATE_IP\t\n/],
    [['schema', ''], /^phoenix_lxc_configs\t$/m],
    [['replay', '--d'], /^--dry-run\t/],
  ])('of an argument: %j', LONG_TEST, async (words, answer) => {
    expect(await completed(...words)).toMatchObject({ exit: 0, stdout: expect.stringMatching(answer) });
  });

  test('is a script that bash can read', async () => {
    const { exit, stdout } = await phoenixProcess(['complete', 'bash']);
    expect(exit).toBe(0);
    expect(spawnSync('bash', ['-n'], { input: stdout, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  test('is refused for a shell that it does not know', async () => {
    const { exit, stderr } = await phoenixProcess(['complete', 'csh']);
    expect(stderr).toContain('bash, zsh, fish');
    expect(exit).toBe(2);
  });
});

describe('wrong use exits with 2 and names the mistake', () => {
  test.each([
    [[], /Usage: phoenix/],
    [['statsu'], /Did you mean status/],
    [['help', 'statsu', 'x'], /unknown command 'statsu'[\s\S]*Did you mean status/],
    [['replay'], /missing required argument 'commit'/],
    [['runs', '--limit', 'many'], /--limit/],
    [['runs', '--limit', '501'], /from 1 to 500/],
    [['freeze'], /missing required argument 'reason'/],
    [['status', '--nonsense'], /--nonsense/],
    [['approve', '12'], /target/],
    [['serve', '--roles', 'receive,cook'], /cook is no role/],
    [['serve', '--roles', ','], /no role/],
  ])('phoenix %j', LONG_TEST, async (args, message) => {
    const { exit, stdout, stderr } = await phoenix(args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(exit).toBe(2);
  });

  test('an invalid address of an agent', async () => {
    const { exit, stderr } = await phoenix(['runs'], { PHOENIX_URL: 'localhost:8080' });
    expect(stderr).toContain('PHOENIX_URL');
    expect(exit).toBe(2);
  });
});

test('without an agent it exits with 3 and says how to start one', async () => {
  const { exit, stdout, stderr } = await phoenix(['status', '--json'], { PHOENIX_URL: 'http://127.0.0.1:9' });
  expect(stderr).toMatch(/no agent answers at http:\/\/127\.0\.0\.1:9.*\n.*phoenix serve/);
  expect(stdout).toBe('');
  expect(exit).toBe(3);
});

describe('output', () => {
  test('is complete where a pipe takes less than all at once', async () => {
    const { exit, stdout } = await phoenixProcess(['schema', 'phoenix_datacenter_config']);
    expect(exit).toBe(0);
    expect(Buffer.byteLength(stdout)).toBeGreaterThan(128 * 1024);
    expect(JSON.parse(stdout)).toHaveProperty('$schema');
  });

  test.skipIf(!existsSync('/dev/full'))('that a full disk does not take ends with 3', () => {
    const full = openSync('/dev/full', 'w');
    const ended = spawnSync(process.execPath, [MAIN, 'schema', 'phoenix_vm_configs'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    expect([ended.status, ended.stderr]).toEqual([3, expect.stringMatching(/cannot be written: ENOSPC.*\n {2}see to/)]);
  });

  test.skipIf(!existsSync('/dev/full'))('has no part in how a command ends where only its errors are lost', () => {
    const full = openSync('/dev/full', 'w');
    const { status } = spawnSync(process.execPath, [MAIN, 'statsu'], { stdio: ['ignore', 'pipe', full] });
    closeSync(full);
    expect(status).toBe(2);
  });
});

describe('an environment file', () => {
  test('gives variables, and the environment itself goes first', async () => {
    const file = join(folder, 'phoenix.env');
    await writeFile(file, 'PHOENIX_URL="http://127.0.0.1:9"\n# a remark\n');
    expect((await phoenix(['runs', '--env-file', file])).stderr).toContain('http://127.0.0.1:9');
    const overridden = await phoenix(['--env-file', file, 'runs'], { PHOENIX_URL: 'http://127.0.0.1:11' });
    expect(overridden.stderr).toContain('http://127.0.0.1:11');
  });

  test('that is not there is named by the program itself, not by Node, also where it is started by its own name', async () => {
    const missing = join(folder, 'none.env');
    const [, program = '', words = ''] = /^#!(\S+) (.*)$/m.exec(readFileSync(MAIN, 'utf8')) ?? [];
    const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
    const args = [...words.split(' '), MAIN, `--env-file=${missing}`, 'runs'];
    expect(spawnSync(program, args, { env, encoding: 'utf8' })).toMatchObject({
      status: 2,
      stderr: `phoenix: the environment file ${missing} is not there\n  see to the path that --env-file names, and who may read it\n`,
    });
  });

  test('of an installation has its secrets in files beside it, unless it says otherwise', async () => {
    const file = join(folder, 'env');
    await writeFile(file, 'PHOENIX_REPO_URL=https://git.invalid/infra.git\nPHOENIX_FORGE=github\n');
    await writeFile(join(folder, 'webhook-secret'), 'a-secret-of-good-length\n');
    await writeFile(join(folder, 'forge-token'), '');
    const failures = async () => (await phoenix(['doctor', '--env-file', file])).stdout.match(/^failed .*/gm);
    const noToken = expect.stringContaining('there is no PHOENIX_FORGE_TOKEN');
    const isEmpty = `failed  settings: PHOENIX_FORGE_TOKEN_FILE: ${join(folder, 'forge-token')} is empty`;
    expect(await failures()).toEqual([isEmpty, noToken]);
    // An empty variable counts as unset, as for the service.
    await writeFile(file, `${readFileSync(file, 'utf8')}PHOENIX_FORGE_TOKEN=\n`);
    expect(await failures()).toEqual([isEmpty, noToken]);
    await writeFile(file, `${readFileSync(file, 'utf8')}PHOENIX_FORGE_TOKEN_FILE=\n`);
    expect(await failures()).toEqual([noToken]);
  });
});

test('a surprise is one clear line; with --debug its stack too', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  const environment = {
    PHOENIX_REPO_URL: 'https://git.example.internal/team/environment.git',
    PHOENIX_WEBHOOK_SECRET: 'a-secret-of-good-length',
    PHOENIX_DATA_DIR: join(file, 'below'),
  };
  const { exit, stderr } = await phoenix(['serve'], environment);
  expect(stderr).toBe(
    `phoenix: ${environment.PHOENIX_DATA_DIR} leads through something that is no folder\n  see to the path\n`,
  );
  // Not 2, after which systemd does not start it again: the disk may only be mounted later.
  expect(exit).toBe(3);
  expect((await phoenix(['serve', '--debug'], environment)).stderr).toMatch(/\n {4}at /);
});

test('a folder that cannot be looked at is not told as missing', async () => {
  await symlink('loop', join(folder, 'loop'));
  const { exit, stderr } = await phoenix(['validate', join(folder, 'loop')], {});
  const told = `phoenix: ${join(folder, 'loop')} leads through a link that leads back to itself\n  see to the path\n`;
  expect({ exit, stderr }).toEqual({ exit: 2, stderr: told });
});

test('phoenix lab ages no certificate that is not there', LONG_TEST, async () => {
  const { exit, stderr } = await phoenixProcess(['lab', join(folder, 'host'), '--age', '/tank/web.crt', '--', 'true']);
  expect({ exit, stderr }).toEqual({ exit: 2, stderr: 'phoenix lab: there is no file /tank/web.crt\n' });
});

test('phoenix lab says of a guest that is not there when its state counts', LONG_TEST, async () => {
  const { exit, stderr } = await phoenixProcess(['lab', join(folder, 'host'), '--running', '101', '--', 'true']);
  const said = 'phoenix lab: there is no guest 101 yet: it is running once its configuration is put there\n';
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: said });
});

test('phoenix lab passes a signal on to the command and ends as it does', LONG_TEST, async () => {
  const command = 'trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done';
  const { child, ended, output } = start(['lab', join(folder, 'host'), '--', 'sh', '-c', command], {});
  await until(() => output.stdout.includes('ready'));
  child.kill('SIGTERM');
  expect((await ended).exit).toBe(9);
});

// A real terminal, by util-linux's `script`, since only the process itself can detect it.
test('at a terminal a person is asked, and Ctrl-C at a question writes nothing', async () => {
  const place = join(folder, 'asked');
  const command = `'${process.execPath}' -- '${MAIN}' init '${place}'`;
  const terminal = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null']);
  const shown: string[] = [];
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => shown.push(text));
  const ended = once(terminal, 'exit');
  await until(() => shown.join('').includes('Domain that the names of guests end in'), 'the question');
  terminal.stdin.write('\x03');
  expect((await ended)[0]).toBe(130);
  expect(existsSync(place)).toBe(false);
});
