// Rules about storages and clones: a storage must be declared and allow the content, and a clone source must be cloneable.

import { expect, test } from 'vitest';
import { disksDoNotShrink } from '../../../src/managers/guest/rules/clones.ts';
import { environment, type Files, loadFiles } from '../environment.ts';
import { found } from './found.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';

test('storages of a sound environment take what is put on them', () => {
  expect(found('UNKNOWN_STORAGE', environment())).toEqual([]);
});

test('a storage that nothing declares is unknown', () => {
  const files = environment();
  files[LXC].lxc_configs['101'].storage_pool = 'tank-disk';
  expect(found('UNKNOWN_STORAGE', files)).toEqual(['"storage_pool": "tank-disk", | There is no storage "tank-disk"']);
});

test('a storage for other content is named with the content that it supports', () => {
  const files = environment();
  files[HYPERVISOR].zfs.datasets[0].proxmox_content_type = 'images';
  expect(found('UNKNOWN_STORAGE', files)).toEqual([
    '"storage_pool": "tank-disks", | Storage "tank-disks" takes images, but not container disks (rootdir)',
    '"storage_pool": "tank-disks", | Storage "tank-disks" takes images, but not container disks (rootdir)',
  ]);
});

test('volumes and templates lie on storages too', () => {
  const files = environment();
  files[LXC].lxc_configs['101'].zfs_volumes = [{ name: 'v', pool: 'nowhere', size_gb: 5, mount_point: '/v' }];
  files[LXC].lxc_configs['900'].template = 'tank-disks:vztmpl/debian.tar.zst';
  expect(found('UNKNOWN_STORAGE', files)).toEqual([
    '"pool": "nowhere", | There is no storage "nowhere"',
    '"template": "tank-disks:vztmpl/debian.tar.zst", | Storage "tank-disks" takes images, rootdir, but not container templates (vztmpl)',
  ]);
});

test('clone sources of a sound environment can be cloned', () => {
  expect(found('CLONE_SOURCE', environment())).toEqual([]);
  expect(found('DISK_SHRINK', environment())).toEqual([]);
});

test('a source without a template snapshot cannot be cloned', () => {
  const files = environment();
  files[LXC].lxc_configs['900'].template_snapshot_name = undefined;
  expect(found('CLONE_SOURCE', files)).toEqual([
    '"clone_from_ctid": "900", | lxc/900 (ct-900) cannot be cloned: it has no template_snapshot_name and is no template',
  ]);
});

test('a VM that is no template can be cloned from its snapshot only', () => {
  const files = environment();
  files[VM].vms[0].is_template = false;
  expect(found('CLONE_SOURCE', files)).toHaveLength(1);
  Object.assign(files[VM].vms[0], { template_snapshot_name: 'clean', storage_pool: 'local-lvm' });
  expect(found('CLONE_SOURCE', files)).toEqual([]);
});

test('a source that Proxmox cannot snapshot, or whose snapshot it cannot copy, is named', () => {
  const files = environment();
  const source = files[LXC].lxc_configs['900'];
  source.mount_points = [{ host_path: '/tank/data', container_path: '/data' }];
  expect(found('CLONE_SOURCE', files)).toEqual([
    '"template_snapshot_name": "final-form", | lxc/900 (ct-900) has a folder of the host in mount_points, and Proxmox takes no snapshot of such a container',
  ]);
  Object.assign(source, { is_template: true, template_snapshot_name: undefined });
  expect(found('CLONE_SOURCE', files)).toEqual([
    expect.stringContaining('has a folder of the host in mount_points, and Proxmox clones no such container'),
  ]);
  Object.assign(source, { mount_points: [] });
  expect(found('CLONE_SOURCE', files)).toEqual([]);
  Object.assign(source, { is_template: false, template_snapshot_name: 'final-form' });
  files[HYPERVISOR].zfs.datasets.push({
    name: 'files',
    pool: 'tank',
    proxmox_storage_type: 'dir',
    proxmox_content_type: 'images,rootdir',
  });
  source.zfs_volumes = [{ name: 'data', pool: 'tank-files', size_gb: 1, mount_point: '/data' }];
  expect(found('CLONE_SOURCE', files)[0]).toContain('a disk on storage "tank-files" of type dir');
  source.zfs_volumes = [];
  const [template] = files[VM].vms;
  Object.assign(template, { is_template: false, template_snapshot_name: 'ready' });
  expect(found('CLONE_SOURCE', files)).toEqual([
    '"clone_from_vmid": 9000 | vm/9000 (template-9000) has a disk on storage "tank-disks" of type zfspool, from whose snapshots Proxmox clones no VM',
  ]);
  template.storage_pool = 'tank-files';
  expect(found('CLONE_SOURCE', files)).toEqual([]);
});

test('a container cannot be cloned from a VM', () => {
  const files = environment();
  files[LXC].lxc_configs['101'].clone_from_ctid = '9000';
  expect(found('CLONE_SOURCE', files)).toEqual([
    '"clone_from_ctid": "9000", | 9000 is a VM, and a container can only be cloned from a container',
  ]);
});

test('a clone cannot be smaller than its source', () => {
  const files = environment();
  files[LXC].lxc_configs['101'].storage_size_gb = 4;
  expect(found('DISK_SHRINK', files)).toEqual([
    '"storage_size_gb": 4, | lxc/101 (web) asks for 4 GB, but its source 900 has 8 GB',
  ]);
});

test('a template without a declared size is not larger than the default of clones', () => {
  const files = environment();
  files[VM].vms[0].disk_size_gb = undefined;
  files[VM].vm_defaults.disk_size_gb = 50;
  expect(found('DISK_SHRINK', files)).toEqual([]);
  files[VM].vms[1].disk_size_gb = 31;
  expect(found('DISK_SHRINK', files)).toEqual([
    '"disk_size_gb": 31, | vm/1001 (vm-1001) asks for 31 GB, but its source 9000 has 32 GB',
  ]);
});

test('a guest that stays keeps at least its size from one commit to the next', () => {
  const config = (change: (files: Files) => void) => {
    const files = environment();
    files[LXC].lxc_configs['101'].zfs_volumes = [{ name: 'v', pool: 'tank-disks', size_gb: 50, mount_point: '/v' }];
    change(files);
    const { draft } = loadFiles(files);
    if (draft === null) throw new Error('not readable');
    return draft;
  };
  const before = config(() => {});
  const smaller = config((files) => {
    files[VM].vms[1].disk_size_gb = 20;
    files[LXC].lxc_configs['101'].zfs_volumes[0].size_gb = 40;
  });
  expect(disksDoNotShrink(before, smaller).map(({ at, message }) => `${at.path}: ${message}`)).toEqual([
    '/lxc_configs/101/zfs_volumes/0/size_gb: The volume v of lxc/101 (web) has 50 GB and cannot be made smaller (40 GB)',
    '/vms/1/disk_size_gb: The disk of vm/1001 (vm-1001) has 32 GB and cannot be made smaller (20 GB)',
  ]);
  expect(disksDoNotShrink(smaller, before)).toEqual([]);
  expect(disksDoNotShrink(before, before)).toEqual([]);
});
