// What a container gets from the host: devices with their owners, mount options, and environment variables of its init.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { impactOf } from '../../../src/managers/index.ts';
import type { Device, LxcGuest } from '../../../src/managers/lxc/declared.ts';
import { lxc } from '../../../src/managers/lxc/manager.ts';
import type { Target } from '../../../src/model/target.ts';
import { makePlan } from '../../../src/plan/plan.ts';
import { environment, loadFiles } from '../../load/environment.ts';
import { type LabHost, openLabHost } from '../../support/host/lab-host.ts';
import { convergeStep } from '../carry-out.ts';
import { container, targetOf, wanted } from '../guests.ts';

const FILE = 'etc/phoenix_lxc_configs.json';
const CONF = '/etc/pve/lxc/101.conf';

const device = (path: string, own: Partial<Device> = {}): Device => ({
  ...{ path, mode: null, uid: null, gid: null, denyWrite: null },
  ...own,
});
const mount = (options: Record<string, string>) => ({
  ...{ hostPath: '/srv/media', containerPath: '/media', ownerUid: null, ownerGid: null, readOnly: null },
  options,
});
const volume = (options: Record<string, string>) => ({
  ...{ name: 'data', storage: 'rpool', sizeGb: 2, mountPoint: '/data' },
  options,
});
const own = (guest: Partial<LxcGuest>): Target => targetOf(container(101, guest));

let host: LabHost;
beforeEach(async () => {
  host = await openLabHost();
  for (const name of ['dri/renderD128', 'nvidia0', 'nvidiactl', 'nvidia-uvm', 'nvidia-uvm-tools', 'fuse'])
    await host.write(`/dev/${name}`, '');
});
afterEach(() => host.close());

async function apply(target: Target, before?: Target): Promise<string[]> {
  const step = wanted(target, before === undefined ? {} : { before: before.spec });
  host.forget();
  expect(await convergeStep(lxc, host, step)).toMatchObject({ outcome: 'done' });
  const commands = host.commands.filter((line) => /^pct (create|set|shutdown|start)/.test(line));
  expect(await convergeStep(lxc, host, step)).toEqual({ outcome: 'done', actions: [] });
  return commands;
}

const linesOf = async (key: string) => (await host.read(CONF)).split('\n').filter((line) => line.startsWith(key));

describe('devices', () => {
  test('are handed in with their owner and mode, and changed by a restart', async () => {
    const first = own({ devices: [device('/dev/dri/renderD128', { gid: 104, mode: '0660' })] });
    await apply(first);
    expect(await linesOf('dev')).toEqual(['dev0: /dev/dri/renderD128,mode=0660,gid=104']);
    const changed = own({ devices: [device('/dev/dri/renderD128', { gid: 993 })] });
    const commands = await apply(changed, first);
    expect(commands.map((line) => line.split(' ')[1])).toEqual(['set', 'shutdown', 'start']);
    expect(await linesOf('dev')).toEqual(['dev0: /dev/dri/renderD128,gid=993']);
    expect(impact(first, changed)).toBe('restart');
  });

  test('a further one comes live, and what people gave one stays', async () => {
    const first = own({ devices: [device('/dev/fuse')] });
    await apply(first);
    await host.write(CONF, (await host.read(CONF)).replace('dev0: /dev/fuse', 'dev0: path=/dev/fuse,uid=7'));
    const more = own({ devices: [device('/dev/fuse'), device('/dev/dri/renderD128')] });
    expect((await apply(more, first)).map((line) => line.split(' ')[1])).toEqual(['set']);
    expect(await linesOf('dev')).toEqual(['dev0: path=/dev/fuse,uid=7', 'dev1: /dev/dri/renderD128']);
    expect(impact(first, more)).toBe('live');
  });

  test('a GPU is open to everybody inside, unless its device is declared otherwise', async () => {
    await apply(own({ gpus: [0], devices: [device('/dev/nvidiactl', { mode: '0600' })] }));
    expect(await linesOf('dev')).toEqual([
      'dev0: /dev/nvidia0,mode=0666',
      'dev1: /dev/nvidia-uvm,mode=0666',
      'dev2: /dev/nvidia-uvm-tools,mode=0666',
      'dev3: /dev/nvidiactl,mode=0600',
    ]);
  });
});

describe('mounts', () => {
  test('have the options that are declared, and keep the others', async () => {
    const first = own({
      mountPoints: [mount({ backup: '0', mountoptions: 'noatime' })],
      volumes: [volume({ backup: '1' })],
    });
    await apply(first);
    expect(await linesOf('mp')).toEqual([
      expect.stringMatching(/^mp0: rpool:\S+,mp=\/data,backup=1,size=2G$/),
      'mp1: /srv/media,mp=/media,backup=0,mountoptions=noatime',
    ]);
    const changed = own({
      mountPoints: [mount({ mountoptions: 'nodev;noatime' })],
      // Access lists that are off are not the default, which is neither.
      volumes: [volume({ acl: '0', backup: '0', idmap: 'u:0:1000:1;g:0:1000:1', keepattrs: '1', ro: '1' })],
    });
    const commands = await apply(changed, first);
    expect(commands.map((line) => line.split(' ')[1])).toEqual(['set', 'shutdown', 'start']);
    const [data, media] = await linesOf('mp');
    expect(data).toMatch(/^mp0: rpool:\S+,mp=\/data,/);
    for (const option of ['acl=0', 'idmap=u:0:1000:1;g:0:1000:1', 'keepattrs=1', 'ro=1'])
      expect(data).toContain(option);
    expect(media).toBe('mp1: /srv/media,mp=/media,mountoptions=nodev;noatime');
    expect(impact(first, changed)).toBe('restart');
  });
});

test('access lists that were declared as off, and are unset, wait for the next start', async () => {
  const folder = (options: Record<string, string>) => ({ mountPoints: [mount(options)], volumes: [volume(options)] });
  await apply(own(folder({})));
  const off = { acl: '0' };
  const declared = own({ ...folder(off), rootOptions: off });
  // As an earlier version recorded it as applied.
  const commands = await apply(declared, declared);
  expect(commands.map((line) => line.split(' ')[1])).toEqual(['set']);
  const seen = await lxc.observe(host, wanted(declared, { before: declared.spec }));
  expect(lxc.differences(wanted(declared, { before: declared.spec }), seen)).toEqual([]);
  const quota = own({ ...folder({ acl: '0', replicate: '0' }), rootOptions: off });
  expect((await apply(quota, declared)).map((line) => line.split(' ')[1])).toEqual(['set', 'shutdown', 'start']);
  expect(await linesOf('rootfs')).toEqual([expect.stringContaining('acl=0')]);
  for (const line of await linesOf('mp')) expect(line).toContain('acl=0');
  // What is newly declared is in force at once.
  await apply(own(folder({ replicate: '0' })), quota);
  expect((await apply(declared, own(folder({})))).map((line) => line.split(' ')[1])).toEqual([
    'set',
    'shutdown',
    'start',
  ]);
});

describe('the root disk', () => {
  test('is made and mounted as declared, by a restart, and keeps what people set', async () => {
    const first = own({ rootOptions: { mountoptions: 'noatime' } });
    await apply(first);
    expect(await linesOf('rootfs')).toEqual(['rootfs: rpool:subvol-101-disk-0,mountoptions=noatime,size=4G']);
    const text = await host.read(CONF);
    await host.write(CONF, text.replace('mountoptions=noatime', 'acl=1,mountoptions=noatime'));
    const changed = own({ rootOptions: { replicate: '0' } });
    expect(impact(first, changed)).toBe('restart');
    const commands = await apply(changed, first);
    expect(commands.map((line) => line.split(' ')[1])).toEqual(['set', 'shutdown', 'start']);
    expect(await linesOf('rootfs')).toEqual(['rootfs: rpool:subvol-101-disk-0,acl=1,size=4G,replicate=0']);
  });

  test('grows before its mount options change, since both are in one line', async () => {
    await apply(own({}));
    const larger = own({ storageSizeGb: 6, rootOptions: { acl: '1' } });
    await apply(larger, own({}));
    const [first, second] = host.commands.filter((line) => line.includes('rootfs ') && !line.includes(' create '));
    expect([first, second]).toEqual(['pct resize 101 rootfs 6G', expect.stringContaining('pct set 101 --rootfs')]);
    expect(await linesOf('rootfs')).toEqual(['rootfs: rpool:subvol-101-disk-0,size=6G,acl=1']);
  });

  test('has the size that it has by now in what waits for the next start', async () => {
    await apply(own({}));
    const text = await host.read(CONF);
    const waits = '[pve:pending]\nrootfs: rpool:subvol-101-disk-0,acl=1,size=4G\n';
    await host.write(CONF, `${text.replace('size=4G', 'size=6G')}\n${waits}`);
    await apply(own({ storageSizeGb: 6, rootOptions: { acl: '1' } }));
    expect(await linesOf('rootfs')).toEqual(['rootfs: rpool:subvol-101-disk-0,acl=1,size=6G']);
  });
});

describe('root of a new container', () => {
  const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHR+I2WdRckTJNVG4JhagiF0EnwJ7piwIrSqky+aD6E0 ada@example.org';
  const PASSWORD = 'hunter2-root';
  const root = { sshKeys: [KEY], password: { $secret: 'file:/etc/phoenix/secrets/root' } };

  test('gets keys from a file and a password outside of the command line, once', async () => {
    await host.write('/etc/phoenix/secrets/root', `${PASSWORD}\n`);
    const [create] = await apply(own({ root }));
    expect(create).toContain('--ssh-public-keys /var/lib/phoenix/sshkeys/101.pub --password --');
    expect(await host.read('/guests/101/root/.ssh/authorized_keys')).toBe(`${KEY}\n`);
    expect(await host.read('/guests/101/etc/shadow')).toMatch(/^root:\$6\$/);
    expect(host.commands.join('\n')).not.toContain(PASSWORD);
    // It was created with them: another value applies only to a recreated container.
    expect(await apply(own({}), own({ root }))).toEqual([]);
  });
});

test('variables of the first process are in the file, and are removed when they are no longer declared', async () => {
  const first = own({ env: { TZ: 'Europe/Vienna', PORT: '8000' } });
  await apply(first);
  expect(await linesOf('lxc.environment')).toEqual([
    'lxc.environment.runtime: TZ=Europe/Vienna',
    'lxc.environment.runtime: PORT=8000',
  ]);
  await apply(own({ env: { PORT: '8080' } }), first);
  expect(await linesOf('lxc.environment')).toEqual(['lxc.environment.runtime: PORT=8080']);
});

describe('what is written', () => {
  const problems = (entry: object) => {
    const files = environment();
    Object.assign(files[FILE].lxc_configs['101'], entry);
    return loadFiles(files).problems.filter(({ severity }) => severity === 'error');
  };

  test('accepts text and object', () => {
    expect(
      problems({
        devices: ['/dev/fuse', { path: '/dev/dri/renderD128', gid: 104, mode: '0660', deny_write: true }],
        env: { PORT: '8000' },
        mount_points: [
          { host_path: '/srv/a', container_path: '/a', mount_options: ['noatime'], options: { keepattrs: true } },
          { host_path: '/tank/certs/101', container_path: '/certs' },
        ],
      }),
    ).toEqual([]);
  });

  test.each<[string, object, string]>([
    ['no device', { devices: ['/etc/passwd'] }, '/devices/0'],
    ['the memory of the host', { devices: ['/dev/mem'] }, '/devices/0'],
    ['one twice', { devices: ['/dev/fuse', { path: '/dev/fuse' }] }, '/devices/1'],
    ['a mode of three digits', { devices: [{ path: '/dev/fuse', mode: '660' }] }, '/devices/0/mode'],
    [
      'an unknown option of a mount',
      { mount_points: [{ host_path: '/srv/a', container_path: '/a', mount_options: ['rw'] }] },
      '/mount_points/0/mount_options/0',
    ],
    [
      'quotas without privileges',
      { zfs_volumes: [{ name: 'a', pool: 'rpool', size_gb: 1, mount_point: '/a', quota: true }] },
      '/zfs_volumes/0/quota',
    ],
    [
      'quotas by their own name without privileges',
      { zfs_volumes: [{ name: 'a', pool: 'rpool', size_gb: 1, mount_point: '/a', options: { quota: 1 } }] },
      '/zfs_volumes/0/options/quota',
    ],
    [
      'what a field beside it says',
      { mount_points: [{ host_path: '/srv/a', container_path: '/a', read_only: true, options: { ro: 1 } }] },
      '/mount_points/0/options/ro',
    ],
    [
      'a place in the options of the root disk',
      { root_disk: { options: { volume: 'rpool:x' } } },
      '/root_disk/options/volume',
    ],
    ['an id map that Proxmox cannot read', { root_disk: { options: { idmap: 'u:0' } } }, '/root_disk/options/idmap'],
    ['quotas of the root disk without privileges', { root_disk: { quota: true } }, '/root_disk/quota'],
    ['a key that is none', { root_user: { ssh_keys: ['ssh-ed25519 nothing'] } }, '/root_user/ssh_keys/0'],
    ['a password in plain text', { root_user: { password: 'hunter2' } }, '/root_user/password'],
    ['root of a clone', { root_user: { ssh_keys: [] }, clone_from_ctid: '102', template: undefined }, '/root_user'],
    ['a variable with a space in its name', { env: { 'A B': '1' } }, '/env/A B'],
    ['a secret by reference, which would stand in the file', { env: { A: { $secret: 'env:A' } } }, '/env/A'],
  ])('refuses %s at its line', (_, entry, path) => {
    expect(problems(entry)).toContainEqual(
      expect.objectContaining({ code: 'INVALID_VALUE', path: `/lxc_configs/101${path}` }),
    );
  });
});

function impact(before: Target, after: Target): unknown {
  const made = makePlan({
    ...{ from: 'a', to: 'b', impact: impactOf },
    before: new Map([[before.id, before]]),
    after: new Map([[after.id, after]]),
  });
  return made.kind === 'plan' ? made.plan.steps[0]?.impact : undefined;
}
