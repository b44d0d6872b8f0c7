// A comma in a mount path: property strings cannot contain one, so the rest of the path became a property of the mount, the mount was never found
// again, and each run added another until there was no free slot.

import { expect, test } from 'vitest';
import { printProperties } from '../../src/managers/guest/proxmox/property-string.ts';
import { environment, type Files, loadFiles } from '../load/environment.ts';

const LXC = 'etc/phoenix_lxc_configs.json';

function withPaths(host: string, inside: string): Files {
  const files: Files = environment();
  const guest = files[LXC].lxc_configs['900'];
  guest.mount_points = [{ host_path: host, container_path: '/shared' }];
  guest.zfs_volumes = [{ name: 'letters', pool: 'tank-disks', size_gb: 2, mount_point: inside }];
  return files;
}

test('is refused at its line, in each place where a path may stand', () => {
  const { config, problems } = loadFiles(withPaths('/tank/scans,backup=1', '/var/mail,size=2T'));
  expect(config).toBeNull();
  const errors = problems.filter(({ severity }) => severity === 'error');
  expect(errors.map(({ path }) => path)).toEqual([
    '/lxc_configs/900/mount_points/0/host_path',
    '/lxc_configs/900/zfs_volumes/0/mount_point',
  ]);
  for (const { code, message, line } of errors) {
    expect({ code, message }).toMatchObject({ code: 'INVALID_VALUE', message: expect.stringContaining('comma') });
    expect(line).toBeGreaterThan(1);
  }
});

test('is refused by the writer, should it pass validation', () => {
  expect(() => printProperties({ volume: '/tank/scans,backup=1', mp: '/shared' }, [], 'volume')).toThrow(
    'property string',
  );
});

test('the same paths without a comma are accepted', () => {
  const { problems } = loadFiles(withPaths('/tank/scans', '/var/mail'));
  // Proxmox takes no snapshot of it then, so that it is refused as the source of other guests, which is not what is tested here.
  expect(problems.filter(({ severity, code }) => severity === 'error' && code !== 'CLONE_SOURCE')).toEqual([]);
});
