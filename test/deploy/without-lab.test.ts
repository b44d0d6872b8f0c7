// What is installed leaves the lab out: the agent and the checks do without it, and what needs it says how to get it.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { linkInstalledPackages } from '../support/installed-packages.ts';

const TOP = fileURLToPath(new URL('../..', import.meta.url));

let folder: string;
let product: string;
let repository: string;

/** As package.json packs it, which install.sh and the image do too. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'phoenix-installed-'));
  product = join(folder, 'phoenix');
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
  for (const part of ['package.json', ...manifest.files])
    cpSync(join(TOP, part), join(product, part), { recursive: true });
  linkInstalledPackages(join(product, 'node_modules'));
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

function phoenix(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const own = { PATH: process.env['PATH'] ?? '', HOME: folder, ...env };
  const options = { cwd: repository, env: own, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(product, 'src/main.ts'), ...args], options);
  return { status, stdout, stderr };
}

test('the lab is not there', () => {
  expect(existsSync(join(product, 'lab'))).toBe(false);
  expect(existsSync(join(product, 'node_modules/phoenix-lab'))).toBe(false);
});

describe('without the lab', () => {
  test('--help shows every command', () => {
    const { status, stdout } = phoenix(['--help']);
    expect(status).toBe(0);
    for (const name of ['validate', 'plan', 'rehearse', 'demo', 'lab', 'serve']) expect(stdout).toContain(`  ${name} `);
    expect(phoenix(['rehearse', '--help'])).toMatchObject({ status: 0, stderr: '' });
  });

  test('validate and plan do all that they do', () => {
    const checked = phoenix(['validate', '--json']);
    expect(checked.stderr).toBe('');
    expect(JSON.parse(checked.stdout)).toMatchObject({ ok: true, counts: { error: 0 } });
    const planned = phoenix(['plan', '--from', 'none', '--to', 'HEAD', '--json']);
    expect(planned.stderr).toBe('');
    expect(JSON.parse(planned.stdout)).toMatchObject({ ok: true, summary: { create: expect.any(Number) } });
  });

  test.each(['rehearse', 'demo --once', 'lab here -- pct list'])(
    '%s says what is missing and how to get it',
    (line) => {
      const [command = ''] = line.split(' ');
      const { status, stdout, stderr } = phoenix(line.split(' '));
      expect([status, stdout]).toEqual([3, '']);
      expect(stderr).toBe(
        `phoenix: ${command} needs the lab, a simulated Proxmox node, which an installed Phoenix does not hold\n` +
          `  run it in a clone of Phoenix's repository: npm ci && npm run -s phoenix -- ${command}\n`,
      );
      expect(existsSync(join(repository, 'here'))).toBe(false);
    },
  );

  test.each([
    ['PHOENIX_HOST=lab', { PHOENIX_HOST: 'lab' }],
    ['PHOENIX_LAB', { PHOENIX_LAB: '/nowhere' }],
  ])('an agent that is told to work on a lab by %s says so, and ends', (setting, host) => {
    const env = {
      PHOENIX_REPO_URL: 'http://127.0.0.1:9/nobody/environment.git',
      PHOENIX_FORGE: 'none',
      PHOENIX_WEBHOOK_SECRET: 'a secret that nobody else knows',
      PHOENIX_DATA_DIR: join(folder, 'data'),
      PHOENIX_LISTEN: '127.0.0.1:0',
      ...host,
    };
    const { status, stderr } = phoenix(['serve'], env);
    expect(stderr).toContain(`phoenix: ${setting} needs the lab, `);
    expect(stderr).not.toContain('ERR_MODULE_NOT_FOUND');
    expect(status).toBe(3);
  });

  test('a clone that was not set up is told to', () => {
    cpSync(join(TOP, 'lab/package.json'), join(product, 'lab/package.json'));
    const { status, stderr } = phoenix(['rehearse']);
    rmSync(join(product, 'lab'), { recursive: true });
    expect(status).toBe(3);
    expect(stderr).toBe(
      `phoenix: rehearse needs the lab, which is not linked in this clone yet\n  run \`npm ci\` in ${product}/\n`,
    );
  });
});
