// Volumes, folders and snapshots of containers, from the files of a commit to the final state of the host.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allTargets, impactOf, managerOf } from '../../src/managers/index.ts';
import type { Wanted } from '../../src/managers/manager.ts';
import { kindOf, type TargetId } from '../../src/model/ids.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { type Files, loadFiles } from '../load/environment.ts';
import { ORIGIN } from '../managers/guests.ts';
import { step } from '../managers/step.ts';
import { type LabHost, openLabHost } from '../support/host/lab-host.ts';

const TARGET = 'lxc/311' as TargetId;
const CONF = '/etc/pve/lxc/311.conf';

/** A home lab with one container, `own` of it written as people write it. */
function home(own: object): Files {
  return {
    'etc/phoenix_hypervisor_config.json': {
      domain_name: 'home.example',
      network: { interfaces: { name: 'vmbr0', address: '10.0.0.13/24', gateway: '10.0.0.1' } },
      zfs: { datasets: [] },
      proxmox_storage_ids: {},
    },
    'etc/phoenix_lxc_configs.json': {
      lxc_configs: {
        '311': {
          name: 'photos',
          memory_mb: 1024,
          cores: 2,
          template: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst',
          storage_pool: 'local-lvm',
          storage_size_gb: 8,
          start_at_boot: true,
          network_config: { ip: '10.0.0.31/24', gw: '10.0.0.1' },
          firewall: { enabled: false },
          ...own,
        },
      },
    },
    'etc/phoenix_vm_configs.json': { vms: [] },
    'etc/certificate-manifest.json': [],
  };
}

function specOf(own: object): JsonObject {
  const { config, problems } = loadFiles(home(own));
  if (config === null) throw new Error(problems.map(({ message }) => message).join('\n'));
  const spec = allTargets(config).get(TARGET)?.spec;
  if (spec === undefined) throw new Error('the container is not declared');
  return spec;
}

let host: LabHost;
beforeEach(async () => {
  host = await openLabHost();
});
afterEach(() => host.close());

/** Brings the container from one declaration to the next, with `rollback_on_failure`. */
async function bring(own: object, before?: object, more: Partial<Wanted> = {}) {
  const known = before === undefined ? undefined : specOf(before);
  const wanted = {
    target: TARGET,
    spec: specOf(own),
    before: known,
    protected: false,
    approved: false,
    origin: ORIGIN,
  };
  return step(managerOf(kindOf(TARGET)), host, { ...wanted, ...more });
}

const impact = (before: object, after: object): string =>
  impactOf({ target: TARGET, verb: 'update', before: specOf(before), after: specOf(after), fields: [] });

const mounts = async (): Promise<string[]> =>
  [
    ...(await host.read(CONF))
      .split('\n[', 1)
      .join()
      .matchAll(/^(?:mp|unused)\d+: (.*)$/gm),
  ].map(([, value]) => value ?? '');

const album = (mount_point: string, name = 'album') => ({ name, pool: 'local-lvm', size_gb: 20, mount_point });

test('the path of a volume changes, and is changed back: it is the same volume all the time', async () => {
  const [old, now] = [{ zfs_volumes: [album('/album')] }, { zfs_volumes: [album('/srv/album')] }];
  expect(await bring(old)).toMatchObject({ outcome: 'applied' });
  const [first] = await mounts();
  expect(impact(old, now)).toBe('restart');
  expect(await bring(now, old)).toMatchObject({ outcome: 'applied' });
  expect(await mounts()).toEqual([first?.replace('/album', '/srv/album')]);
  expect(await bring(old, now)).toMatchObject({ outcome: 'applied' });
  expect(await mounts()).toEqual([first]);
});

test('another name at a path is another volume: planned as such, and not put there without approval', async () => {
  const [old, now] = [{ zfs_volumes: [album('/album')] }, { zfs_volumes: [album('/album', 'pictures')] }];
  await bring(old);
  const before = await mounts();
  expect(impact(old, now)).toBe('recreate');
  expect(await bring(now, old)).toMatchObject({ outcome: 'blocked' });
  expect(await mounts()).toEqual(before);
  expect(await bring(now, old, { approved: true })).toMatchObject({ outcome: 'applied' });
  expect(await mounts()).toContain('local-lvm:vm-311-disk-1');
});

test('a folder of the host becomes a volume at the same path: a new volume, and the folder stays as it is', async () => {
  const old = { mount_points: [{ host_path: '/srv/album', container_path: '/album' }] };
  await bring(old);
  await host.write('/srv/album/2024.jpg', 'picture');
  expect(impact(old, { zfs_volumes: [album('/album')] })).toBe('restart');
  expect(await bring({ zfs_volumes: [album('/album')] }, old)).toMatchObject({ outcome: 'applied' });
  expect(await mounts()).toEqual(['local-lvm:vm-311-disk-1,mp=/album,size=20G']);
  expect(await host.read('/srv/album/2024.jpg')).toBe('picture');
});

describe('with a way back', () => {
  const raw = (line: string) => ({ lxc_options: [line] });
  const map = { id_maps: [{ type: 'gid', container_id: 33, host_id: 33, size: 1 }] };

  test.each([
    ['a raw line', raw('lxc.tty.max: 2'), raw('lxc.tty.max: 4')],
    ['an id map', {}, map],
    ['a raw line and a volume', raw('lxc.tty.max: 2'), { ...raw('lxc.tty.max: 4'), zfs_volumes: [album('/album')] }],
  ])('%s of a container that runs changes, and is applied', async (_, old, now) => {
    await bring(old);
    expect(await bring(now, old)).toEqual({ outcome: 'applied', reason: null });
    expect(await bring(now, now)).toMatchObject({ outcome: 'applied' });
    expect(await host.read(CONF)).not.toContain('phoenix-before');
  });
});

describe('a snapshot that Proxmox does not take', () => {
  const shared = { mount_points: [{ host_path: '/srv/media', container_path: '/media' }] };

  test('is said in the outcome of the step', async () => {
    const end = await bring({ ...shared, enable_lifecycle_snapshots: true, features: ['base_setup'] });
    expect(end).toMatchObject({ outcome: 'applied' });
    expect(end).toHaveProperty(
      'reason',
      expect.stringMatching(/^no snapshots pre-configured and final-form: \/media is \/srv\/media of the host/),
    );
  });

  test('is said where it would be the way back, whether the change goes well or not', async () => {
    const nesting = { ...shared, pct_options: ['nesting=1'] };
    await bring(shared);
    const said = expect.stringMatching(
      /cannot be rolled back, since no snapshot was taken before the change: \/media is/,
    );
    expect(await bring(nesting, shared)).toEqual({ outcome: 'applied', reason: said });
    host.instead = (line) => (line.startsWith('pct start') ? { exit: 1, stderr: 'no such kernel' } : undefined);
    const end = await bring(shared, nesting);
    expect(end).toMatchObject({ outcome: 'failed', reason: said });
    expect(end).toHaveProperty('reason', expect.stringContaining('no such kernel'));
  });

  test('is not missed where nothing is risked', async () => {
    await bring(shared);
    expect(await bring({ ...shared, memory_mb: 2048 }, shared)).toEqual({ outcome: 'applied', reason: null });
  });
});

test('a mount that differs from its declaration is not added again and again', async () => {
  // What Proxmox makes of a comma in the path, which no declaration may contain.
  expect(() => specOf({ mount_points: [{ host_path: '/srv/b', container_path: '/b,backup=0' }] })).toThrow('comma');
  await bring({});
  host.instead = (line) => {
    const [, key, value] = /^pct set 311 .*--(mp\d+) (\S+)/.exec(line) ?? [];
    if (key === undefined || value === undefined) return undefined;
    const file = join(host.dir, CONF);
    const made = value.startsWith('/') ? value : `local-lvm:vm-311-disk-${key.slice(2)}1`;
    writeFileSync(file, `${readFileSync(file, 'utf8')}${key}: ${made.replace(/,mp=.*/, '')},mp=/elsewhere/${key}\n`);
    return { exit: 0 };
  };
  for (const own of [
    { mount_points: [{ host_path: '/srv/b', container_path: '/b' }] },
    { zfs_volumes: [album('/album')] },
  ]) {
    host.forget();
    const end = await bring(own, {});
    expect(end).toMatchObject({ outcome: 'failed' });
    expect(end).toHaveProperty('reason', expect.stringContaining('succeeded and had no effect'));
    expect(host.commands.filter((line) => line.startsWith('pct set'))).toHaveLength(1);
  }
});
