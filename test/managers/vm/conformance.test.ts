// The conformance suite of guests, for the manager of VMs.

import type { Manager } from '../../../src/managers/manager.ts';
import { vm } from '../../../src/managers/vm/manager.ts';
import { KEY } from '../../security/whole-environment.ts';
import { type Case, testManager } from '../conformance.ts';
import { feature, machine, targetOf } from '../guests.ts';

const RULES = { enabled: true, policyIn: 'DROP', policyOut: 'ACCEPT', rules: [] } as const;
const LINK = machine(1).network;

const template = machine(9000, {
  start_at_boot: false,
  startState: 'stopped',
  isTemplate: true,
  firewall: RULES,
  network: { ...LINK, ip: 'dhcp', gateway: null, nameservers: ['10.0.0.13'] },
});

const clone = {
  cloneFrom: 9000,
  diskSizeGb: 16,
  cores: 4,
  memory_mb: 4096,
  features: [feature('base')],
  firewall: RULES,
  boot_order: 4,
  volumes: [{ name: 'data', server: '10.0.0.13', path: '/srv/data', mountPoint: '/data' }],
  user: { username: 'phoenix', passwordHash: { $secret: 'env:SECRET' }, sshKeys: [KEY] },
};

const CASES: readonly Case[] = [
  {
    name: 'a template from an image',
    before: [],
    target: targetOf(template),
    changed: targetOf({ ...template, memory_mb: 1024 }),
  },
  {
    name: 'a template with scripts',
    before: [],
    target: targetOf({ ...template, features: [feature('base')] }),
    changed: targetOf({ ...template, features: [feature('base')], tags: ['cloud'] }),
  },
  {
    name: 'a clone with scripts, a mount and a password',
    before: [targetOf(template)],
    target: targetOf(template, machine(1001, clone)),
    changed: targetOf(
      template,
      machine(1001, {
        ...clone,
        memory_mb: 2048,
        diskSizeGb: 20,
        network: { ...LINK, ip: '10.0.0.77/24', mac: '52:54:00:00:10:01' },
        user: { ...clone.user, sshKeys: [] },
      }),
    ),
  },
  {
    name: 'a VM from an image',
    before: [],
    target: targetOf(machine(1002, { startState: 'unmanaged' })),
    changed: targetOf(machine(1002, { startState: 'unmanaged', memory_mb: 1024, name: 'renamed' })),
  },
  {
    name: 'a VM with snapshots around its scripts',
    before: [],
    target: targetOf(
      machine(1003, { features: [feature('base')], snapshots: { preFeatures: 'clean', postFeatures: 'complete' } }),
    ),
    changed: targetOf(
      machine(1003, {
        features: [feature('base'), feature('more')],
        snapshots: { preFeatures: 'clean', postFeatures: 'complete' },
      }),
    ),
  },
];

testManager(vm as Manager, CASES, {
  program: 'qm',
  args: (id) => ['create', id, '--name', 'somebody', '--scsi0', 'rpool:8'],
  conf: (id) => `/etc/pve/qemu-server/${id}.conf`,
});
