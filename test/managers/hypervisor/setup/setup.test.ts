// What only a person changes on the host: disk pools, refused wherever data could still be needed, and the GPU driver.

import { spawnSync } from 'node:child_process';
import { type Disk, provideDisk, providePool } from 'phoenix-lab/host';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runAction } from '../../../../src/agent/apply/run-action.ts';
import { localHost } from '../../../../src/io/host/local.ts';
import { openRedactor } from '../../../../src/io/redact.ts';
import type { ZfsPool } from '../../../../src/managers/hypervisor/declared.ts';
import { observeDisks, readLsblk } from '../../../../src/managers/hypervisor/setup/disks.ts';
import { observeDriver, planDriver } from '../../../../src/managers/hypervisor/setup/gpu-driver.ts';
import { pathsOf, planPools } from '../../../../src/managers/hypervisor/setup/pools.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { findProgram } from '../../../support/programs.ts';

const IDS = ['nvme-Lab_SSD_LAB0001', 'nvme-Lab_SSD_LAB0002'];
const DISKS = IDS.map((id) => `/dev/disk/by-id/${id}`);
const TANK: ZfsPool = { name: 'tank', raidLevel: 'mirror', disks: DISKS };
const BOOT = '/dev/disk/by-id/ata-Lab_Boot_SSD_LAB0000';
const PART = { bytes: 1e9, label: 'backup', mountedOn: null };

let host: LabHost;
beforeEach(async () => {
  host = await openLabHost();
});
afterEach(() => host.close());

function disks(first: Partial<Disk> = {}, second: Partial<Disk> = {}): void {
  provideDisk(host.dir, IDS[0] ?? '', 2e12, first);
  provideDisk(host.dir, IDS[1] ?? '', 2e12, second);
}

async function plan(pool: ZfsPool, named: readonly string[]) {
  return planPools([pool], named, await observeDisks(host, pathsOf([pool], named)));
}

const mounted = { ...PART, name: 'nvme0n1p1', holds: 'vfat', mountedOn: '/boot/efi' };
const cases: readonly [
  what: string,
  prepare: () => void,
  pool: Partial<ZfsPool>,
  named: readonly string[],
  reason: string,
][] = [
  ['a disk that is mounted', () => disks({ mountedOn: '/srv/films' }), {}, DISKS, 'mounted on /srv/films'],
  ['a disk of the start', () => disks({ holds: 'gpt', parts: [mounted] }), {}, DISKS, 'the host starts from it'],
  ['a pool not imported', () => disks({ holds: 'zfs_member', label: 'old' }), {}, DISKS, 'zpool import old'],
  ['half of the disks of a pool', () => disks(), {}, DISKS.slice(0, 1), 'name all of them'],
  ['a disk that no pool declares', () => disks(), {}, [...DISKS, '/dev/sda'], 'belongs to no pool'],
  ['what is no disk', () => {}, {}, DISKS, 'is no disk of this host'],
  ['a disk twice', () => disks(), {}, [...DISKS, '/dev/nvme0n1'], 'are the same disk'],
  ['a pool that is there', () => providePool(host.dir, 'tank', 'mirror', DISKS), {}, DISKS, 'is there already'],
  ['disks of another pool', () => providePool(host.dir, 'other', 'mirror', DISKS), {}, DISKS, 'is part of a pool'],
  ['a part', () => {}, { raidLevel: 'single', disks: [`${BOOT}-part2`] }, [`${BOOT}-part2`], 'whole disks'],
  ['the disk of the system', () => {}, { raidLevel: 'single', disks: [BOOT] }, [BOOT], 'is part of a pool'],
  ['too few disks', () => disks(), { disks: DISKS.slice(1) }, DISKS.slice(1), 'takes 2 disks'],
  ['disks of two sizes', () => disks({ bytes: 1e12 }), {}, DISKS, 'differ in size'],
  ['names that change', () => disks(), { disks: ['/dev/nvme0n1', '/dev/nvme1n1'] }, DISKS, 'below /dev/disk/by-id/'],
];

test.for(cases)('%s is refused', async ([, prepare, pool, named, reason]) => {
  prepare();
  expect(await plan({ ...TANK, ...pool }, named)).toEqual({
    kind: 'refused',
    reason: expect.stringContaining(reason),
  });
});

test('disks are found by any of their paths, and used by the stable one', async () => {
  disks();
  const made = await plan(TANK, ['/dev/nvme1n1', '/dev/nvme0n1']);
  expect(made).toMatchObject({ kind: 'pools', pools: [{ name: 'tank', actions: [{ impact: 'destroy' }] }] });
  expect(JSON.stringify(made)).toContain(JSON.stringify(['create', '-o', 'ashift=12', 'tank', 'mirror', ...DISKS]));
});

test('a disk counts as in use when a logical volume on one of its partitions is mounted, in the form of lsblk --json', () => {
  const root = { path: '/dev/mapper/pve-root', type: 'lvm', size: 10, mountpoints: ['/'] };
  const part = {
    path: '/dev/sda3',
    type: 'part',
    size: 20,
    fstype: 'LVM2_member',
    mountpoints: [null],
    children: [root],
  };
  const text = JSON.stringify({ blockdevices: [{ path: '/dev/sda', type: 'disk', size: 30, children: [part] }] });
  const [area] = readLsblk(text);
  const seen = {
    disks: new Map([[BOOT, area ?? null]]),
    signatures: new Map(),
    pools: { names: [], devices: new Set<string>() },
  };
  const pool = { ...TANK, raidLevel: 'single', disks: [BOOT] };
  expect(planPools([pool], [BOOT], seen)).toMatchObject({ reason: expect.stringContaining('the host starts from it') });
});

const root = process.getuid?.() === 0;
const disk = root ? realDisk() : undefined;

/** A disk of this machine. */
function realDisk(): string | undefined {
  const program = findProgram('lsblk', 'PHOENIX_TEST_LSBLK');
  if (program === undefined) return undefined;
  const args = ['--nodeps', '--noheadings', '--output', 'PATH,TYPE,SIZE'];
  const { stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return /^(\/dev\/\S+)\s+disk\s+(?!0B)/m.exec(stdout ?? '')?.[1];
}

// Without root, lsblk and a spare disk, nothing can be tested on this machine.
test.skipIf(disk === undefined)('a real disk is inspected by the real lsblk and wipefs', async () => {
  const real = localHost({ node: 'here', contents: async () => Buffer.alloc(0), redactor: openRedactor() });
  const none = { exit: 0, stdout: '', stderr: '', ms: 0, ended: 'exited' } as const;
  const run: typeof real.run = async (command) => (command.program === 'zpool' ? none : real.run(command));
  const { disks: seen, signatures } = await observeDisks({ ...real, run }, [disk ?? '', '/dev/none']);
  expect(seen.get(disk ?? '')).toMatchObject({ path: disk, type: 'disk', bytes: expect.any(Number) });
  expect(signatures.get(disk ?? '')).toBeInstanceOf(Array);
  expect(seen.get('/dev/none')).toBeNull();
});

describe('the driver of the GPUs', () => {
  const driver = { version: '580.76.05', runfileUrl: null };

  async function carryOut() {
    const { actions, afterwards } = planDriver(driver, await observeDriver(host));
    const log = { write: () => {}, flush: async () => {} };
    for (const action of actions) {
      const { exit, stderr } = await runAction(host, action, { signal: new AbortController().signal, log });
      expect([action.summary, exit, stderr]).toEqual([action.summary, 0, '']);
    }
    return { actions, afterwards };
  }

  test('is installed once, with its devices', async () => {
    expect(await carryOut()).toMatchObject({ afterwards: null });
    expect((await observeDriver(host)).running).toBe('580.76.05');
    expect(await carryOut()).toEqual({ actions: [], afterwards: null });
  });

  test('waits for a restart where the kernel’s own has the GPUs', async () => {
    await host.write('/sys/module/nouveau/initstate', 'live\n');
    expect(await carryOut()).toMatchObject({ afterwards: expect.stringContaining('restart the host') });
    expect(await host.read('/etc/modprobe.d/phoenix-nvidia.conf')).toContain('blacklist nouveau');
    expect((await observeDriver(host)).running).toBeNull();
  });
});
