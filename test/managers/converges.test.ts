// For any declaration, the managers' actions lead to a host on which they decide nothing, and so for any change of it.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Guest } from '../../src/managers/config.ts';
import type { LxcGuest } from '../../src/managers/lxc/declared.ts';
import { lxc } from '../../src/managers/lxc/manager.ts';
import type { Manager } from '../../src/managers/manager.ts';
import type { VmGuest } from '../../src/managers/vm/declared.ts';
import { vm } from '../../src/managers/vm/manager.ts';
import { KEY } from '../security/whole-environment.ts';
import { openLabHost } from '../support/host/lab-host.ts';
import { LONG_TEST } from '../support/long.ts';
import { runs } from '../support/runs.ts';
import { convergeStep } from './carry-out.ts';
import { container, feature, IMAGE, machine, targetOf, wanted } from './guests.ts';

const RULE = {
  type: 'in',
  action: 'ACCEPT',
  source: '10.0.0.0/24',
  dest: null,
  proto: 'tcp',
  port: '443',
  sourcePort: null,
  iface: null,
  log: null,
  enabled: true,
  comment: 'a rule',
  writtenAt: { file: '', path: '' },
} as const;

const scripts = fc.subarray(['base', 'web', 'data'].map(feature));
const shared = {
  name: fc.constantFrom('web', 'Nginx-Phoenix', 'granite-3.3-8b-fp8'),
  cores: fc.integer({ min: 1, max: 8 }),
  memory_mb: fc.integer({ min: 16, max: 8192 }),
  start_at_boot: fc.boolean(),
  boot_order: fc.option(fc.integer({ min: 0, max: 9 })),
  boot_delay: fc.option(fc.integer({ min: 0, max: 60 })),
  startState: fc.constantFrom('running', 'stopped', 'unmanaged'),
  tags: fc.subarray(['cloud', 'web', 'zfs']),
  description: fc.option(fc.constantFrom('plain', 'two\nlines: 50%', 'ünï [x]\n[y]', '')),
  features: scripts,
  firewall: fc.option(
    fc.record({
      enabled: fc.boolean(),
      policyIn: fc.constantFrom('DROP', 'ACCEPT'),
      policyOut: fc.constantFrom('DROP', 'ACCEPT'),
      rules: fc.subarray([RULE, { ...RULE, type: 'out', enabled: false, comment: null }] as const),
    }),
  ),
} as const;

const card = {
  name: fc.constant(null),
  bridge: fc.option(fc.constantFrom('vmbr0', 'vmbr1')),
  ip: fc.option(fc.constantFrom('10.1.0.7/24', 'dhcp', 'manual')),
  gateway: fc.constant(null),
  ip6: fc.option(fc.constantFrom('fd00::7/64', 'auto', 'dhcp', 'manual')),
  gateway6: fc.constant(null),
  mac: fc.option(fc.constantFrom('52:54:00:AA:BC:01', '52:54:00:AA:BC:02')),
  vlan: fc.option(fc.constantFrom(2, 3)),
  trunks: fc.subarray([5, 6]),
  rate: fc.option(fc.constantFrom(10, 12.5)),
  mtu: fc.option(fc.constantFrom(1280, 1400)),
  filtered: fc.option(fc.boolean()),
  linkDown: fc.option(fc.boolean()),
  model: fc.constant(null),
  queues: fc.constant(null),
};
/** Each number at most once. */
const cards = (own: object) =>
  fc.uniqueArray(fc.record({ ...card, ...own, index: fc.constantFrom(1, 2, 12) }), {
    maxLength: 3,
    selector: ({ index }) => index,
  });

const link = {
  ...card,
  none: fc.constant(false),
  bridge: fc.constantFrom('vmbr0', 'vmbr1'),
  ip: fc.constantFrom('10.0.0.7/24', '10.0.0.8/24'),
  gateway: fc.option(fc.constant('10.0.0.1')),
  mac: fc.option(fc.constantFrom('52:54:00:AA:BB:01', '52:54:00:AA:BB:02')),
  vlan: fc.option(fc.constantFrom(2, 3)),
  mtu: fc.constant(null),
  nameservers: fc.subarray(['9.9.9.9', '1.1.1.1']),
  searchdomain: fc.option(fc.constantFrom('example.internal', 'home.arpa')),
};

/** Sizes only ever grow between the first and the second declaration. */
const sizes = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 3 }));

const containers = fc.record({
  ...shared,
  swap_mb: fc.integer({ min: 0, max: 1024 }),
  network: fc.record({ ...link, name: fc.constantFrom('eth0', 'lan0') }),
  networks: cards({ name: fc.constantFrom(null, 'dmz') }),
  pctFeatures: fc.constantFrom({}, { nesting: '1' }, { fuse: '1', nesting: '1' }, { mount: 'nfs;cifs' }),
  apparmorProfile: fc.constantFrom(null, 'unconfined', 'generated'),
  lxcOptions: fc.subarray([
    { key: 'lxc.mount.auto', value: 'sys:rw' },
    { key: 'lxc.tty.max', value: '2' },
  ]),
  idMaps: fc.subarray([{ type: 'gid', containerId: 33, hostId: 33, size: 1 }] as const),
  mountPoints: fc.subarray([
    { hostPath: '/srv/a', containerPath: '/a', ownerUid: 0, ownerGid: null, readOnly: false },
    { hostPath: '/srv/b', containerPath: '/b', ownerUid: null, ownerGid: null, readOnly: true },
  ]),
  gpus: fc.subarray([0, 1]),
  lifecycleSnapshots: fc.boolean(),
}) as fc.Arbitrary<Partial<LxcGuest>>;

const machines = fc.record({
  ...shared,
  network: fc.record({ ...link, model: fc.option(fc.constantFrom('virtio', 'e1000')) }),
  networks: cards({
    model: fc.option(fc.constantFrom('vmxnet3', 'rtl8139')),
    queues: fc.option(fc.constantFrom(2, 4)),
  }),
  user: fc.record({
    username: fc.constantFrom('phoenix', 'admin'),
    passwordHash: fc.constant(null),
    sshKeys: fc.subarray([KEY, `${KEY} of another`]),
  }),
}) as fc.Arbitrary<Partial<VmGuest>>;

async function converges(manager: Manager, first: Guest, second: Guest): Promise<void> {
  const host = await openLabHost();
  try {
    await host.write(`/var/lib/vz/template/iso/${IMAGE}`, 'image'.repeat(1000));
    for (const device of ['nvidia0', 'nvidia1', 'nvidiactl', 'nvidia-uvm', 'nvidia-uvm-tools'])
      await host.write(`/dev/${device}`, '');
    const [one, other] = [targetOf(first), targetOf(second)];
    expect(await convergeStep(manager, host, wanted(one))).toMatchObject({ outcome: 'done' });
    expect(await convergeStep(manager, host, wanted(one))).toEqual({ outcome: 'done', actions: [] });
    const change = wanted(other, { before: one.spec });
    expect(await convergeStep(manager, host, change)).toMatchObject({ outcome: 'done' });
    expect(await convergeStep(manager, host, change)).toEqual({ outcome: 'done', actions: [] });
  } finally {
    await host.close();
  }
}

const RUNS = { numRuns: runs(12) };

test('every container comes to what is declared, and to every change of it', LONG_TEST, async () => {
  const volumes = (size: number) => [{ name: 'data', storage: 'rpool', sizeGb: size, mountPoint: '/data' }];
  await fc.assert(
    fc.asyncProperty(containers, containers, sizes, fc.boolean(), async (first, second, [size, growth], hasVolume) => {
      const withDisks = (own: Partial<LxcGuest>, sizeGb: number) =>
        container(101, { ...own, storageSizeGb: sizeGb, volumes: hasVolume ? volumes(sizeGb) : [] });
      await converges(lxc as Manager, withDisks(first, size), withDisks(second, size + growth));
    }),
    RUNS,
  );
});

test('every VM comes to what is declared, and to every change of it', LONG_TEST, async () => {
  await fc.assert(
    fc.asyncProperty(machines, machines, sizes, async (first, second, [size, growth]) => {
      await converges(
        vm as Manager,
        machine(1001, { ...first, diskSizeGb: size }),
        machine(1001, { ...second, diskSizeGb: size + growth }),
      );
    }),
    RUNS,
  );
});
