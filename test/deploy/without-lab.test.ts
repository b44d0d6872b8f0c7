// An installation does not contain the lab: the agent and validation work without it, and commands that need it say how to get it.

import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { linkInstalledPackages } from '../support/installed-packages.ts';

const TOP = fileURLToPath(new URL('../..', import.meta.url));

let folder: string;
let product: string;
let repository: string;
let asked: ChildProcess;

/** Runs several command lines in one process, so that the installed modules are loaded and stripped of types once. */
const ASKED = `import { run } from './phoenix/src/cli/program.ts';
process.on('message', async ({ args, env }) => {
  let [stdout, stderr] = ['', ''];
  const status = await run(args, { env, stdout: (text) => (stdout += text), stderr: (text) => (stderr += text) });
  process.send({ status, stdout, stderr });
});
`;

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
  writeFileSync(join(folder, 'asked.ts'), ASKED);
  asked = fork(join(folder, 'asked.ts'), { cwd: repository, env: around(), execArgv: [] });
});
afterAll(async () => {
  const ended = once(asked, 'exit');
  asked.disconnect();
  await ended;
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const around = () => ({ PATH: process.env['PATH'] ?? '', HOME: folder });

async function phoenix(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const answer = once(asked, 'message');
  asked.send({ args, env: { ...around(), ...env } });
  const [ended] = await answer;
  return ended as Ended;
}

test('the lab is not there', () => {
  expect(existsSync(join(product, 'lab'))).toBe(false);
  expect(existsSync(join(product, 'node_modules/phoenix-lab'))).toBe(false);
});

describe('without the lab', () => {
  test('--help shows every command', async () => {
    const options = { env: around(), encoding: 'utf8' } as const;
    const { status, stdout } = spawnSync(process.execPath, [join(product, 'src/main.ts'), '--help'], options);
    expect(status).toBe(0);
    for (const name of ['validate', 'plan', 'rehearse', 'demo', 'lab', 'serve']) expect(stdout).toContain(`  ${name} `);
    expect(await phoenix(['rehearse', '--help'])).toMatchObject({ status: 0, stderr: '' });
  });

  test('validate and plan do all that they do', async () => {
    const checked = await phoenix(['validate', '--json']);
    expect(checked.stderr).toBe('');
    expect(JSON.parse(checked.stdout)).toMatchObject({ ok: true, counts: { error: 0 } });
    const planned = await phoenix(['plan', '--from', 'none', '--to', 'HEAD', '--json']);
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

  test.each([
    ['PHOENIX_HOST=lab', { PHOENIX_HOST: 'lab' }],
    ['PHOENIX_LAB', { PHOENIX_LAB: '/nowhere' }],
  ])('an agent that is told to work on a lab by %s says so, and ends', async (setting, host) => {
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
  });

  test('a clone that was not set up says how to do it', async () => {
    cpSync(join(TOP, 'lab/package.json'), join(product, 'lab/package.json'));
    const { status, stderr } = await phoenix(['rehearse']);
    rmSync(join(product, 'lab'), { recursive: true });
    expect(status).toBe(3);
    expect(stderr).toBe(
      `phoenix: rehearse needs the lab, which is not linked in this clone yet\n  run \`npm ci\` in ${product}/\n`,
    );
  });
});
