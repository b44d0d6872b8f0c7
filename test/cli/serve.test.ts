// `phoenix serve` as a process: it survives SIGKILL, ends in order on SIGTERM and SIGINT, may be split over processes, and refuses to start without
// what it needs, with a remedy.

import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { agentSettings, FORGE_TOKEN, WEBHOOK_SECRET } from '../support/agent/agent-settings.ts';
import { environment } from '../support/environment.ts';
import { type ConfigRepo, openConfigRepo } from '../support/git/config-repo.ts';
import { LONG_TEST } from '../support/long.ts';
import { freePort } from '../support/programs.ts';
import { startRedis } from '../support/redis/redis.ts';
import { until } from '../support/until.ts';
import { phoenix, phoenixProcess, type Started, start } from './phoenix.ts';
import { serveHere } from './serve-here.ts';

const ADMIN = 'the-token-of-the-admin';

let folder: string;
let forge: LabForge;
let repo: ConfigRepo;
let running: Started[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-serve-'));
  forge = await startForge({ folder: join(folder, 'forge'), secret: WEBHOOK_SECRET, token: FORGE_TOKEN });
  repo = await openConfigRepo(join(folder, 'person'), forge.pushUrl);
  running = [];
});
afterEach(async () => {
  await endAll();
  await forge.close();
  await rm(folder, { recursive: true, force: true });
});

async function endAll(): Promise<void> {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGTERM');
    await ended;
  }
}

const settings = (changed: Record<string, string> = {}) =>
  agentSettings(folder, forge, { PHOENIX_ADMIN_TOKEN: ADMIN, ...changed });

async function serve(changed: Record<string, string> = {}, ...args: string[]): Promise<Started & { url: string }> {
  const started = start(['serve', ...args], settings(changed));
  running.push(started);
  const listening = () => /listening on (http:\S+?)"/.exec(started.output.stderr)?.[1];
  await until(() => {
    if (started.child.exitCode !== null) throw new Error(`it ended: ${started.output.stderr}`);
    return listening() !== undefined;
  }, 'the agent to listen');
  const url = listening() ?? '';
  forge.sendWebhooksTo(`${url}/webhooks`);
  return { ...started, url };
}

const client = (url: string) => ({ PHOENIX_URL: url, PHOENIX_ADMIN_TOKEN: ADMIN });

/** Pushes a container to an agent that receives the forge's webhooks, and asks each command and page of the agent about it. */
async function pushesAndAsks(url: string): Promise<void> {
  const commit = await repo.commit(environment({ 101: {} }));
  await repo.push();
  const reported = () =>
    forge
      .latestStatuses(commit)
      .filter(({ state }) => state !== 'pending')
      .map(({ context, state }) => `${context} ${state}`);
  // The whole commit's status is sent before the target's.
  await until(() => reported().length === 2);
  expect(reported().sort()).toEqual(['phoenix/apply success', 'phoenix/lxc/101 success']);
  const runs = JSON.parse((await phoenix(['runs', '--json'], client(url))).stdout);
  expect(runs).toMatchObject([{ commit, trigger: 'push', state: 'succeeded' }]);
  expect(await readFile(join(folder, 'data', 'lab', 'etc/pve/lxc/101.conf'), 'utf8')).toContain('hostname:');
  // For the installer, which reads it where no agent runs.
  const { stdout: version } = await phoenix(['--version']);
  expect(await readFile(join(folder, 'data', 'redis', 'used-by'), 'utf8')).toBe(version);

  const status = await phoenix(['status', '101', '--json'], client(url));
  expect(JSON.parse(status.stdout)).toMatchObject({
    head: { commit },
    targets: [{ target: 'lxc/101', state: 'applied' }],
  });
  const replay = await phoenix(['replay', commit, '--wait', '--json'], client(url));
  expect(JSON.parse(replay.stdout)).toMatchObject({ trigger: 'replay', state: 'succeeded' });
  expect(replay.exit).toBe(0);
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ ready: true });
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toMatch(/^phoenix_deliveries_total\{end="recorded",installation=".+"\} 1$/m);
  expect(metrics).toMatch(/^phoenix_host_command_seconds_count\{.*program="pct",ended="exit 0".*\} [1-9]/m);
  expect(metrics).toMatch(
    /^phoenix_target_state\{target="lxc\/101",kind="lxc",state="applied",installation=".+"\} 1$/m,
  );
  expect(metrics).toMatch(/^phoenix_runs_total\{state="succeeded",trigger="push",installation=".+"\} 1$/m);
}

describe('a push changes the host, its status says so, and the commands show it', () => {
  test('with all parts of the agent in this process', async () => {
    const agent = await serveHere(settings());
    try {
      forge.sendWebhooksTo(`${agent.url}/webhooks`);
      await pushesAndAsks(agent.url);
    } finally {
      await agent.stop();
    }
  });

  test('as a process, which SIGTERM ends in order and which shows no secret', LONG_TEST, async () => {
    const { url, child, ended } = await serve();
    await pushesAndAsks(url);
    child.kill('SIGTERM');
    const { exit, stdout, stderr } = await ended;
    expect(exit).toBe(0);
    expect(stdout).toBe('');
    for (const hidden of [WEBHOOK_SECRET, ADMIN, FORGE_TOKEN]) expect(stderr).not.toContain(hidden);
  });
});

/** Redis servers that keep their files below a folder. */
async function redisServersIn(place: string): Promise<string[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const names = await Promise.all(processes.map((id) => readFile(`/proc/${id}/comm`, 'utf8').catch(() => '')));
  const folders = await Promise.all(processes.map((id) => readlink(`/proc/${id}/cwd`).catch(() => '')));
  return folders.filter((each, at) => names[at] === 'redis-server\n' && each.startsWith(place));
}

test(
  'what was recorded before a kill is done after the next start, which SIGINT ends in order, and its Redis with it',
  LONG_TEST,
  async () => {
    const first = await serve({}, '--roles', 'receive');
    const commit = await repo.commit(environment({ 101: {} }));
    await repo.push();
    await forge.delivered();
    first.child.kill('SIGKILL');
    await first.ended;
    const { child, ended } = await serve();
    await until(() =>
      forge.latestStatuses(commit).some(({ context, state }) => context === 'phoenix/apply' && state === 'success'),
    );
    expect(await redisServersIn(folder)).toHaveLength(1);
    child.kill('SIGINT');
    expect((await ended).exit).toBe(0);
    expect(await redisServersIn(folder)).toEqual([]);
  },
);

test('SIGTERM lets a running action end and leaves the rest to the next start', {
  ...LONG_TEST,
  timeout: 90_000,
}, async () => {
  const { child, ended } = await serve();
  const lab = join(folder, 'data', 'lab');
  await writeFile(join(lab, 'lab.json'), JSON.stringify({ delayMs: 1000 }));
  const commit = await repo.commit(environment({ 101: {}, 102: { dependencies: [101] } }));
  await repo.push();
  const called = () => readFile(join(lab, 'calls.jsonl'), 'utf8').catch(() => '');
  await until(async () => (await called()).includes('"create"'), 'the container, which is started next');
  child.kill('SIGTERM');
  const { exit, stderr } = await ended;
  expect({ exit, stopped: stderr.includes('"stopped"') }).toEqual({ exit: 0, stopped: true });
  const created = async () => (await called()).match(/"create","\d+"/g);
  expect(await created()).toEqual(['"create","101"']);
  await rm(join(lab, 'lab.json'));
  await serve();
  await until(() =>
    forge.latestStatuses(commit).some(({ context, state }) => context === 'phoenix/apply' && state === 'success'),
  );
  expect(await created()).toEqual(['"create","101"', '"create","102"']);
});

describe('while its node does not answer, and was never asked', () => {
  const ANSWERS = /answers on (http:\S+) and/;

  /** An agent over SSH, at an address where nothing listens. */
  async function starting(changed: Record<string, string> = {}): Promise<{ url: string; started: Started }> {
    const away = { PHOENIX_HOST: `ssh://root@127.0.0.1:${await freePort()}`, ...changed };
    const started = start(['serve'], settings(away));
    running.push(started);
    await until(() => {
      if (started.child.exitCode !== null) throw new Error(`it ended: ${started.output.stderr}`);
      return started.output.stderr.includes('it is waited for');
    }, 'the agent to wait for its node');
    return { url: ANSWERS.exec(started.output.stderr)?.[1] ?? '', started };
  }

  test('it is alive, records a push, says what it waits for, and shows nothing to strangers', async () => {
    const { url, started } = await starting();
    expect((await fetch(`${url}/webhooks`, { method: 'POST', body: '{}' })).status).toBe(401);
    forge.sendWebhooksTo(`${url}/webhooks`);
    await repo.commit(environment({ 101: {} }));
    await repo.push();
    await forge.delivered();
    expect(forge.deliveries().map(({ status }) => status)).toEqual([202]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      503,
      {
        ready: false,
        checks: { start: expect.stringMatching(/^its node: .*Connection refused; it goes on by itself/) },
      },
    ]);
    const page = await fetch(`${url}/targets`, { headers: { accept: 'text/html' } });
    const text = await page.text();
    expect([page.status, page.headers.get('retry-after')]).toEqual([503, '5']);
    expect(text).toContain('Phoenix is starting');
    expect(text).toContain('Connection refused');
    const [, style = ''] = /href="\.\/(static\/pages-[^"]+\.css)"/.exec(text) ?? [];
    expect((await fetch(`${url}/${style}`)).status).toBe(200);
    const status = await phoenix(['status'], client(url));
    expect([status.exit, status.stderr]).toEqual([3, expect.stringContaining('Phoenix is starting')]);
    // Through a proxy, from another machine.
    const headers = { 'x-forwarded-for': '192.0.2.7', accept: 'text/html' };
    for (const path of ['/', '/api/runs', '/metrics', '/readyz']) {
      const answer = await fetch(`${url}${path}`, { headers });
      expect([answer.status, await answer.text()]).toEqual([503, expect.not.stringContaining('refused')]);
    }
    started.child.kill('SIGTERM');
    const { exit, stdout, stderr } = await started.ended;
    expect([exit, stdout]).toEqual([0, '']);
    for (const hidden of [WEBHOOK_SECRET, ADMIN, FORGE_TOKEN]) expect(stderr).not.toContain(hidden);
  });

  test('a push that is recorded meanwhile is done when the node is there', LONG_TEST, async () => {
    const redis = await startRedis();
    const connection = new Redis(redis.url);
    try {
      const { url } = await starting({ REDIS_URL: redis.url });
      forge.sendWebhooksTo(`${url}/webhooks`);
      const commit = await repo.commit(environment({ 101: {} }));
      await repo.push();
      await forge.delivered();
      expect(forge.deliveries().map(({ status }) => status)).toEqual([202]);
      const [kept] = await connection.hvals('{phoenix}:deliveries');
      expect(JSON.parse(kept ?? '{}')).toMatchObject({ kind: 'push', commit });
      await endAll();
      await serve({ REDIS_URL: redis.url });
      const isDone = () => forge.latestStatuses(commit).some(({ state }) => state === 'success');
      await until(isDone, 'the commit to be applied');
      await until(async () => (await connection.hlen('{phoenix}:deliveries')) === 0, 'the delivery to be settled');
      expect(forge.deliveries()).toHaveLength(1);
    } finally {
      connection.disconnect();
      await endAll();
      await redis.stop();
    }
  });

  test('in the Redis of another repository it keeps nothing, and ends', LONG_TEST, async () => {
    const redis = await startRedis();
    try {
      await serve({ REDIS_URL: redis.url });
      const other = { PHOENIX_HOST: `ssh://root@127.0.0.1:${await freePort()}`, PHOENIX_BRANCH: 'production' };
      const there = { ...other, REDIS_URL: redis.url, PHOENIX_DATA_DIR: join(folder, 'other') };
      const { exit, stderr } = await phoenixProcess(['serve'], settings(there));
      expect([exit, stderr]).toEqual([3, expect.stringContaining('this Redis belongs to')]);
    } finally {
      await endAll();
      await redis.stop();
    }
  });
});

describe('it does not start', () => {
  test('without required settings, and names all of them at once', async () => {
    const { exit, stderr } = await phoenix(['serve'], { PHOENIX_FORGE: 'github', PHOENIX_HOST: 'pve' });
    expect(exit).toBe(2);
    for (const name of ['PHOENIX_REPO_URL', 'PHOENIX_WEBHOOK_SECRET', 'PHOENIX_FORGE_TOKEN', 'PHOENIX_HOST']) {
      expect(stderr).toContain(name);
    }
  });

  test('without Redis, and says how to get one', async () => {
    const { exit, stderr } = await phoenixProcess(['serve'], settings({ PATH: '/nonexistent' }));
    expect(stderr).toMatch(/redis-server could not be started[^\n]*\n {2}install Redis/);
    expect(exit).toBe(3);
  });

  test('on an address that is in use', async () => {
    const { port } = new URL(forge.url);
    const { exit, stderr } = await phoenix(['serve'], settings({ PHOENIX_LISTEN: `127.0.0.1:${port}` }));
    expect(stderr).toContain('PHOENIX_LISTEN');
    expect(exit).toBe(3);
    // Before anything is fetched or begun.
    expect(stderr).not.toMatch(/cloned|unexpectedly/);
  });

  test('beside another one on the same data', LONG_TEST, async () => {
    await serve();
    const { exit, stderr } = await phoenix(['serve'], settings());
    expect(stderr).toContain('another Phoenix uses');
    expect(stderr).toContain('give each a PHOENIX_DATA_DIR of its own and both the same REDIS_URL');
    expect(exit).toBe(3);
  });

  test(
    'with a ledger that a newer version has used, which a copy from before lets it start with',
    LONG_TEST,
    async () => {
      const redis = await startRedis();
      try {
        await serve({ REDIS_URL: redis.url });
        await endAll();
        const connection = new Redis(redis.url);
        const before = (await connection.getset('{phoenix}:used-by', '99.0.0')) ?? '';
        const { exit, stderr } = await phoenixProcess(['serve'], settings({ REDIS_URL: redis.url }));
        expect([exit, stderr]).toEqual([3, expect.stringContaining('this Redis was used by Phoenix 99.0.0')]);
        expect(stderr).toContain('start Phoenix 99.0.0 or a newer one');
        await connection.set('{phoenix}:used-by', before);
        connection.disconnect();
        await serve({ REDIS_URL: redis.url });
      } finally {
        await endAll();
        await redis.stop();
      }
    },
  );

  test('in the Redis of another installation, unless it has a name of its own', LONG_TEST, async () => {
    const redis = await startRedis();
    try {
      await serve({ REDIS_URL: redis.url });
      const other = { REDIS_URL: redis.url, PHOENIX_DATA_DIR: join(folder, 'other'), PHOENIX_BRANCH: 'production' };
      const { exit, stderr } = await phoenix(['serve'], settings(other));
      expect(exit).toBe(3);
      expect(stderr).toMatch(
        /this Redis belongs to \S+#main@pve, and these settings are for \S+#production\n {2}.*PHOENIX_INSTALLATION/,
      );
      const third = await serve({ ...other, PHOENIX_INSTALLATION: 'second' });
      const ready = await fetch(`${third.url}/readyz`);
      expect([ready.status, await ready.json()]).toEqual([
        200,
        { ready: true, checks: { redis: 'ok', workers: 'ok', repository: 'ok' } },
      ]);
    } finally {
      await endAll();
      await redis.stop();
    }
  });
});

test(
  'the roles may be split over processes that share a Redis; readyz says who is missing, and where Redis takes nothing',
  LONG_TEST,
  async () => {
    const redis = await startRedis();
    try {
      const shared = { REDIS_URL: redis.url };
      const receiver = await serve(shared, '--roles', 'receive,web');
      const ready = async () => {
        const answer = await fetch(`${receiver.url}/readyz`, { headers: { authorization: `Bearer ${ADMIN}` } });
        return [answer.status, ((await answer.json()) as { checks: Record<string, string> }).checks] as const;
      };
      expect(await ready()).toEqual([
        503,
        {
          redis: 'ok',
          repository: 'ok',
          workers:
            'no process serves reconcile, apply, report; start one with phoenix serve --roles reconcile,apply,report',
        },
      ]);
      const worker = await serve({ ...shared, PHOENIX_DATA_DIR: join(folder, 'worker') }, '--roles', 'reconcile,apply');
      await until(async () => (await ready())[1]['workers']?.startsWith('no process serves report') === true);
      await serve({ ...shared, PHOENIX_DATA_DIR: join(folder, 'reporter') }, '--roles', 'report');
      await until(async () => (await ready())[0] === 200);

      forge.sendWebhooksTo(`${receiver.url}/webhooks`);
      expect((await fetch(`${worker.url}/webhooks`, { method: 'POST' })).status).toBe(404);
      const commit = await repo.commit(environment({ 101: {} }));
      await repo.push();
      await until(() =>
        forge.latestStatuses(commit).some(({ context, state }) => context === 'phoenix/apply' && state === 'success'),
      );
      const [run] = JSON.parse((await phoenix(['runs', '--json'], client(receiver.url))).stdout) as { id: string }[];
      expect((await phoenix(['runs', run?.id ?? '', '--wait'], client(receiver.url))).exit).toBe(0);

      const raw = new Redis({ path: redis.socket });
      await raw.config('SET', 'maxmemory', '1');
      expect(await ready()).toEqual([
        503,
        expect.objectContaining({ redis: expect.stringMatching(/Redis is full.*OOM/) }),
      ]);
      await raw.config('SET', 'maxmemory', '0');
      expect((await ready())[0]).toBe(200);
      await raw.call('REPLICAOF', '127.0.0.1', '1');
      expect(await ready()).toEqual([
        503,
        expect.objectContaining({ redis: expect.stringContaining('read-only replica') }),
      ]);
      await raw.call('REPLICAOF', 'NO', 'ONE');
      raw.disconnect();
    } finally {
      for (const { child, ended } of running.splice(0)) {
        child.kill('SIGTERM');
        expect((await ended).exit).toBe(0);
      }
      await redis.stop();
    }
  },
);

test('an unreadable signing key ends it at the start, and it says how to export it again', async () => {
  const keys = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEaHk=\n-----END PGP PUBLIC KEY BLOCK-----';
  const { exit, stderr } = await phoenix(['serve'], settings({ PHOENIX_SIGNING_KEYS: keys }));
  expect([exit, stderr]).toEqual([
    3,
    expect.stringMatching(/PHOENIX_SIGNING_KEYS: OpenPGP key 1 of 1 cannot be read: .*\n.*gpg --armor --export KEY/),
  ]);
});
