// HA resources and rules, and replication jobs: the contract of managers, and refusals at their line.

import { declareNode } from 'phoenix-lab/host';
import { expect, test } from 'vitest';
import { impactOf } from '../../../../src/managers/index.ts';
import { HA_RESOURCES_FILE, HA_RULES_FILE } from '../../../../src/proxmox/ha.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { gone, wanted } from '../../guests.ts';
import { read, withDatacenter } from '../example.ts';
import { kindNamed, problemsOf, targetNamed } from '../kinds.ts';

const [resource, rule, replication] = [kindNamed('ha'), kindNamed('harule'), kindNamed('replication')];
const JOBS = '/etc/pve/replication.cfg';
const ROOT = 'rootfs: rpool:subvol-NUMBER-disk-0,size=8G\n';

/** One of two nodes, with the containers 101 and 102, which HA manages if given. */
async function openCluster(managed: readonly string[] = []): Promise<LabHost> {
  const host = await openLabHost();
  declareNode(host.dir, 'pve2');
  const ids = Object.fromEntries(['101', '102', '900'].map((id) => [id, { node: 'pve', type: 'lxc', version: 1 }]));
  for (const id of Object.keys(ids)) await host.write(`/etc/pve/lxc/${id}.conf`, ROOT.replace('NUMBER', id));
  await host.write('/etc/pve/.vmlist', JSON.stringify({ version: 1, ids }));
  if (managed.length > 0) await host.write(HA_RESOURCES_FILE, managed.map((id) => `ct: ${id}\n\n`).join(''));
  return host;
}

const one = (options: object) => targetNamed('ha/ct:101', { ha_resources: { 'ct:101': options } });
const rules = (options: object) => targetNamed('harule/home', { ha_rules: { home: options } });
const job = (options: object) =>
  targetNamed('replication/900-0', { replication: { '900-0': { target: 'pve2', ...options } } });

testContract(resource, [
  {
    name: 'a resource of HA',
    open: () => openCluster(),
    target: one({ comment: 'One: two', max_restart: 3 }),
    changed: one({ state: 'ignored', failback: false }),
    state: (host) => host.readFile(HA_RESOURCES_FILE),
    foreign: {
      make: (host) => host.write(HA_RESOURCES_FILE, 'ct: 101\n\tstate stopped\n\n'),
      state: (host) => host.readFile(HA_RESOURCES_FILE),
      refused: 'is not ours; take it over with phoenix adopt ha/ct:101',
    },
  },
]);

testContract(rule, [
  {
    name: 'a rule of HA',
    open: () => openCluster(['101', '102']),
    target: rules({ type: 'node-affinity', resources: ['ct:101'], nodes: ['pve:2', 'pve2'], disable: true }),
    changed: rules({ type: 'node-affinity', resources: ['ct:102', 'ct:101'], nodes: ['pve'], disable: false }),
    state: (host) => host.readFile(HA_RULES_FILE),
    foreign: {
      make: (host) => host.write(HA_RULES_FILE, 'node-affinity: home\n\tnodes pve\n\tresources ct:102\n\n'),
      state: (host) => host.readFile(HA_RULES_FILE),
      refused: 'is not ours; take it over with phoenix adopt harule/home',
    },
  },
]);

testContract(replication, [
  {
    name: 'a replication job',
    open: () => openCluster(),
    target: job({ schedule: '*/30', rate: 12.5 }),
    changed: job({ disable: true, comment: 'Later' }),
    state: (host) => host.readFile(JOBS),
    // It disappears once the daemon has processed it.
    removable: false,
    foreign: {
      make: (host) => host.write(JOBS, 'local: 900-0\n\ttarget pve2\n\tsource pve\n\n'),
      state: (host) => host.readFile(JOBS),
      refused: 'is not ours; take it over with phoenix adopt replication/900-0',
    },
  },
]);

test('a rule that changes its type is made again, once that is approved', async () => {
  const host = await openCluster(['101', '102']);
  const [before, after] = [
    rules({ type: 'node-affinity', resources: ['ct:101', 'ct:102'], nodes: ['pve'] }),
    rules({ type: 'resource-affinity', resources: ['ct:101', 'ct:102'], affinity: 'positive' }),
  ];
  await convergeStep(rule, host, wanted(before));
  const asked = wanted(after, { before: before.spec });
  expect(await convergeStep(rule, host, asked)).toMatchObject({ outcome: 'refused' });
  expect(await convergeStep(rule, host, { ...asked, approved: true })).toMatchObject({ outcome: 'done' });
  expect(await host.read(HA_RULES_FILE)).toContain('resource-affinity: home');
  await host.close();
});

test('a resource is not taken out of HA while a rule names it, and takes nothing along', async () => {
  const host = await openCluster();
  await convergeStep(resource, host, wanted(one({})));
  await host.write(HA_RULES_FILE, 'node-affinity: theirs\n\tnodes pve\n\tresources ct:101,ct:102\n\n');
  const away = gone(one({}), { approved: true });
  const reason = expect.stringContaining('rule theirs still names it');
  expect(await convergeStep(resource, host, away)).toMatchObject({ outcome: 'refused', reason });
  await host.write(HA_RULES_FILE, '');
  expect(await convergeStep(resource, host, away)).toMatchObject({ outcome: 'done' });
  expect((await host.readFile(HA_RESOURCES_FILE)) ?? '').not.toContain('101');
  await host.close();
});

test('a job that was deleted is gone as far as Phoenix goes, and is not made again before Proxmox took it away', async () => {
  const host = await openCluster();
  await convergeStep(replication, host, wanted(job({})));
  const away = gone(job({}), { approved: true });
  expect(await convergeStep(replication, host, away)).toMatchObject({ outcome: 'done' });
  expect(await convergeStep(replication, host, away)).toEqual({ outcome: 'done', actions: [] });
  expect(await host.read(JOBS)).toContain('remove_job full');
  const reason = expect.stringContaining('has not removed it yet');
  expect(await convergeStep(replication, host, wanted(job({})))).toMatchObject({ outcome: 'refused', reason });
  await host.write(JOBS, '');
  expect(await convergeStep(replication, host, wanted(job({})))).toMatchObject({ outcome: 'done' });
  await host.close();
});

test('started and enabled are one state, and stopping a guest costs what a restart does', async () => {
  const host = await openCluster();
  await host.write(HA_RESOURCES_FILE, 'ct: 101\n\tstate enabled\n\tcomment [kept by Phoenix from REPOSITORY]\n\n');
  const target = one({ state: 'started' });
  const [before, after] = [target.spec, { state: 'disabled' }];
  const fields = [{ path: '/state', before: 'started', after: 'disabled' }];
  expect(impactOf({ target: target.id, verb: 'update', before, after, fields })).toBe('restart');
  const adopted = await convergeStep(resource, host, wanted(target, { adopt: true }));
  expect(adopted.actions.join()).not.toContain('state');
  await host.close();
});

const TWO = ['ct:101', 'ct:102'];
const HOME = { type: 'node-affinity', resources: ['ct:101'], nodes: ['pve'] };

test.each([
  ['a name that is no guest', { ha_resources: { web: {} } }, { path: '/ha_resources/web' }],
  [
    'a container that is called a virtual machine',
    { ha_resources: { 'vm:101': {} } },
    { code: 'UNKNOWN_REFERENCE', path: '/ha_resources/vm:101', hint: 'Write "ct:101".' },
  ],
  [
    'one that runs and that HA would stop',
    { ha_resources: { 'ct:101': { state: 'stopped' } } },
    { code: 'INVALID_VALUE', path: '/ha_resources/ct:101/state' },
  ],
  [
    'a rule without nodes',
    { ha_rules: { home: { type: 'node-affinity', resources: TWO } } },
    { code: 'INVALID_VALUE', path: '/ha_rules/home' },
  ],
  [
    'one resource that is to run together',
    { ha_rules: { home: { type: 'resource-affinity', resources: ['ct:101'], affinity: 'positive' } } },
    { code: 'INVALID_VALUE', path: '/ha_rules/home/resources' },
  ],
  [
    'nodes of one resource in two rules',
    { ha_rules: { home: HOME, away: HOME } },
    { code: 'INVALID_VALUE', path: '/ha_rules/away/resources' },
  ],
  [
    'two that run together and apart',
    {
      ha_rules: {
        home: { type: 'resource-affinity', resources: TWO, affinity: 'positive' },
        away: { type: 'resource-affinity', resources: TWO, affinity: 'negative' },
      },
    },
    { code: 'INVALID_VALUE', path: '/ha_rules/away/resources' },
  ],
  [
    'a misspelt option',
    { ha_resources: { 'ct:101': { max_restarts: 2 } } },
    { code: 'UNKNOWN_KEY', path: '/ha_resources/ct:101/max_restarts', hint: 'Did you mean "max_restart"?' },
  ],
  [
    'two copies on one node',
    { replication: { '900-0': { target: 'pve2' }, '900-1': { target: 'pve2' } } },
    { code: 'DUPLICATE_ID', path: '/replication/900-1/target' },
  ],
  [
    'a copy of a guest with a folder of the host',
    { replication: { '101-0': { target: 'pve2' } } },
    {
      code: 'INVALID_VALUE',
      path: '/replication/101-0',
      message: expect.stringContaining('of the host, which Proxmox cannot copy'),
    },
  ],
  [
    'two that run together and have two rules about their nodes',
    {
      ha_rules: {
        home: { type: 'node-affinity', resources: TWO.slice(0, 1), nodes: ['pve'] },
        away: { type: 'node-affinity', resources: TWO.slice(1), nodes: ['pve2'] },
        near: { type: 'resource-affinity', resources: TWO, affinity: 'positive' },
      },
    },
    { path: '/ha_rules/near/resources', message: expect.stringContaining('in multiple node affinity rules') },
  ],
  [
    'two that run apart on one node',
    {
      ha_rules: {
        home: { ...HOME, resources: TWO },
        far: { type: 'resource-affinity', resources: TWO, affinity: 'negative' },
      },
    },
    { path: '/ha_rules/far/resources', message: expect.stringContaining('less nodes than available') },
  ],
])('%s is refused at its line', (_, datacenter, problem) => {
  expect(problemsOf(datacenter)).toMatchObject([problem]);
});

/** Containers with disks as given, of which a job copies the first. */
function replicated(container: object): readonly object[] {
  const files = withDatacenter({
    storages: { nas: { type: 'nfs', server: '10.0.0.9', export: '/nas', content: ['rootdir', 'images'] } },
    replication: { '950-0': { target: 'pve2' } },
  });
  const lxc = JSON.parse(String(files['etc/phoenix_lxc_configs.json']));
  lxc.lxc_configs['950'] = { ...lxc.lxc_configs['900'], name: 'copied', ...container };
  return read({ ...files, 'etc/phoenix_lxc_configs.json': lxc }).problems.filter(
    ({ target }) => target === 'replication/950-0',
  );
}

const VOLUME = { name: 'data', size_gb: 2, mount_point: '/data' };

test.each([
  ['on ZFS', {}],
  ['with a disk that every node has', { zfs_volumes: [{ ...VOLUME, pool: 'nas' }] }],
  ['with another disk that is left out', { zfs_volumes: [{ ...VOLUME, pool: 'local-lvm', replicate: false }] }],
  ['with a root disk that is left out', { storage_pool: 'local-lvm', root_disk: { replicate: false } }],
  [
    'with a folder of the host that is left out',
    { mount_points: [{ host_path: '/srv/a', container_path: '/a', replicate: false }] },
  ],
])('a guest %s may be copied', (_, container) => {
  expect(replicated(container)).toEqual([]);
});

test.each([
  ['a root disk', { storage_pool: 'local-lvm' }],
  ['another disk', { zfs_volumes: [{ ...VOLUME, pool: 'local-lvm' }] }],
])('a guest with %s where no disk can be copied is refused', (_, container) => {
  expect(replicated(container)).toMatchObject([
    { code: 'INVALID_VALUE', message: expect.stringContaining('"local-lvm" of type lvmthin') },
  ]);
});

test.each([
  ['a folder of the host', 'mp0: /srv/a,mp=/a\n', "unable to replicate mountpoint type 'bind'"],
  ['a disk on LVM', 'mp0: local-lvm:vm-900-disk-1,mp=/a,size=2G\n', "missing replicate feature on volume 'local-lvm:"],
])('the lab makes no job for a guest with %s', async (_, line, message) => {
  const host = await openCluster();
  await host.write('/etc/pve/lxc/900.conf', ROOT.replace('NUMBER', '900') + line);
  expect(await convergeStep(replication, host, wanted(job({})))).toMatchObject({
    outcome: 'failed',
    reason: expect.stringContaining(message),
  });
  await host.write(
    '/etc/pve/lxc/900.conf',
    ROOT.replace('NUMBER', '900').replace('size=8G', 'size=8G,replicate=0') + line.replace('\n', ',replicate=0\n'),
  );
  expect(await convergeStep(replication, host, wanted(job({})))).toMatchObject({
    reason: expect.stringContaining('No replicatable volumes found'),
  });
  await host.close();
});
