// Pools and datasets: no data is ever destroyed, properties follow the declaration, and storages of others are adopted only on request.

import fc from 'fast-check';
import { providePool } from 'phoenix-lab/host';
import { bytesOf } from 'phoenix-lab/state';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Hypervisor, ZfsDataset } from '../../../../src/managers/hypervisor/declared.ts';
import { storagesOf } from '../../../../src/managers/hypervisor/normalise/storage.ts';
import { sameValue } from '../../../../src/managers/hypervisor/storage/datasets.ts';
import type { Target } from '../../../../src/model/target.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { gone, wanted } from '../../guests.ts';
import { manager, partOf, withHost } from '../host.ts';

const DISKS = ['/dev/disk/by-id/nvme-Lab_SSD_LAB0001', '/dev/disk/by-id/nvme-Lab_SSD_LAB0002'];

function dataset(name: string, own: Partial<ZfsDataset> = {}): ZfsDataset {
  const shared = { writtenAt: { file: '', path: '' }, pool: 'tank', properties: {}, quotaGb: null };
  return { ...shared, name, storageType: 'zfspool', contents: ['images', 'rootdir'], contentsAreNamed: true, ...own };
}

const guests = dataset('guests', { properties: { compression: 'lz4', quota: '600G', recordsize: '16K' } });
const data = dataset('shared/data', { storageType: 'dir', contents: ['backup', 'iso'] });

function declared(datasets: readonly ZfsDataset[], arcMaxGb: number | null = null): Target {
  const pools = [{ name: 'tank', raidLevel: 'mirror', disks: DISKS }];
  const zfs: Hypervisor['zfs'] = { arcMaxGb, pools, datasets, allowDestructive: false };
  return partOf(withHost({ zfs, storages: storagesOf(datasets, {}) }), 'storage');
}

async function withPool(): Promise<LabHost> {
  const host = await openLabHost();
  providePool(host.dir, 'tank', 'mirror', DISKS);
  return host;
}

async function zfs(host: LabHost, list: string): Promise<string> {
  const args = ['get', '-Hp', '-t', 'filesystem', '-o', 'name,property,value,source', list];
  return (await host.run({ kind: 'command', program: 'zfs', args, timeoutSeconds: 5 })).stdout;
}

testContract(manager, [
  {
    name: 'hypervisor/storage',
    open: withPool,
    target: declared([guests, data], 16),
    changed: declared([{ ...guests, properties: { atime: 'off', recordsize: '128K' }, contents: ['images'] }], 8),
    state: async (host) => [
      await zfs(host, 'all'),
      await host.readFile('/etc/pve/storage.cfg'),
      await host.readFile('/sys/module/zfs/parameters/zfs_arc_max'),
      await host.readFile('/etc/modprobe.d/zz-phoenix-zfs.conf'),
      await host.readFile('/boot/initrd.img-6.17.2-1-pve'),
    ],
    // What the services do, the clock, and all filesystems.
    looks: 3,
    foreign: {
      async make(host) {
        const args = ['add', 'dir', 'attic', '--path', '/mnt/attic', '--content', 'backup'];
        await host.run({ kind: 'command', program: 'pvesm', args, timeoutSeconds: 5 });
        const made = ['create', '-o', 'quota=5G', 'tank/attic'];
        await host.run({ kind: 'command', program: 'zfs', args: made, timeoutSeconds: 5 });
        await host.write('/etc/modprobe.d/zfs.conf', 'options zfs zfs_arc_max=1\n');
      },
      state: async (host) => [
        (await host.read('/etc/pve/storage.cfg')).split('\n\n').filter((entry) => /: (attic|local|rpool)/.test(entry)),
        (await zfs(host, 'quota')).split('\n').filter((line) => line.startsWith('tank/attic')),
        await host.read('/etc/modprobe.d/zfs.conf'),
      ],
    },
  },
]);

describe('a host with a pool', () => {
  let host: LabHost;
  beforeAll(async () => {
    host = await withPool();
  });
  afterAll(() => host.close());

  test('what is no longer declared stays, with all that it holds: only the entry of Proxmox goes', async () => {
    const first = declared([guests, data]);
    expect(await convergeStep(manager, host, wanted(first))).toMatchObject({ outcome: 'done' });
    const second = wanted(declared([guests]), { before: first.spec });
    host.forget();
    expect(await convergeStep(manager, host, second)).toMatchObject({ outcome: 'done' });
    expect(host.commands.filter((line) => !line.startsWith('zfs get'))).toEqual(['pvesm remove tank-shared-data']);
    expect(await zfs(host, 'type')).toContain('tank/shared/data');
    await convergeStep(manager, host, gone(declared([guests])));
    expect(await host.read('/etc/pve/storage.cfg')).not.toContain('tank');
    expect(await zfs(host, 'type')).toContain('tank/guests');
  });

  test('an entry is kept while a guest has a disk on it', async () => {
    const first = declared([guests]);
    await convergeStep(manager, host, wanted(first));
    await host.write('/etc/pve/lxc/105.conf', 'hostname: x\nrootfs: tank-guests:subvol-105-disk-0,size=4G\n');
    const end = await convergeStep(manager, host, wanted(declared([]), { before: first.spec }));
    expect(end).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('guest 105') });
    expect(await host.read('/etc/pve/storage.cfg')).toContain('tank-guests');
  });

  test('a manual change is reverted, and a property that is no longer declared is inherited', async () => {
    const first = declared([{ ...guests, properties: { compression: 'lz4', quota: '600G' } }]);
    await convergeStep(manager, host, wanted(first));
    const args = ['set', 'compression=off', 'tank/guests'];
    await host.run({ kind: 'command', program: 'zfs', args, timeoutSeconds: 5 });
    const fixed = await convergeStep(manager, host, wanted(first));
    expect(fixed.actions.map(({ summary }) => summary)).toEqual(['set compression=lz4 on tank/guests']);
    await convergeStep(manager, host, wanted(declared([{ ...guests, properties: {} }]), { before: first.spec }));
    const shown = (await zfs(host, 'compression,quota')).split('\n').filter((line) => line.startsWith('tank/guests\t'));
    expect(shown).toEqual(['tank/guests\tcompression\ton\tdefault', expect.stringMatching(/\tquota\t0\t/)]);
  });

  test('a foreign storage with the same name is adopted only on request', async () => {
    const mine = dataset('mine');
    const add = ['add', 'zfspool', 'tank-mine', '--pool', 'tank/mine', '--content', 'images'];
    await host.run({ kind: 'command', program: 'zfs', args: ['create', 'tank/mine'], timeoutSeconds: 5 });
    await host.run({ kind: 'command', program: 'pvesm', args: add, timeoutSeconds: 5 });
    const refused = await convergeStep(manager, host, wanted(declared([guests, mine])));
    expect(refused).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('phoenix adopt') });
    const adopted = await convergeStep(manager, host, wanted(declared([guests, mine]), { adopt: true }));
    expect(adopted).toMatchObject({ outcome: 'done' });
    const elsewhere = dataset('other', { pool: 'rpool' });
    const moved = declared([{ ...elsewhere, name: 'mine' }, guests]);
    const storages = (moved.spec['storages'] as { id: string }[]).map((each) => ({ ...each, id: 'tank-mine' }));
    const end = await convergeStep(manager, host, wanted({ ...moved, spec: { ...moved.spec, storages } }));
    expect(end).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('cannot change that') });
  });
});

test('a pool that is missing is a matter for a person at the host', async () => {
  const host = await openLabHost();
  const end = await convergeStep(manager, host, wanted(declared([guests])));
  const how = `phoenix setup --allow-destructive ${DISKS.join(' ')}`;
  expect(end).toMatchObject({ outcome: 'refused', actions: [], reason: expect.stringContaining(how) });
  await host.close();
});

test('a size is the same however it is written', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4096 }),
      fc.constantFrom('', 'K', 'M', 'G', 'T', 'KiB', 'GB'),
      (digits, unit) => {
        const shown = String(bytesOf(`${digits}${unit}`));
        expect(sameValue('quota', `${digits}${unit}`, shown)).toBe(true);
        expect(sameValue('quota', `${digits}${unit}`, `${shown}0`)).toBe(false);
      },
    ),
  );
  expect(sameValue('quota', 'none', '0')).toBe(true);
  expect(sameValue('quota', '1.4T', '1539316278886')).toBe(true);
  expect(sameValue('acltype', 'posixacl', 'posix')).toBe(true);
});
