// Ceph pools of the node: the contract of managers; a missing Ceph does not count as no pools, and deleting a pool with data needs an approval.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { CEPH_FILE, printSize } from '../../../../src/proxmox/ceph.ts';
import { parseSize } from '../../../../src/proxmox/storages/sizes.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { gone, wanted } from '../../guests.ts';
import { kindNamed, problemsOf, targetNamed } from '../kinds.ts';

const LIST = '/var/lib/lab/ceph-pools.json';
const kind = kindNamed('cephpool');
const pool = (options: object = {}) => targetNamed('cephpool/tank', { ceph_pools: { tank: options } });
const withCeph = async (): Promise<LabHost> => {
  const lab = await openLabHost();
  await lab.write(CEPH_FILE, '[global]\n');
  return lab;
};

testContract(kind, [
  {
    name: 'a Ceph pool',
    open: withCeph,
    // The list of pools.
    looks: 1,
    target: pool({ size: 3, target_size: '100G', pg_num: 64 }),
    changed: pool({ size: 2, min_size: 1, pg_autoscale_mode: 'on' }),
    state: (host) => host.readFile(LIST),
  },
]);

let host: LabHost;
beforeEach(async () => {
  host = await openLabHost();
});
afterEach(() => host.close());

test('a node without Ceph has no list of pools: nothing is made, and nothing counts as deleted', async () => {
  expect(await convergeStep(kind, host, wanted(pool()))).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('Ceph is not set up on the node, which has no /etc/pve/ceph.conf'),
  });
  expect(await convergeStep(kind, host, gone(pool(), { approved: true }))).toMatchObject({ actions: [] });
  expect(host.commands.filter((line) => line.includes('ceph'))).toEqual([]);
});

test('a list that cannot be read is a failure, and no empty one', async () => {
  await host.write(CEPH_FILE, '[global]\n');
  const silent = {
    ...host,
    run: async () => ({ exit: 255, stdout: '', stderr: 'got timeout\n', ms: 0, ended: 'exited' as const }),
  };
  await expect(kind.inventory(silent)).rejects.toThrow(
    'pvesh get /nodes/localhost/ceph/pool --output-format json: got timeout',
  );
});

test('a pool that holds data is deleted after an approval that says so, and not while a storage has disks in it', async () => {
  await host.write(CEPH_FILE, '[global]\n');
  await convergeStep(kind, host, wanted(pool()));
  expect(await convergeStep(kind, host, gone(pool()))).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('loses everything in it for good'),
  });
  expect(await convergeStep(kind, host, gone(pool(), { approved: true }))).toMatchObject({ outcome: 'done' });
  expect(await host.readFile(LIST)).toBe('[]');
});

test('a pool with erasure coding, and one that others made otherwise, stay as they are', async () => {
  await host.write(CEPH_FILE, '[global]\n');
  const theirs = { pool_name: 'tank', type: 'erasure', size: 6, min_size: 5, pg_num: 32 };
  await host.write(LIST, JSON.stringify([theirs]));
  expect(await convergeStep(kind, host, wanted(pool(), { adopt: true }))).toMatchObject({
    reason: expect.stringContaining('it is a pool of type erasure'),
  });
  await host.write(LIST, JSON.stringify([{ ...theirs, type: 'replicated' }]));
  expect(await convergeStep(kind, host, wanted(pool({ size: 3 })))).toMatchObject({
    reason: expect.stringContaining('phoenix adopt cephpool/tank'),
  });
  expect(host.commands.filter((line) => /^pvesh (create|set|delete)/.test(line))).toEqual([]);
});

test('of a pool with erasure coding that a person made, the one for metadata is declared as any other', async () => {
  await host.write(CEPH_FILE, '[global]\n');
  const words = ['create', '/nodes/localhost/ceph/pool', '--name', 'tank', '--erasure-coding', 'k=4,m=2'];
  await host.run({ kind: 'command', program: 'pvesh', args: words, timeoutSeconds: 60 });
  expect(JSON.parse((await host.readFile(LIST)) ?? '')).toMatchObject([
    { pool_name: 'tank-data', type: 'erasure', size: 6, min_size: 5, pg_num: 128 },
    { pool_name: 'tank-metadata', type: 'replicated', size: 3, min_size: 2, pg_num: 32 },
  ]);
  expect(await host.readFile('/etc/pve/storage.cfg')).toMatch(/rbd: tank\n(?:\t.*\n)*\tdata-pool tank-data\n/);
  const metadata = targetNamed('cephpool/tank-metadata', { ceph_pools: { 'tank-metadata': { pg_num: 32 } } });
  expect(await convergeStep(kind, host, wanted(metadata))).toEqual({ outcome: 'done', actions: [] });
});

test('what import writes of a pool is what it is, and Ceph keeps its own', async () => {
  await host.write(CEPH_FILE, '[global]\n');
  const common = { min_size: 2, application_metadata: { rbd: {} }, crush_rule_name: 'replicated_rule' };
  await host.write(
    LIST,
    JSON.stringify([
      { ...common, pool_name: '.mgr', type: 'replicated', size: 3, pg_num: 1 },
      { ...common, pool_name: 'tank-data', type: 'erasure', size: 6, pg_num: 32 },
      {
        ...common,
        pool_name: 'fast',
        type: 'replicated',
        size: 2,
        pg_num: 33,
        pg_autoscale_mode: 'on',
        target_size: 2 ** 40,
      },
    ]),
  );
  const { imports } = kind;
  if (imports === undefined) throw new Error('pools are imported');
  const { files, left } = imports.written(await imports.observe(host), 'different', '/etc/phoenix/secrets');
  expect(files).toEqual({
    'etc/phoenix_datacenter_config.json': {
      ceph_pools: { fast: { size: 2, pg_autoscale_mode: 'on', target_size: '1T' } },
    },
  });
  expect(left).toEqual([{ what: 'cephpool/tank-data', why: expect.stringContaining('type erasure') }]);
});

test.each([
  ['fewer copies than it needs', { size: 2, min_size: 3 }, 'min_size'],
  ['a number that Ceph sets itself', { pg_num: 64, pg_autoscale_mode: 'on' }, 'pg_num'],
  ['a size in another spelling', { target_size: '1024G' }, 'target_size'],
  ['a size in no unit', { target_size: '1 TB' }, 'target_size'],
  ['two expectations', { target_size: '1T', target_size_ratio: 0.5 }, 'target_size_ratio'],
])('a pool with %s is refused at its line', (_, options, field) => {
  expect(problemsOf({ ceph_pools: { tank: options } })).toMatchObject([{ path: `/ceph_pools/tank/${field}` }]);
});

test('sizes have one spelling', () => {
  expect(['100G', '1.5T', '0', '1023K'].map((text) => printSize(parseSize(text) ?? -1))).toEqual([
    ...['100G', '1536G', '0', '1023K'],
  ]);
});
