// The service of a Proxmox host under a real systemd: a Debian that is booted by systemd-nspawn, in which a release is installed, updated and removed.
// Only where PHOENIX_TEST_NSPAWN names systemd-nspawn; test/README.md says what else it needs.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ConfigRepo, openConfigRepo } from '../support/git/config-repo.ts';
import { findRootfs, freePort } from '../support/programs.ts';
import { startRedis, type TestRedis } from '../support/redis/redis.ts';
import { releaseFolder } from '../support/release.ts';
import { until } from '../support/until.ts';

const NSPAWN = process.env['PHOENIX_TEST_NSPAWN'] ?? '';
const ROOTFS = findRootfs();
const WITHOUT =
  NSPAWN === ''
    ? 'no PHOENIX_TEST_NSPAWN'
    : process.getuid?.() !== 0
      ? 'not root'
      : ROOTFS === undefined
        ? 'no Debian 12'
        : null;

/** A temporary folder in memory may not hold a whole Debian, or have no devices. */
const FOLDERS = '/var/tmp';
const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'x64';

let folder: string;
let root: string;
let container: ChildProcess;
let redis: TestRedis;
let forge: LabForge;
let repo: ConfigRepo;
let port: number;

/** Runs a program in the container. Not synchronously: the forge that it may ask is in this process. */
async function inside(program: string, ...args: readonly string[]) {
  const words = ['--target', String(leader()), '--all', '--', '/usr/bin/env', '-i', `PATH=${PATH}`, 'HOME=/root'];
  const { exitCode: status, stdout, stderr } = await execa('nsenter', [...words, program, ...args], { reject: false });
  return { status, stdout, stderr };
}
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The process that is the first inside; undefined before it is there. */
function leader(): string | undefined {
  const children = `/proc/${container.pid}/task/${container.pid}/children`;
  return existsSync(children)
    ? readFileSync(children, 'utf8')
        .split(' ')
        .find((pid) => pid !== '')
    : undefined;
}

const property = async (name: string) =>
  (await inside('systemctl', 'show', 'phoenix', '--property', name, '--value')).stdout;

async function isReady(): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
  } catch {
    return false;
  }
}

/** The archive of a release of this version, as scripts/package/archive.sh lays it out, in the container; its path and digest. */
async function archive(version: string): Promise<readonly string[]> {
  const top = join(folder, `phoenix-${version}`);
  await cp(releaseFolder(), top, { recursive: true });
  const about = readFileSync(join(top, 'package.json'), 'utf8');
  await writeFile(join(top, 'package.json'), about.replace(/"version": "[^"]*"/, `"version": "${version}"`));
  await mkdir(join(top, 'node/bin'), { recursive: true });
  await cp(process.execPath, join(top, 'node/bin/node'));
  const name = `phoenix-${version}-linux-${ARCHITECTURE}.tar.gz`;
  const packed = join(root, 'root', name);
  const { status } = spawnSync('tar', [
    '--use-compress-program',
    'gzip -1',
    '-C',
    folder,
    '-cf',
    packed,
    `phoenix-${version}`,
  ]);
  if (status !== 0) throw new Error(`${name} could not be packed`);
  const digest = createHash('sha256').update(readFileSync(packed)).digest('hex');
  return ['--archive', `/root/${name}`, '--sha256', digest];
}

const install = (...args: readonly string[]) => inside('sh', '/root/install.sh', ...args);

/** Pushes names that the host itself is to know. */
async function push(...names: readonly string[]) {
  const hosts = names.map((name, index) => ({ address: `10.0.0.${20 + index}`, names: [name] }));
  const file = JSON.stringify({ domain_name: 'example.internal', network: { hosts } });
  const commit = await repo.commit({ 'etc/phoenix_hypervisor_config.json': file });
  await repo.push();
  const status = () => forge.latestStatuses(commit).find(({ context }) => context === 'phoenix/apply');
  await until(() => !['pending', undefined].includes(status()?.state), `an answer on ${commit}`);
  return `${status()?.state}: ${status()?.description}`;
}

beforeAll(async () => {
  if (WITHOUT !== null) return;
  folder = await mkdtemp(join(FOLDERS, 'phoenix-service-'));
  root = join(folder, 'root');
  await mkdir(root);
  spawnSync('tar', ['-xf', ROOTFS ?? '', '-C', root]);
  await cp(join(releaseFolder(), 'deploy/install.sh'), join(root, 'root/install.sh'));
  await writeFile(join(root, 'root/token'), 'the-token-of-the-forge');
  port = await freePort();
  redis = await startRedis('tcp');
  forge = await startForge({
    folder: join(folder, 'forge'),
    secret: '',
    token: 'the-token-of-the-forge',
    tokenRight: 'admin',
  });
  repo = await openConfigRepo(join(folder, 'work'), forge.pushUrl);
  const started = ['--directory', root, '--machine', `phoenix-${port}`, '--register=no', '--keep-unit', '--boot'];
  container = spawn(NSPAWN, started, { stdio: 'ignore' });
  await until(
    async () => leader() !== undefined && (await inside('systemctl', 'is-system-running')).stdout === 'running',
    'Debian to run',
  );
}, 120_000);

afterAll(async () => {
  if (WITHOUT !== null) return;
  const ended = once(container, 'exit');
  await inside('systemctl', 'poweroff');
  await ended;
  await Promise.all([forge.close(), redis.stop()]);
  await rm(folder, { recursive: true, force: true });
}, 60_000);

describe.skipIf(WITHOUT !== null)(
  `the service under systemd${WITHOUT === null ? '' : ` (skipped: ${WITHOUT})`}`,
  () => {
    test('is installed twice, says what is left, and is set up', async () => {
      const release = await archive('7.0.0');
      for (const _ of ['once', 'again']) {
        const { status, stdout, stderr } = await install(...release);
        expect([status, stderr]).toEqual([0, '']);
        expect(stdout.match(/^ {2}\d\. .*/gm)).toEqual([
          expect.stringContaining('apt-get install redis-server'),
          '  2. phoenix setup-agent',
          '  3. systemctl enable --now phoenix',
        ]);
      }
      await inside(
        'sh',
        '-c',
        `printf 'REDIS_URL=redis://${redis.address}\\nPHOENIX_LISTEN=127.0.0.1:${port}\\n' >>/etc/phoenix/env`,
      );
      const answers = [
        '--forge',
        'github',
        '--repo-url',
        forge.repositoryUrl,
        '--forge-api',
        forge.apiUrl,
        '--forge-token-file',
        '/root/token',
      ];
      const { stdout } = await inside('phoenix', 'setup-agent', ...answers, '--public-url', `http://127.0.0.1:${port}`);
      // It is no Proxmox host, which is all that is wrong.
      expect(stdout.match(/^failed .*/gm)).toEqual([expect.stringContaining('pvesh')]);
    });

    test('starts, and what a commit declares is done outside of its sandbox', async () => {
      expect((await inside('systemctl', 'enable', '--now', 'phoenix')).status).toBe(0);
      await until(isReady, 'the agent');
      expect(await push('nas.example.internal')).toBe('success: applied 1 target');
      expect((await inside('cat', '/etc/hosts')).stdout).toContain('nas.example.internal');
      expect((await inside('journalctl', '--unit', 'phoenix', '--output', 'cat')).stdout).toContain('run ended');
    });

    test('comes back when it is killed, and knows its runs', async () => {
      const before = await property('MainPID');
      await inside('systemctl', 'kill', '--signal', 'KILL', '--kill-whom', 'main', 'phoenix');
      await until(
        async () => (await property('NRestarts')) === '1' && (await property('MainPID')) !== before,
        'the restart',
      );
      await until(isReady, 'the agent');
      expect(await inside('phoenix', '--env-file', '/etc/phoenix/env', 'runs')).toMatchObject({
        stderr: '',
        stdout: expect.stringMatching(/^run 1 +succeeded/),
      });
    });

    test('an update restarts it with its ledger, and leaves nothing to do; an older version is refused', async () => {
      const before = await property('MainPID');
      const update = await install(...(await archive('7.1.0')));
      expect([update.status, update.stderr]).toEqual([0, '']);
      expect(update.stdout).not.toContain('What is left to do');
      expect(update.stdout).toContain('Phoenix 7.1.0 runs');
      expect(await property('MainPID')).not.toBe(before);
      await until(isReady, 'the agent');
      expect(await push('nas.example.internal', 'tv.example.internal')).toBe('success: applied 1 target');
      expect((await inside('phoenix', '--env-file', '/etc/phoenix/env', 'runs')).stdout).toMatch(/^run 2 .*\nrun 1 /);
      const older = await install(...(await archive('7.0.0')));
      expect([older.status, older.stderr]).toEqual([
        4,
        expect.stringContaining('Phoenix 7.1.0 is installed, and 7.0.0 is older'),
      ]);
      expect(await property('ActiveState')).toBe('active');
    });

    test('is taken away, and its settings stay until they are purged', async () => {
      for (const [args, stays] of [
        [['--uninstall'], true],
        [['--uninstall', '--purge'], false],
      ] as const) {
        expect((await install(...args)).status).toBe(0);
        expect(existsSync(join(root, 'etc/phoenix'))).toBe(stays);
      }
      expect((await inside('systemctl', 'status', 'phoenix')).stderr).toContain('could not be found');
      expect((await inside('systemctl', 'is-system-running')).stdout).toBe('running');
    });
  },
);
