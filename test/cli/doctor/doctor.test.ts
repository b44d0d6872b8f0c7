// `phoenix doctor` finds each missing or unsuitable requirement of the agent and exits with the code of the contract: 1 for a wrong setting, 3 for
// what is not there.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { channelDiagnostics } from '../../../src/cli/doctor/channels.ts';
import { checkRedisFacts } from '../../../src/cli/doctor/checks.ts';
import { doctor as runDoctor } from '../../../src/cli/doctor/doctor.ts';
import { checkGuests } from '../../../src/cli/doctor/guest-files.ts';
import { wrapping } from '../../../src/cli/io.ts';
import type { HostReader } from '../../../src/managers/manager.ts';
import { container, targetOf } from '../../managers/guests.ts';
import { environment } from '../../support/environment.ts';
import { type ConfigRepo, openConfigRepo } from '../../support/git/config-repo.ts';
import { LONG_TEST } from '../../support/long.ts';
import { startRedis, type TestRedis } from '../../support/redis/redis.ts';

const TOKEN = 'the-token-of-the-forge';
const PATIENCE_MS = 60_000;

let folder: string;
let forge: LabForge;
let redis: TestRedis;
let repo: ConfigRepo;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-doctor-test-'));
  forge = await startForge({ folder: join(folder, 'forge'), secret: 'a secret of the webhook', token: TOKEN });
  redis = await startRedis();
  repo = await openConfigRepo(join(folder, 'person'), forge.pushUrl);
  await repo.commit(environment({ 101: {} }));
  await repo.push();
});
afterAll(async () => {
  await redis.stop();
  await forge.close();
  await rm(folder, { recursive: true, force: true });
});

const notAsked = () => Promise.reject(new Error('this is not asked'));

/** A node of a cluster without guests, whose forced command refuses each look at a file. */
const REFUSING: HostReader = {
  node: 'pve',
  readFile: async (path) => (path.endsWith('.vmlist') ? '{"ids":{}}' : 'dir: local\n\tpath /var/lib/vz\n'),
  readFolders: async () => new Map(),
  run: async () => ({ exit: 126, stdout: '', stderr: 'phoenix-shell: refused\n', ms: 1, ended: 'exited' }),
  inspect: notAsked,
  publicKey: notAsked,
  request: notAsked,
};

async function doctor(changed: Record<string, string> = {}, answerMs = PATIENCE_MS) {
  let stdout = '';
  let stderr = '';
  const env = {
    PATH: process.env['PATH'] ?? '',
    PHOENIX_REPO_URL: forge.repositoryUrl,
    PHOENIX_FORGE: 'github',
    PHOENIX_FORGE_API: forge.url,
    PHOENIX_FORGE_TOKEN: TOKEN,
    PHOENIX_WEBHOOK_SECRET: 'a secret of the webhook',
    PHOENIX_DATA_DIR: join(folder, 'data'),
    PHOENIX_HOST: 'lab',
    REDIS_URL: redis.url,
    ...changed,
  };
  const io = wrapping({
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    env,
  });
  // Redis, the forge and the doctor share this machine with other tests, so that none of them answers in a known time.
  const exit = await runDoctor({ json: true, answerMs }, io);
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Record<string, string | null>[] };
  const found = (check: string) => checks.filter((each) => each['check'] === check);
  return { exit, stdout, stderr, ok, checks, found };
}

test('all checks pass where nothing is missing', async () => {
  const channels = { ops: { service: 'webhook', url: 'https://hooks.example.internal/x' } };
  const { exit, ok, checks, found } = await doctor({
    PHOENIX_NOTIFY: JSON.stringify({ channels }),
    PHOENIX_URL: 'http://127.0.0.1:9',
  });
  const unknown = expect.stringMatching(/^whether messages reach ops is not known: no agent answers at /);
  expect(found('notifications')).toMatchObject([{ state: 'skipped', message: unknown }]);
  expect(checks.filter(({ state }) => state === 'failed')).toEqual([]);
  expect([exit, ok]).toEqual([0, true]);
  const seen = new Set(checks.map(({ check }) => check));
  expect([...seen].sort()).toEqual([
    ...['clock', 'forge', 'guests', 'host', 'notifications', 'redis', 'repository', 'settings', 'webhook'],
  ]);
  expect(checks.map(({ message }) => message).join('\n')).toMatch(/Proxmox VE \d+\.\d+/);
});

test('wrong settings are the answer no, all of them at once', async () => {
  const { exit, found } = await doctor({ PHOENIX_HOST: 'pve', PHOENIX_LISTEN: 'here' });
  expect(exit).toBe(1);
  expect(found('settings').map(({ state }) => state)).toEqual(['failed', 'failed']);
});

describe('what is not there ends with 3 and a remedy', () => {
  test.each([
    ['repository', { PHOENIX_FORGE_TOKEN: 'a-wrong-token-of-the-forge' }],
    ['host', { PHOENIX_HOST: 'ssh://root@127.0.0.1:9' }],
    ['host', { PHOENIX_NODE: 'elsewhere' }],
  ])('%s with %j', async (check, changed) => {
    const { exit, ok, found, stdout, stderr } = await doctor(changed);
    expect(found(check)).toContainEqual(
      expect.objectContaining({ state: 'failed', hint: expect.stringMatching(/.+/) }),
    );
    expect([exit, ok]).toEqual([3, false]);
    expect(stdout + stderr).not.toContain('a-wrong-token');
  });

  test('redis, for which it waits no longer than the limit', async () => {
    const { exit, ok, found } = await doctor({ REDIS_URL: 'redis://127.0.0.1:9' }, 100);
    expect(found('redis')).toMatchObject([{ state: 'failed', hint: expect.stringMatching(/.+/) }]);
    expect([exit, ok]).toEqual([3, false]);
  });

  test('a branch that is not there yet is a warning', LONG_TEST, async () => {
    const { exit, found } = await doctor({ PHOENIX_BRANCH: 'other' });
    expect(found('repository')).toMatchObject([{ state: 'warning' }]);
    expect(exit).toBe(0);
  });
});

describe('what guests are created from', () => {
  const STORED = 'debian-12-standard_12.7-1_amd64.tar.zst';
  const download = { storage: 'local', content: 'vztmpl', filename: 'nginx_1.29.tar', reference: 'nginx:1.29' };

  test('that is neither on the node nor downloaded is named, with the nearest that can be had', async () => {
    const old = 'local:vztmpl/debian-12-standard_12.1-1_amd64.tar.zst';
    const guests = { 101: { template: old }, 102: { template: old }, 103: { template: `local:vztmpl/${STORED}` } };
    const vm = { vmid: 151, name: 'vm', memory_mb: 512, cores: 1, storage_pool: 'local-lvm', disk_size_gb: 4 };
    await repo.branch('missing', {
      ...environment({ ...guests, 104: { template: 'local:vztmpl/nginx_1.29.tar' } }),
      'etc/phoenix_vm_configs.json': JSON.stringify({ vms: [{ ...vm, template_image: 'noble.img' }] }),
      'etc/phoenix_datacenter_config.json': JSON.stringify({ downloads: { nginx: download } }),
    });
    const { exit, found } = await doctor({ PHOENIX_BRANCH: 'missing' });
    expect(found('guests').map(({ state, message, hint }) => [state, message, hint])).toEqual([
      [
        'warning',
        `lxc/101, lxc/102 may not be created: ${old} is not on the node, and the node has no list of what Proxmox offers`,
        `did you mean local:vztmpl/${STORED}? If not, run pveam update on the node, then phoenix doctor again`,
      ],
      [
        'warning',
        'vm/151 cannot be created: local:iso/noble.img is not on the node, and nothing downloads it',
        'put the file on the node, or name another one',
      ],
    ]);
    expect(exit).toBe(0);
  });

  test('that could not be looked for is not said to be there', async () => {
    const targets = [
      targetOf(container(101, { template: 'nas:vztmpl/debian.tar.zst' })),
      targetOf(container(102, { template: '/srv/own.tar.gz' })),
    ];
    const found = await checkGuests(REFUSING, async () => ({ read: true, targets }));
    const unknown = 'whether /srv/own.tar.gz, from which lxc/102 is to be created, is on the node is not known';
    expect(found.map(({ state, message }) => [state, message])).toEqual([
      [
        'warning',
        'lxc/101 cannot be created yet: nas:vztmpl/debian.tar.zst is on no storage of the node, which has none named nas',
      ],
      ['skipped', `${unknown}: test ends with 126: phoenix-shell: refused`],
    ]);
  });

  test('is not known where the look fails, and what is known of the host is still told', async () => {
    const withoutList: HostReader = { ...REFUSING, readFile: async (path) => (path.endsWith('.vmlist') ? '{}' : '') };
    const targets = [targetOf(container(101))];
    const message = expect.stringMatching(/is not known: \/etc\/pve\/\.vmlist: it lists no guests$/);
    const found = await checkGuests(withoutList, async () => ({ read: true, targets }));
    expect(found).toMatchObject([{ check: 'guests', state: 'skipped', message }]);
    const full = () => Promise.reject(new Error('ENOSPC: no space left on device'));
    expect(await checkGuests(REFUSING, full)).toMatchObject([{ check: 'guests', state: 'skipped' }]);
  });

  test('is not known where the configuration cannot be read', async () => {
    await repo.branch('broken', { 'etc/phoenix_hypervisor_config.json': '{' });
    const { found } = await doctor({ PHOENIX_BRANCH: 'broken' });
    const unknown = expect.stringMatching(/^what they are created from is not known: .*phoenix validate says why$/);
    expect(found('guests')).toMatchObject([{ state: 'skipped', message: unknown }]);
  });
});

describe('a Redis is judged by what it does with the data', () => {
  const good = { version: '7.2.4', evictionPolicy: 'noeviction', appendOnly: 'yes' };
  test.each([
    [good, ['ok']],
    [{ ...good, version: '6.2.0' }, ['ok']],
    [{ ...good, version: '6.0.16' }, ['failed']],
    [{ ...good, version: '5.0.7' }, ['failed']],
    [{ ...good, evictionPolicy: 'allkeys-lru' }, ['ok', 'failed']],
    [{ ...good, appendOnly: 'no' }, ['ok', 'warning']],
    [{ ...good, evictionPolicy: null, appendOnly: null }, ['ok', 'warning']],
  ])('%j', (facts, states) => {
    expect(checkRedisFacts(facts).map(({ state }) => state)).toEqual(states);
  });
});

test('a channel that accepts nothing fails with its reason, and one that the running agent lacks is named', () => {
  const use = { service: 'slack', events: ['failure'], waiting: 2 } as const;
  const since = '2026-01-02T03:04:05.000Z';
  const inUse = [
    { ...use, name: 'ops', failing: null },
    { ...use, name: 'mail', failing: { since, why: 'the server refuses the login; see the password' } },
    { ...use, name: 'chat', failing: { since, why: 'it does not answer' } },
  ];
  const told = channelDiagnostics(['ops', 'mail', 'chat', 'new'], inUse);
  expect(told.map(({ state, message, hint }) => [state, message, hint])).toEqual([
    ['ok', 'ops accepts messages, as far as any were sent', null],
    [
      'failed',
      `mail accepts no message since ${since}: the server refuses the login (2 waiting)`,
      'see the password; then run: phoenix notify --test mail',
    ],
    [
      'failed',
      `chat accepts no message since ${since}: it does not answer (2 waiting)`,
      'see its settings, then run: phoenix notify --test chat',
    ],
    ['warning', 'the running agent does not have the channel new', 'restart it, so that it reads its settings'],
  ]);
});
