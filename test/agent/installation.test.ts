// A Redis belongs to one installation: a second one does not start with it, and a renamed one is reported.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Role } from '../../src/agent/deps.ts';
import { claimInstallation } from '../../src/agent/installation.ts';
import { connectRedis } from '../../src/io/ledger/connect.ts';
import { openLedger } from '../../src/io/ledger/ledger.ts';
import { placeOf } from '../../src/model/installation.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { clock } from '../support/agent/agent.ts';
import { startRedis, type TestRedis } from '../support/redis/redis.ts';

let redis: TestRedis;
let ledgers: Ledger[];

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  await redis.clear();
  ledgers = [];
});
afterEach(async () => {
  await Promise.all(ledgers.map((ledger) => ledger.close()));
});

interface Asked {
  readonly repositoryUrl?: string;
  readonly branch?: string;
  readonly node?: string | null;
  readonly roles?: readonly Role[];
  readonly movedFrom?: string | null;
  readonly installation?: string;
  readonly version?: string;
}

function claim({ installation = 'phoenix', ...asked }: Asked = {}): Promise<string> {
  const ledger = openLedger(
    connectRedis(redis.url, () => {}),
    { clock, installation },
  );
  ledgers.push(ledger);
  const repositoryUrl = 'https://git.example.internal/team/config.git';
  const usual = {
    repositoryUrl,
    branch: 'main',
    node: 'pve',
    roles: ['reconcile', 'apply'] as Role[],
    version: '1.2.0',
  };
  return claimInstallation({ ledger, options: { ...usual, ...asked } });
}

test('the first that comes is written down, in a Redis that is empty or older than the record, and is known from then on', async () => {
  expect(await claim()).toBe('new');
  expect(await claim()).toBe('known');
  await redis.clear();
  expect(await claim()).toBe('new');
});

test.each<readonly [string, Asked]>([
  ['repository', { repositoryUrl: 'https://git.example.internal/team/other.git' }],
  ['branch', { branch: 'production' }],
  ['node', { node: 'pve2' }],
])('one of another %s is refused, with what to set', async (_what, other) => {
  await claim();
  await expect(claim(other)).rejects.toMatchObject({
    exit: 3,
    message: expect.stringContaining('this Redis belongs to git.example.internal/team/config#main@pve'),
    hint: expect.stringMatching(
      /PHOENIX_INSTALLATION.*REDIS_URL.*PHOENIX_MOVED_FROM='git\.example\.internal\/team\/config#main@pve'/,
    ),
  });
  // With a name of its own it starts, and the first installation is unchanged.
  expect(await claim({ ...other, installation: 'lab' })).toBe('new');
  expect(await claim()).toBe('known');
});

test('a renamed installation names its former name, may keep declaring it, and the former one is refused', async () => {
  await claim();
  const renamed = { branch: 'production', movedFrom: 'git.example.internal/team/config#main@pve' };
  expect(await claim(renamed)).toBe('known');
  expect(await claim(renamed)).toBe('known');
  expect(await claim({ branch: 'production' })).toBe('known');
  await expect(claim()).rejects.toThrow('#production@pve');
});

test('a process that only receives, reports or shows runs anywhere, and names no node', async () => {
  expect(await claim({ node: 'laptop', roles: ['receive', 'web'] })).toBe('new');
  expect(await claim()).toBe('known');
  expect(await claim({ node: 'laptop', roles: ['report'] })).toBe('known');
  await expect(claim({ node: 'laptop', roles: ['apply'] })).rejects.toThrow('@pve');
});

test('of two that come at once to an empty Redis one is refused', async () => {
  const both = await Promise.allSettled([claim(), claim({ branch: 'other' })]);
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
});

test('login, scheme, case and ending of an address say nothing', () => {
  const same = [
    'https://git.example.internal/team/config.git',
    'http://ann:secret@git.example.internal/team/config',
    'https://GIT.example.internal/Team/Config.git/',
  ];
  expect(new Set(same.map(placeOf))).toEqual(new Set(['git.example.internal/team/config']));
});

test('an older version is refused, and what it was refused stays as it is; a newer one and the same one start', async () => {
  await claim();
  for (const version of ['1.2.0', '1.2.1-rc.9', '1.2.1-rc.10', '1.2.1', '1.10.0'])
    expect(await claim({ version })).toBe('known');
  for (const version of ['1.2.0', '1.9.9', '1.10.0-rc.1'])
    await expect(claim({ version })).rejects.toMatchObject({
      exit: 3,
      message: `this Redis was used by Phoenix 1.10.0, and ${version} is older, which may not be able to read it`,
      hint: expect.stringContaining('start Phoenix 1.10.0 or a newer one; to go back'),
    });
  expect(await claim({ version: '1.10.0+build.5' })).toBe('known');
});

test('while its node is not known, a newer version records nothing, and is refused where it is another installation', async () => {
  await claim();
  const moved = { branch: 'production', movedFrom: 'git.example.internal/team/config#main@pve' };
  expect(await claim({ node: null, version: '2.0.0' })).toBe('known');
  expect(await claim({ node: null, version: '2.0.0', ...moved })).toBe('known');
  await expect(claim({ node: null, branch: 'production' })).rejects.toThrow('belongs to');
  expect(await claim()).toBe('known');
});

test('of an older version and a newer one that start together, the newer one is known afterwards', async () => {
  await Promise.allSettled([claim({ version: '1.3.0' }), claim({ version: '1.4.0' }), claim({ version: '1.2.0' })]);
  await expect(claim({ version: '1.3.0' })).rejects.toThrow('used by Phoenix 1.4.0');
});

test('an older version does not take over a ledger, even one that was moved', async () => {
  await claim({ version: '2.0.0' });
  const moved = { branch: 'production', movedFrom: 'git.example.internal/team/config#main@pve' };
  await expect(claim(moved)).rejects.toThrow('is older');
  expect(await claim({ version: '2.0.0' })).toBe('known');
});
