// The package of a release, as npm installs it: below node_modules, where Node takes no TypeScript. It does not contain the lab: the agent and
// validation work without it, and commands that need it say how to get it.

import { execFile, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { phoenix as phoenixOfCheckout } from '../cli/phoenix.ts';
import { LONG_TEST } from '../support/long.ts';
import { releaseFolder } from '../support/release.ts';

const TOP = fileURLToPath(new URL('../..', import.meta.url));

let folder: string;
let product: string;
let repository: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'phoenix-installed-'));
  product = join(folder, 'node_modules/phoenix-hypervisor');
  cpSync(releaseFolder(), product, { recursive: true });
  mkdirSync(join(folder, 'node_modules/.bin'));
  symlinkSync('../phoenix-hypervisor/dist/main.js', join(folder, 'node_modules/.bin/phoenix'));
  repository = join(folder, 'environment');
  cpSync(join(TOP, 'etc'), join(repository, 'etc'), { recursive: true });
  cpSync(join(TOP, 'stacks'), join(repository, 'stacks'), { recursive: true });
  const identity = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.internal'];
  for (const args of [
    ['init', '--quiet'],
    ['add', '--all'],
    [...identity, 'commit', '--quiet', '--message', 'All'],
  ]) {
    expect(spawnSync('git', args, { cwd: repository, encoding: 'utf8' })).toMatchObject({ status: 0 });
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const around = () => ({
  PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
  HOME: folder,
  // As the service of an installation has it.
  NODE_COMPILE_CACHE: join(folder, 'node_modules/.cache/phoenix'),
});

/** The command that npm links, in the repository. */
function phoenix(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const program = join(folder, 'node_modules/.bin/phoenix');
  const options = { cwd: repository, env: { ...around(), ...env } };
  return new Promise((resolve) => {
    const child = execFile(program, args, options, (_error, stdout, stderr) =>
      resolve({ status: child.exitCode, stdout, stderr }),
    );
  });
}

test('it needs no further package, and names the license of each that it contains', () => {
  const manifest = JSON.parse(readFileSync(join(product, 'package.json'), 'utf8'));
  expect(Object.keys(manifest).filter((key) => /dependencies|scripts/i.test(key))).toEqual([]);
  const licenses = readFileSync(join(product, 'LICENSES'), 'utf8');
  for (const name of ['express', 'bullmq', '@bull-board/ui', 'isomorphic-git', 'zod'])
    expect(licenses).toMatch(new RegExp(`^${name} \\d`, 'm'));
});

test('its compiled check of compose files says what a checkout says', async () => {
  const path = join(repository, 'stacks/website/docker-compose.yml');
  const right = readFileSync(path, 'utf8');
  const broken =
    'services: { website: { image: nginx, restrat: always }, other: { image: nginx, ports: 1 } }\nvolumes: { a: { driver: [] } }\n';
  writeFileSync(path, broken);
  const [released, checkout] = await Promise.all([
    phoenix(['validate', '--json']),
    phoenixOfCheckout(['validate', repository, '--json']),
  ]);
  writeFileSync(path, right);
  expect(JSON.parse(released.stdout).problems).toEqual(JSON.parse(checkout.stdout).problems);
  const found = JSON.parse(released.stdout).problems.map(({ code }: { code: string }) => code);
  expect(found).toEqual(expect.arrayContaining(['UNKNOWN_KEY', 'INVALID_VALUE']));
});

describe('without the lab', () => {
  test('--help shows every command', async () => {
    const { status, stdout } = await phoenix(['--help']);
    expect(status).toBe(0);
    for (const name of ['validate', 'plan', 'rehearse', 'demo', 'lab', 'serve']) expect(stdout).toContain(`  ${name} `);
    expect(await phoenix(['rehearse', '--help'])).toMatchObject({ status: 0, stderr: '' });
  });

  test('validate and plan do all that they do', async () => {
    const [checked, planned] = await Promise.all([
      phoenix(['validate', '--json']),
      phoenix(['plan', '--from', 'none', '--to', 'HEAD', '--json']),
    ]);
    expect(checked.stderr).toBe('');
    expect(JSON.parse(checked.stdout)).toMatchObject({ ok: true, counts: { error: 0 } });
    expect(planned.stderr).toBe('');
    expect(JSON.parse(planned.stdout)).toMatchObject({ ok: true, summary: { create: expect.any(Number) } });
  });

  test.each(['rehearse', 'demo --once', 'lab here -- pct list'])(
    '%s says what is missing and how to get it',
    async (line) => {
      const [command = ''] = line.split(' ');
      const { status, stdout, stderr } = await phoenix(line.split(' '));
      expect([status, stdout]).toEqual([3, '']);
      expect(stderr).toBe(
        `phoenix: ${command} needs the lab, a simulated Proxmox node, which an installed Phoenix does not hold\n` +
          `  run it in a clone of Phoenix's repository: npm ci && npm run -s phoenix -- ${command}\n`,
      );
      expect(existsSync(join(repository, 'here'))).toBe(false);
    },
  );

  async function refusedBy(setting: string, host: Readonly<Record<string, string>>): Promise<void> {
    const env = {
      PHOENIX_REPO_URL: 'http://127.0.0.1:9/nobody/environment.git',
      PHOENIX_FORGE: 'none',
      PHOENIX_WEBHOOK_SECRET: 'a secret that nobody else knows',
      PHOENIX_DATA_DIR: join(folder, 'data'),
      PHOENIX_LISTEN: '127.0.0.1:0',
      ...host,
    };
    const { status, stderr } = await phoenix(['serve'], env);
    expect(stderr).toContain(`phoenix: ${setting} needs the lab, `);
    expect(stderr).not.toContain('ERR_MODULE_NOT_FOUND');
    expect(status).toBe(3);
  }

  test('an agent that is told to work on a lab by PHOENIX_HOST=lab says so, and ends', () =>
    refusedBy('PHOENIX_HOST=lab', { PHOENIX_HOST: 'lab' }));

  test('an agent that is told to work on a lab by PHOENIX_LAB says so, and ends', LONG_TEST, () =>
    refusedBy('PHOENIX_LAB', { PHOENIX_LAB: '/nowhere' }),
  );

  test('a clone that was not set up says how to do it', async () => {
    cpSync(join(TOP, 'lab/package.json'), join(product, 'lab/package.json'));
    const { status, stderr } = await phoenix(['rehearse']);
    rmSync(join(product, 'lab'), { recursive: true });
    expect(status).toBe(3);
    expect(stderr).toBe(
      `phoenix: rehearse needs the lab, which is not linked in this clone yet\n  run \`npm ci\` in ${product}\n`,
    );
  });
});
