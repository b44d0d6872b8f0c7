// The image, as far as it can be tested without a daemon: its files are copied and started as the Dockerfile does it, by a user without write access
// to them.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SERVICE } from '../bench/program.ts';
import { environment } from '../support/environment.ts';
import { openConfigRepo } from '../support/git/config-repo.ts';
import { noSshd } from '../support/host/sshd.ts';
import { LONG_TEST } from '../support/long.ts';
import { freePort } from '../support/programs.ts';
import { startRedis, type TestRedis } from '../support/redis/redis.ts';
import { releaseFolder } from '../support/release.ts';
import { until } from '../support/until.ts';
import { visitor } from '../web/visitor.ts';
import { all, copies, stagesOf, variables } from './dockerfile.ts';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
const stages = stagesOf(readFileSync(join(TOP, 'deploy/container/Dockerfile'), 'utf8'));
const [release = [], image = []] = stages;
/** Where the image has Phoenix. */
const [WORKDIR = ''] = all(image, 'WORKDIR');
const [USER = ''] = all(image, 'USER');
const asRoot = process.getuid?.() === 0;
const [uid, gid] = asRoot ? USER.split(':').map(Number) : [process.getuid?.(), process.getgid?.()];

const PHOENIX_ADMIN_TOKEN = 'a token of the administrator, of this test';

let folder: string;
let redis: TestRedis;
let forge: LabForge;
let child: ChildProcess | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-image-'));
  await chmod(folder, 0o755);
  for (const [from, to] of copies(image)) {
    const place = join(folder, resolve(WORKDIR, to));
    await mkdir(dirname(place), { recursive: true });
    await cp(join(TOP, from), place, { recursive: true });
  }
  await cp(releaseFolder(), join(folder, WORKDIR), { recursive: true });
  await mkdir(join(folder, 'data'), { mode: 0o700 });
  await chown(join(folder, 'data'), uid ?? -1, gid ?? -1);
  forge = await startForge({ folder: join(folder, 'forge'), secret: 'a secret', token: 'a token' });
  const repository = await openConfigRepo(join(folder, 'environment'), forge.pushUrl);
  await repository.commit(environment({}));
  await repository.push();
  redis = await startRedis();
  await chmod(dirname(redis.socket), 0o711);
  await chmod(redis.socket, 0o777);
});
afterAll(async () => {
  if (child !== undefined && child.exitCode === null) child.kill('SIGKILL');
  await forge.close();
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
});

test('is built in two stages from the Node that the tests run on, as a release is, with the locked packages', () => {
  const { devDependencies } = JSON.parse(readFileSync(join(TOP, 'package.json'), 'utf8'));
  const text = readFileSync(join(TOP, 'deploy/container/Dockerfile'), 'utf8');
  expect(text).toContain(`ARG NODE=${devDependencies.node}-bookworm-slim\n`);
  expect(stages.map((stage) => all(stage, 'FROM')[0])).toEqual([`node:\${NODE} AS release`, `node:\${NODE}`]);
  expect(all(release, 'RUN')).toEqual([
    expect.stringMatching(/^npm ci --ignore-scripts /),
    'node scripts/package/build.mjs /release',
  ]);
  expect(all(image, 'COPY')[0]).toBe('--from=release /release ./');
});

test('holds the code and nothing else, and runs as a user without a name', () => {
  expect(copies(image).map(([path]) => path)).toEqual(['deploy/container/ssh_config']);
  const from = stages
    .flatMap((stage) => all(stage, 'COPY'))
    .flatMap((words) => (words.startsWith('--') ? [] : words.split(' ').slice(0, -1)));
  expect(USER).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  const kept = new Set(readFileSync(join(TOP, '.dockerignore'), 'utf8').split('\n'));
  expect(kept).toContain('*');
  const sent = [...kept].filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  const isSent = (path: string) => sent.some((each) => path === each || path.startsWith(`${each}/`));
  expect(from.filter((path) => !isSent(path))).toEqual([]);
  expect(['.env', 'deploy/.env', 'deploy/secrets/ssh-key', '.git', 'node_modules', 'test'].filter(isSent)).toEqual([]);
  expect(sent.filter((path) => !existsSync(join(TOP, path)))).toEqual([]);
});

test('its files start, pass the health check, and exit with 0 on SIGTERM', LONG_TEST, async () => {
  const [program, ...args] = [all(image, 'ENTRYPOINT'), all(image, 'CMD')].flatMap(([words = '[]']) =>
    JSON.parse(words),
  );
  const port = await freePort();
  const env = {
    PATH: process.env['PATH'] ?? '',
    ...variables(image),
    PHOENIX_DATA_DIR: join(folder, 'data'),
    PHOENIX_LISTEN: `0.0.0.0:${port}`,
    PHOENIX_REPO_URL: forge.repositoryUrl,
    PHOENIX_FORGE: 'github',
    PHOENIX_FORGE_API: forge.url,
    PHOENIX_FORGE_TOKEN: 'a token',
    PHOENIX_WEBHOOK_SECRET: 'a secret that nobody else knows',
    PHOENIX_ADMIN_TOKEN,
    PHOENIX_PUBLIC_URL: 'http://phoenix.example.internal',
    // The service is unreachable, so that nothing on this machine is changed.
    PHOENIX_HOST: `ssh://root@127.0.0.1:${await freePort()}`,
    PHOENIX_NODE: 'pve',
    REDIS_URL: redis.url,
  };
  expect([program, ...args]).toEqual(['node', ...SERVICE.nodeOptions, '--', 'dist/main.js', 'serve']);
  expect(variables(image)).toMatchObject(SERVICE.environment);
  const who = { ...(asRoot ? { uid, gid } : {}), cwd: join(folder, WORKDIR), env } as const;
  const health = () => spawnSync(process.execPath, healthCommand().slice(1), { ...who, encoding: 'utf8' });
  expect(health()).toMatchObject({ status: 1, stderr: expect.stringContaining('ECONNREFUSED') });

  const agent = spawn(process.execPath, args, { ...who, stdio: ['ignore', 'ignore', 'pipe'] });
  child = agent;
  let said = '';
  agent.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await until(() => {
    if (agent.exitCode !== null) throw new Error(`it ended: ${said}`);
    return said.includes('listening on');
  }, 'the agent to listen');
  expect(health()).toMatchObject({ status: 0, stderr: '' });
  const made = () => readdirSync(join(folder, 'data'));
  await until(() => made().length > 0, 'the agent to write into its folder');
  for (const name of made()) expect((await stat(join(folder, 'data', name))).uid).toBe(uid);

  // What is read from the disk when somebody asks for it.
  const operator = visitor(`http://127.0.0.1:${port}`);
  await operator.press(await operator.visit('/sign-in'), 'Sign in', { token: PHOENIX_ADMIN_TOKEN, name: 'Ann' });
  expect((await operator.visit('/queues/')).page).toContain('<base href="/queues/"');
  const [style = ''] = /static\/pages-\w+\.css/.exec((await operator.visit('/')).page) ?? [];
  expect((await operator.visit(`/${style}`)).status).toBe(200);

  const ended = once(agent, 'exit');
  agent.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test('the health check reports an invalid address', async () => {
  const { status, stderr } = spawnSync(process.execPath, [join(releaseFolder(), healthCommand()[1] ?? '')], {
    env: { PHOENIX_LISTEN: 'nowhere' },
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([1, expect.stringContaining('is not an address and port')]);
});

test.skipIf(noSshd !== null)(
  'ssh in it takes the key and the host keys that are handed in, and asks nobody',
  async () => {
    const [, place] = copies(image).find(([from]) => from.endsWith('ssh_config')) ?? [];
    expect(place).toMatch(/^\/etc\/ssh\/ssh_config\.d\/.+\.conf$/);
    expect(await readFile(join(folder, place ?? ''), 'utf8')).toMatch(/^ +StrictHostKeyChecking yes$/m);
    const { stdout, stderr } = spawnSync('ssh', ['-T', '-G', '-F', join(folder, place ?? ''), 'root@pve'], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^identityfile \/run\/secrets\/ssh_key$/m);
    expect(stdout).toMatch(/^userknownhostsfile \/run\/secrets\/ssh_known_hosts$/m);
  },
);

/** The words of HEALTHCHECK. */
function healthCommand(): string[] {
  const [, words = '[]'] = /CMD (\[.*\])$/.exec(all(image, 'HEALTHCHECK')[0] ?? '') ?? [];
  return JSON.parse(words);
}
