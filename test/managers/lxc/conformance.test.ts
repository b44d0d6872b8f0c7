// The conformance suite of guests, for the manager of containers.

import { lxc } from '../../../src/managers/lxc/manager.ts';
import type { Manager } from '../../../src/managers/manager.ts';
import { type Case, testManager } from '../conformance.ts';
import { container, feature, TEMPLATE, targetOf } from '../guests.ts';

const RULES = { enabled: true, policyIn: 'DROP', policyOut: 'ACCEPT', rules: [] } as const;

const template = container(900, {
  start_at_boot: false,
  startState: 'stopped',
  templateSnapshot: 'final-form',
  features: [feature('base')],
  firewall: RULES,
});

const made = container(901, {
  start_at_boot: false,
  startState: 'stopped',
  isTemplate: true,
  volumes: [{ name: 'data', storage: 'rpool', sizeGb: 2, mountPoint: '/data' }],
  features: [feature('base')],
});

const clone = {
  cloneFrom: 900,
  storageSizeGb: 6,
  features: [feature('base'), feature('web')],
  firewall: RULES,
  pctFeatures: { nesting: '1' },
  boot_order: 2,
  boot_delay: 5,
};

const rich = {
  apparmorProfile: 'unconfined',
  lxcOptions: [{ key: 'lxc.mount.auto', value: 'sys:rw' }],
  idMaps: [{ type: 'gid', containerId: 33, hostId: 33, size: 1 }] as const,
  mountPoints: [{ hostPath: '/srv/logs', containerPath: '/var/log/web', ownerUid: 33, ownerGid: 33, readOnly: false }],
  volumes: [{ name: 'data', storage: 'rpool', sizeGb: 2, mountPoint: '/data' }],
  description: 'With everything: 100% ü',
  tags: ['web'],
};

const volume = (name: string, mountPoint: string) => ({ name, storage: 'rpool', sizeGb: 2, mountPoint });

const CASES: readonly Case[] = [
  {
    name: 'a plain container',
    before: [],
    target: targetOf(container(101)),
    changed: targetOf(container(101, { memory_mb: 1024, cores: 4, name: 'renamed', tags: ['web'], storageSizeGb: 6 })),
  },
  {
    name: 'a clone with scripts',
    before: [targetOf(template)],
    target: targetOf(template, container(102, clone)),
    changed: targetOf(
      template,
      container(102, { ...clone, features: [...clone.features, feature('more')], pctFeatures: {}, firewall: null }),
    ),
  },
  {
    name: 'a container with mounts, volumes and raw lines',
    before: [],
    target: targetOf(container(103, rich)),
    changed: targetOf(
      container(103, {
        ...rich,
        apparmorProfile: null,
        mountPoints: [],
        volumes: [{ name: 'data', storage: 'rpool', sizeGb: 3, mountPoint: '/data' }],
        description: null,
      }),
    ),
  },
  {
    name: 'a container whose volumes change places',
    before: [],
    target: targetOf(
      container(107, { volumes: [volume('data', '/data'), volume('logs', '/logs'), volume('old', '/old')] }),
    ),
    changed: targetOf(
      container(107, { volumes: [volume('data', '/logs'), volume('logs', '/data'), volume('new', '/new')] }),
    ),
  },
  {
    name: 'a clone of a container with a volume',
    before: [targetOf({ ...template, volumes: [volume('data', '/data')] })],
    target: targetOf(template, container(108, { ...clone, volumes: [volume('data', '/data')] })),
    changed: targetOf(template, container(108, { ...clone, volumes: [volume('data', '/srv/data')] })),
  },
  {
    name: 'a template',
    before: [],
    target: targetOf(template),
    changed: targetOf({ ...template, memory_mb: 2048 }),
  },
  {
    name: 'a clone of a template',
    before: [targetOf(made)],
    target: targetOf(made, container(109, { ...clone, cloneFrom: 901 })),
    changed: targetOf(made, container(109, { ...clone, cloneFrom: 901, memory_mb: 1024 })),
  },
  {
    name: 'a template of Proxmox',
    before: [],
    target: targetOf(made),
    changed: targetOf({ ...made, memory_mb: 2048, tags: ['base'] }),
  },
  {
    name: 'a container that is started once',
    before: [],
    target: targetOf(container(104, { startState: 'unmanaged', lxcOptions: [{ key: 'lxc.tty.max', value: '2' }] })),
    changed: targetOf(container(104, { startState: 'unmanaged', pctFeatures: { nesting: '1' } })),
  },
  {
    name: 'a container that is kept stopped',
    before: [],
    target: targetOf(container(105, { startState: 'stopped', features: [feature('base')] })),
    changed: targetOf(container(105, { startState: 'stopped', features: [feature('base'), feature('web')] })),
  },
  {
    name: 'a container with snapshots on the way',
    before: [],
    target: targetOf(container(106, { lifecycleSnapshots: true, features: [feature('base')] })),
    changed: targetOf(container(106, { lifecycleSnapshots: true, features: [feature('base')], memory_mb: 256 })),
  },
];

testManager(lxc as Manager, CASES, {
  program: 'pct',
  args: (id) => ['create', id, TEMPLATE, '--rootfs', 'rpool:4', '--hostname', 'somebody'],
  conf: (id) => `/etc/pve/lxc/${id}.conf`,
});
