// Storages, mappings, metric servers and options on a lab host: the contract of managers, immutable options, and refusals at their line.

import { expect, test } from 'vitest';
import { storages } from '../../../../src/managers/datacenter/rows/storage.ts';
import { restsOn } from '../../../../src/managers/dependencies.ts';
import { openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { gone, wanted } from '../../guests.ts';
import { read, withDatacenter } from '../example.ts';
import { kindNamed, problemsOf, targetNamed } from '../kinds.ts';

const STORAGES = '/etc/pve/storage.cfg';
const FIRST = 'first-password';
const SECOND = 'second-password';
const open = () => openLabHost([], { 'env:PHOENIX_SECRET_ONE': FIRST, 'env:PHOENIX_SECRET_TWO': SECOND });

const ISCSI = { portal: '10.0.0.9', target: 'iqn.2003-01.org.example:disk' };
const SHARE = { type: 'cifs', server: '10.0.0.9', share: 'media', username: 'pve', content: ['iso', 'vztmpl'] };
testContract(kindNamed('storage'), [
  {
    name: 'a storage with a password',
    open,
    byLedger: true,
    target: targetNamed('storage/share', {
      storages: { share: { ...SHARE, disable: true, password: { $secret: 'env:PHOENIX_SECRET_ONE' } } },
    }),
    changed: targetNamed('storage/share', {
      storages: { share: { ...SHARE, content: ['iso'], password: { $secret: 'env:PHOENIX_SECRET_TWO' } } },
    }),
    state: async (host) => [await host.readFile(STORAGES), await host.readFile('/etc/pve/priv/storage/share.pw')],
    secrets: [FIRST, SECOND],
    foreign: {
      make: async (host) =>
        host.write(
          STORAGES,
          `${await host.read(STORAGES)}cifs: share\n\tserver 10.0.0.9\n\tshare media\n\tcontent iso\n\n`,
        ),
      state: (host) => host.readFile(STORAGES),
      refused: 'storage share is not ours; take it over with phoenix adopt storage/share',
    },
  },
]);

testContract(kindNamed('pci'), [
  {
    name: 'a mapping of a device',
    open,
    target: targetNamed('pci/gpu', {
      pci_mappings: {
        gpu: { description: 'Card', map: [{ node: 'pve', path: '0000:01:00', id: '10de:2204', iommugroup: 14 }] },
      },
    }),
    changed: targetNamed('pci/gpu', {
      pci_mappings: {
        gpu: { mdev: true, map: [{ node: 'pve', path: '0000:01:00', id: '10de:2204', iommugroup: 14 }] },
      },
    }),
    state: (host) => host.readFile('/etc/pve/mapping/pci.cfg'),
  },
]);

const INFLUX = { type: 'influxdb', server: '10.0.0.30', port: 8086 };
testContract(kindNamed('metrics'), [
  {
    name: 'a metric server with a token',
    open,
    byLedger: true,
    target: targetNamed('metrics/influx', {
      metric_servers: {
        influx: { ...INFLUX, influxdbproto: 'https', bucket: 'pve', token: { $secret: 'env:PHOENIX_SECRET_ONE' } },
      },
    }),
    changed: targetNamed('metrics/influx', {
      metric_servers: { influx: { ...INFLUX, mtu: 1400, token: { $secret: 'env:PHOENIX_SECRET_TWO' } } },
    }),
    state: async (host) => [
      await host.readFile('/etc/pve/status.cfg'),
      await host.readFile('/etc/pve/priv/metricserver/influx.pw'),
    ],
    secrets: [FIRST, SECOND],
  },
]);

testContract(kindNamed('datacenter'), [
  {
    name: 'the options of the datacenter',
    open,
    byLedger: true,
    target: targetNamed('datacenter/options', {
      options: { keyboard: 'de', migration: { type: 'secure', network: '10.0.0.0/24' }, 'next-id': { lower: 200 } },
    }),
    changed: targetNamed('datacenter/options', { options: { keyboard: 'fr', max_workers: 6 } }),
    state: (host) => host.readFile('/etc/pve/datacenter.cfg'),
  },
]);

test('a storage whose immutable options change is recreated, after an approval that names what is lost', async () => {
  const host = await open();
  const storages = kindNamed('storage');
  const at = (path: string) =>
    targetNamed('storage/backup', { storages: { backup: { type: 'dir', path, content: ['backup'] } } });
  const [first, second] = [at('/srv/backup'), at('/srv/other')];
  await convergeStep(storages, host, wanted(first));
  const change = wanted(second, { before: first.spec });
  expect(await convergeStep(storages, host, change)).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('loses its places in pools and the rights on it; what it holds stays'),
  });
  expect(await convergeStep(storages, host, { ...change, approved: true })).toMatchObject({ outcome: 'done' });
  expect(await host.read(STORAGES)).toContain('\tpath /srv/other\n');
  await host.close();
});

test('a storage that a guest still has a disk on is not deleted', async () => {
  const host = await open();
  const storages = kindNamed('storage');
  const target = targetNamed('storage/vm', { storages: { vm: { type: 'dir', path: '/srv/vm' } } });
  await convergeStep(storages, host, wanted(target));
  await host.write('/etc/pve/nodes/pve/lxc/101.conf', 'rootfs: vm:101/disk.raw,size=8G\n');
  await host.write('/etc/pve/lxc/101.conf', 'rootfs: vm:101/disk.raw,size=8G\n');
  expect(await convergeStep(storages, host, gone(target, { approved: true }))).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('guest 101'),
  });
  // Recreating one names the guest on it before approval.
  const moved = targetNamed('storage/vm', { storages: { vm: { type: 'dir', path: '/srv/other' } } });
  expect(await convergeStep(storages, host, wanted(moved, { before: target.spec }))).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('making it again, while guest 101 still has a disk on it, loses'),
  });
  await host.close();
});

test('a storage that another is on goes after it, and not before', async () => {
  const host = await open();
  const storages = kindNamed('storage');
  const both = { san: { type: 'iscsi', ...ISCSI }, group: { type: 'lvm', vgname: 'vg0', base: 'san:0.0.0.scsi-1' } };
  const [san, group] = ['san', 'group'].map((id) => targetNamed(`storage/${id}`, { storages: both }));
  if (san === undefined || group === undefined) throw new Error('they are not declared');
  expect(group.needs).toContain('storage/san');
  for (const target of [san, group])
    expect(await convergeStep(storages, host, wanted(target))).toMatchObject({ outcome: 'done' });
  expect(await convergeStep(storages, host, gone(san, { approved: true }))).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('storage group is on a disk of it'),
  });
  await host.close();
});

test('a storage of ESXi without its password is refused before anything is done', async () => {
  const host = await open();
  const target = targetNamed('storage/old', {
    storages: { old: { type: 'esxi', server: '10.0.0.9', username: 'root' } },
  });
  const end = await convergeStep(kindNamed('storage'), host, wanted(target));
  expect(end).toMatchObject({ outcome: 'refused', actions: [], reason: expect.stringContaining('without password') });
  await host.close();
});

test('guests may lie on a storage that is declared here, and it comes before them', () => {
  const files = withDatacenter({
    storages: { vault: { type: 'nfs', server: '10.0.0.9', export: '/x', content: ['rootdir'] } },
  });
  const guests = JSON.parse(String(files['etc/phoenix_lxc_configs.json']));
  guests.lxc_configs['101'].storage_pool = 'vault';
  const { config, problems } = read({ ...files, 'etc/phoenix_lxc_configs.json': JSON.stringify(guests) });
  if (config === null) throw new Error(JSON.stringify(problems));
  const guest = config.lxc.find(({ id }) => id === 101);
  const other = config.lxc.find(({ id }) => id === 102);
  if (guest === undefined || other === undefined) throw new Error('the environment has no such guests');
  expect(restsOn(guest, config)).toContain('storage/vault');
  expect(restsOn(other, config)).not.toContain('storage/vault');
});

test('a storage in both files is reported at both lines', () => {
  const files = withDatacenter({ storages: { vault: { type: 'dir', path: '/srv/vault' } } });
  const host = JSON.parse(String(files['etc/phoenix_hypervisor_config.json']));
  host.proxmox_storage_ids = { ...host.proxmox_storage_ids, mine: 'vault' };
  const { problems } = read({ ...files, 'etc/phoenix_hypervisor_config.json': JSON.stringify(host) });
  expect(problems.filter(({ code }) => code === 'DUPLICATE_ID')).toMatchObject([
    { file: 'etc/phoenix_datacenter_config.json', path: '/storages/vault' },
    { file: 'etc/phoenix_hypervisor_config.json', path: '/proxmox_storage_ids/mine' },
  ]);
});

test.each<[string, object, { code: string; path: string; message?: unknown; hint?: unknown }]>([
  [
    'an option of another type of storage',
    { storages: { vault: { type: 'dir', path: '/srv/x', vgname: 'pve' } } },
    { code: 'INVALID_VALUE', path: '/storages/vault/vgname' },
  ],
  [
    'a storage without what its type must have',
    { storages: { vault: { type: 'nfs', server: '10.0.0.9' } } },
    { code: 'INVALID_VALUE', path: '/storages/vault', message: expect.stringContaining('export') },
  ],
  [
    'a folder of the system',
    { storages: { vault: { type: 'dir', path: '/etc/pve' } } },
    { code: 'INVALID_VALUE', path: '/storages/vault/path' },
  ],
  [
    'a misspelt content',
    { storages: { vault: { type: 'dir', path: '/srv/x', content: ['isos'] } } },
    { code: 'INVALID_VALUE', path: '/storages/vault/content' },
  ],
  [
    'content that its type cannot hold',
    { storages: { vault: { type: 'lvmthin', thinpool: 'data', vgname: 'pve', content: ['images', 'iso'] } } },
    {
      code: 'INVALID_VALUE',
      path: '/storages/vault/content',
      message: expect.stringContaining('takes images or rootdir'),
    },
  ],
  [
    'none beside content',
    { storages: { vault: { type: 'dir', path: '/srv/x', content: ['none', 'iso'] } } },
    { code: 'INVALID_VALUE', path: '/storages/vault/content' },
  ],
  [
    'a format of disks that its type has not',
    { storages: { vault: { type: 'btrfs', path: '/srv/x', format: 'qcow2' } } },
    { code: 'INVALID_VALUE', path: '/storages/vault/format', message: expect.stringContaining('raw or subvol') },
  ],
  [
    'a path that Proxmox writes in another way',
    { storages: { vault: { type: 'dir', path: '/srv/x/' } } },
    { code: 'INVALID_VALUE', path: '/storages/vault/path' },
  ],
  [
    'a path of Btrfs that Proxmox writes in another way',
    { storages: { vault: { type: 'btrfs', path: '/srv/x/' } } },
    { code: 'INVALID_VALUE', path: '/storages/vault/path' },
  ],
  [
    'a folder of content that climbs',
    { storages: { vault: { type: 'dir', path: '/srv/x', 'content-dirs': ['iso=images/..'] } } },
    { code: 'INVALID_VALUE', path: '/storages/vault/content-dirs' },
  ],
  [
    'a path with a blank',
    { storages: { vault: { type: 'dir', path: '/srv/my films' } } },
    { code: 'INVALID_VALUE', path: '/storages/vault/path' },
  ],
  [
    'a mount that is neither said nor named',
    { storages: { vault: { type: 'dir', path: '/srv/x', is_mountpoint: 'maybe' } } },
    { code: 'INVALID_VALUE', path: '/storages/vault/is_mountpoint' },
  ],
  [
    'a password where there is none',
    { storages: { vault: { type: 'dir', path: '/srv/x', password: { $secret: 'env:PHOENIX_SECRET_ONE' } } } },
    { code: 'INVALID_VALUE', path: '/storages/vault/password' },
  ],
  [
    'a device that is none',
    { pci_mappings: { gpu: { map: [{ node: 'pve', path: 'first', id: '10de:2204' }] } } },
    { code: 'INVALID_VALUE', path: '/pci_mappings/gpu/map/0' },
  ],
  [
    'an option that is none',
    { options: { keybord: 'de' } },
    { code: 'UNKNOWN_KEY', path: '/options/keybord', hint: 'Did you mean "keyboard"?' },
  ],
  [
    'a password of a share without its user',
    {
      storages: {
        vault: { type: 'cifs', server: '10.0.0.9', share: 'x', password: { $secret: 'env:PHOENIX_SECRET_ONE' } },
      },
    },
    { code: 'INVALID_VALUE', path: '/storages/vault/password' },
  ],
  [
    'the nodes of the storage that every node has',
    { storages: { local: { type: 'dir', path: '/var/lib/vz', nodes: ['pve'] } } },
    { code: 'INVALID_VALUE', path: '/storages/local/nodes' },
  ],
  [
    'another storage by its name',
    { storages: { local: { type: 'btrfs', path: '/srv/x' } } },
    { code: 'INVALID_VALUE', path: '/storages/local/type' },
  ],
  [
    'a folder of content that its type cannot hold',
    { storages: { vault: { type: 'cephfs', 'content-dirs': ['images=x'] } } },
    { code: 'INVALID_VALUE', path: '/storages/vault/content-dirs' },
  ],
  [
    'one folder for two contents',
    { storages: { vault: { type: 'dir', path: '/srv/x', 'content-dirs': ['iso=all', 'vztmpl=all'] } } },
    { code: 'INVALID_VALUE', path: '/storages/vault/content-dirs', message: expect.stringContaining('all twice') },
  ],
  [
    'a target of LIO without its group',
    { storages: { vault: { ...ISCSI, type: 'zfs', pool: 'tank', blocksize: '4k', iscsiprovider: 'LIO' } } },
    { code: 'INVALID_VALUE', path: '/storages/vault/iscsiprovider' },
  ],
  [
    'a volume group on a storage that is none of iSCSI',
    {
      storages: {
        vault: { type: 'dir', path: '/srv/x' },
        group: { type: 'lvm', vgname: 'vg0', base: 'vault:0.0.0.scsi-1' },
      },
    },
    { code: 'INVALID_VALUE', path: '/storages/group/base' },
  ],
  [
    'a volume group on a storage that nothing declares',
    { storages: { group: { type: 'lvm', vgname: 'vg0', base: 'vault:0.0.0.scsi-1' } } },
    { code: 'UNKNOWN_STORAGE', path: '/storages/group/base' },
  ],
  [
    'two folders of one node by one name',
    {
      dir_mappings: {
        films: {
          map: [
            { node: 'pve', path: '/srv/a' },
            { node: 'pve', path: '/srv/b' },
          ],
        },
      },
    },
    { code: 'INVALID_VALUE', path: '/dir_mappings/films/map' },
  ],
])('%s is refused at its line', (_, datacenter, problem) => {
  expect(problemsOf(datacenter)).toMatchObject([problem]);
});

test('an option without a value is a switch that is on, or one that Proxmox skips', () => {
  const text = 'dir: own\n\tpath /srv/own\n\tnodes\n\tdisable\n\tcontent iso\n';
  expect(storages.read(text).get('own')).toEqual({
    path: ['/srv/own'],
    disable: ['1'],
    content: ['iso'],
    type: ['dir'],
  });
});
