// The impact of a change, by Proxmox's rules.

import { expect, test } from 'vitest';
import type { Guest } from '../../src/managers/config.ts';
import { impactOf } from '../../src/managers/index.ts';
import { container, feature, machine, targetOf } from './guests.ts';

function impact(before: Guest | null, after: Guest | null): string {
  const [old, now] = [before, after].map((guest) => (guest === null ? undefined : targetOf(guest)));
  const id = (now ?? old)?.id;
  if (id === undefined) throw new Error('no guest');
  const verb = old === undefined ? 'create' : now === undefined ? 'delete' : 'update';
  return impactOf({ target: id, verb, before: old?.spec, after: now?.spec, fields: [] });
}

const mount = { hostPath: '/srv/x', containerPath: '/x', ownerUid: null, ownerGid: null, readOnly: false };
const volume = { name: 'data', storage: 'rpool', sizeGb: 8, mountPoint: '/data' };
const ct = (own = {}) => container(101, own);
const qemu = (own = {}) => machine(1001, own);
const link = ct().network;

test.each([
  ['a container is made', null, ct(), 'live'],
  ['a container is no longer declared', ct(), null, 'destroy'],
  ['memory', ct(), ct({ memory_mb: 1024 }), 'live'],
  ['cores, swap, name and tags', ct(), ct({ cores: 4, swap_mb: 0, name: 'x', tags: ['a'] }), 'live'],
  ['its address', ct(), ct({ network: { ...link, ip: '10.0.0.9/24' } }), 'live'],
  ['a larger disk', ct(), ct({ storageSizeGb: 8 }), 'live'],
  ['a new mount point', ct(), ct({ mountPoints: [mount] }), 'live'],
  ['a mount point that goes', ct({ mountPoints: [mount] }), ct(), 'restart'],
  [
    'a mount point that changes',
    ct({ mountPoints: [mount] }),
    ct({ mountPoints: [{ ...mount, readOnly: true }] }),
    'restart',
  ],
  ['who owns a mount point', ct({ mountPoints: [mount] }), ct({ mountPoints: [{ ...mount, ownerUid: 5 }] }), 'live'],
  ['a larger volume', ct({ volumes: [volume] }), ct({ volumes: [{ ...volume, sizeGb: 9 }] }), 'live'],
  ['a volume that goes', ct({ volumes: [volume] }), ct(), 'restart'],
  ['the path of a volume', ct({ volumes: [volume] }), ct({ volumes: [{ ...volume, mountPoint: '/x' }] }), 'restart'],
  [
    'two volumes that swap their paths',
    ct({ volumes: [volume, { ...volume, name: 'logs', mountPoint: '/logs' }] }),
    ct({
      volumes: [
        { ...volume, mountPoint: '/logs' },
        { ...volume, name: 'logs' },
      ],
    }),
    'restart',
  ],
  ['another volume at a path', ct({ volumes: [volume] }), ct({ volumes: [{ ...volume, name: 'files' }] }), 'recreate'],
  [
    'a volume that makes room for a new one',
    ct({ volumes: [volume] }),
    ct({
      volumes: [
        { ...volume, mountPoint: '/old' },
        { ...volume, name: 'files' },
      ],
    }),
    'recreate',
  ],
  ['the storage of a volume', ct({ volumes: [volume] }), ct({ volumes: [{ ...volume, storage: 'x' }] }), 'recreate'],
  [
    'a folder of the host that becomes a volume',
    ct({ mountPoints: [{ ...mount, containerPath: '/data' }] }),
    ct({ volumes: [volume] }),
    'restart',
  ],
  ['GPUs handed in', ct(), ct({ gpus: [0] }), 'live'],
  ['GPUs taken away', ct({ gpus: [0, 1] }), ct({ gpus: [0] }), 'restart'],
  ['nameservers', ct(), ct({ network: { ...link, nameservers: ['9.9.9.9'] } }), 'restart'],
  ['features', ct(), ct({ pctFeatures: { nesting: '1' } }), 'restart'],
  ['raw lines', ct(), ct({ apparmorProfile: 'unconfined' }), 'restart'],
  [
    'raw lines of one that is kept stopped',
    ct({ startState: 'stopped' }),
    ct({ startState: 'stopped', apparmorProfile: 'unconfined' }),
    'live',
  ],
  ['scripts', ct(), ct({ features: [feature('web')] }), 'live'],
  ['privileges', ct(), ct({ unprivileged: false }), 'recreate'],
  ['privileges that are said as they are by default', ct({ unprivileged: null }), ct(), 'live'],
  ['privileges that are said otherwise', ct({ unprivileged: null }), ct({ unprivileged: false }), 'recreate'],
  ['privileges that are no longer declared', ct({ unprivileged: false }), ct({ unprivileged: null }), 'live'],
  ['swap that is no longer declared', ct(), ct({ swap_mb: null }), 'live'],
  ['the storage of its root disk', ct(), ct({ storagePool: 'local-lvm' }), 'recreate'],
  ['the distribution', ct({ ostype: 'debian' }), ct({ ostype: 'ubuntu' }), 'recreate'],
  ['its source', ct(), ct({ template: null, cloneFrom: 900 }), 'live'],
  ['the name of a VM', qemu(), qemu({ name: 'x' }), 'live'],
  ['the memory of a VM', qemu(), qemu({ memory_mb: 1024 }), 'restart'],
  ['the memory of a VM that is no longer declared', qemu(), qemu({ memory_mb: null }), 'restart'],
  ['the address of a VM', qemu(), qemu({ network: { ...qemu().network, ip: '10.0.0.9/24' } }), 'restart'],
  ['a larger disk of a VM', qemu(), qemu({ diskSizeGb: 9 }), 'live'],
  ['the storage of a VM', qemu(), qemu({ storagePool: 'local-lvm' }), 'recreate'],
  ['a container that was a template', ct({ isTemplate: true }), ct(), 'recreate'],
  [
    'the mount options of a template',
    ct({ isTemplate: true }),
    ct({ isTemplate: true, rootOptions: { acl: '1' } }),
    'live',
  ],
  ['a container that runs and becomes a template', ct(), ct({ isTemplate: true }), 'restart'],
  ['a VM that runs and becomes a template', qemu(), qemu({ isTemplate: true }), 'restart'],
  ['a stopped VM that becomes a template', qemu({ startState: 'stopped' }), qemu({ isTemplate: true }), 'live'],
  ['a template that is to run', qemu({ isTemplate: true }), qemu(), 'recreate'],
  ['the memory of a template', qemu({ isTemplate: true }), qemu({ isTemplate: true, memory_mb: 1024 }), 'live'],
] as const)('%s', (_, before, after, expected) => {
  expect(impact(before, after)).toBe(expected);
});
