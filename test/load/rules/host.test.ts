// Rules about a host as a whole: order at boot, shared secrets, more GPU, memory or space promised than there is, and fields that would wipe disks.

import { describe, expect, test } from 'vitest';
import { capacityGb } from '../../../src/load/rules/capacity.ts';
import { environment, type Files } from '../environment.ts';
import { found } from './found.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';

/** Another container like 101. */
function add(files: Files, id: number, fields: Record<string, unknown>) {
  files[LXC].lxc_configs[id] = {
    ...files[LXC].lxc_configs['101'],
    name: `ct-${id}`,
    mac_address: undefined,
    mount_points: [],
    network_config: { ip: `10.0.0.${id % 250}/24`, gw: '10.0.0.1' },
    ...fields,
  };
}

describe('BOOT_ORDER and LATE_DEPENDENCY', () => {
  test('what is needed starts first, or does not start with the host at all', () => {
    const files = environment();
    files[VM].vms[1].dependencies = ['101', '900'];
    expect(found('BOOT_ORDER', files)).toEqual([]);
    expect(found('LATE_DEPENDENCY', files)).toEqual([]);
  });

  test('what is needed starts later', () => {
    const files = environment();
    files[LXC].lxc_configs['101'].dependencies = ['1001'];
    expect(found('BOOT_ORDER', files)).toEqual([
      '"boot_order": 1, | lxc/101 (web) starts with boot_order 1, but needs vm/1001 (vm-1001), which starts with boot_order 2',
    ]);
  });

  test('what has no order starts last', () => {
    const files = environment();
    files[LXC].lxc_configs['101'].dependencies = ['1001'];
    files[VM].vms[1].boot_order = undefined;
    expect(found('BOOT_ORDER', files)).toEqual([
      '"boot_order": 1, | lxc/101 (web) starts with boot_order 1, but needs vm/1001 (vm-1001), which starts last (no boot_order)',
    ]);
  });

  test('a clone source that needs a target which comes later delays every clone', () => {
    const files = environment();
    Object.assign(files[LXC].lxc_configs['900'], { boot_order: 0, dependencies: ['1001'] });
    expect(found('LATE_DEPENDENCY', files)).toEqual([
      '"1001" | lxc/900 (ct-900) is cloned from, and yet needs vm/1001 (vm-1001), which starts with boot_order 2: every clone waits for it',
    ]);
    expect(found('BOOT_ORDER', files)).toEqual([]);
  });
});

describe('SHARED_SECRET_PATH', () => {
  const mount = (host_path: string) => ({ host_path, container_path: '/etc/keys' });

  test('folders of one guest, and shared folders without keys, are fine', () => {
    const files = environment();
    add(files, 102, { mount_points: [mount('/tank/media'), mount('/tank/certs/102')] });
    add(files, 103, { mount_points: [mount('/tank/media'), mount('/tank/certs/101-public')] });
    expect(found('SHARED_SECRET_PATH', files)).toEqual([]);
  });

  test('the keys of a certificate are seen by another guest, at their folder or above it', () => {
    const files = environment();
    add(files, 102, { mount_points: [mount('/tank/certs/101')] });
    add(files, 103, { mount_points: [mount('/tank')] });
    expect(found('SHARED_SECRET_PATH', files)).toEqual([
      '"host_path": "/tank/certs/101", | /tank/certs/101 holds keys of lxc/101 (web) and is mounted in lxc/102 too',
      '"host_path": "/tank", | /tank/certs/101 holds keys of lxc/101 (web) and is mounted in lxc/103 too',
    ]);
  });

  test('what a certificate authority mounts is its own', () => {
    const files = environment();
    add(files, 102, { mount_points: [mount('/tank/authority')] });
    add(files, 103, { role: 'ca', mount_points: [mount('/tank/authority')] });
    expect(found('SHARED_SECRET_PATH', files)).toEqual([
      '"host_path": "/tank/authority", | /tank/authority holds keys of lxc/103 (ct-103) and is mounted in lxc/102 too',
    ]);
  });
});

describe('GPU_OVERCOMMIT', () => {
  const vllm = (share: number) => ({ CacheConfig: { gpu_memory_utilization: share } });

  test('shares that fit, a GPU of one guest, and guests that do not run are fine', () => {
    const files = environment();
    add(files, 111, { gpu_assignment: '0', vllm_engine_config: vllm(0.4) });
    add(files, 112, { gpu_assignment: '0', vllm_engine_config: vllm(0.5) });
    add(files, 113, { gpu_assignment: '1' });
    add(files, 114, { gpu_assignment: '0', vllm_engine_config: vllm(0.9), start_at_boot: false });
    expect(found('GPU_OVERCOMMIT', files)).toEqual([]);
  });

  test('more than 0.9 together', () => {
    const files = environment();
    add(files, 111, { gpu_assignment: '0,1', vllm_engine_config: vllm(0.5) });
    add(files, 112, { gpu_assignment: '1', vllm_engine_config: vllm(0.5) });
    expect(found('GPU_OVERCOMMIT', files)).toEqual([
      '"gpu_assignment": "0,1", | GPU 1: lxc/111 and lxc/112 promise 100 % of its memory',
    ]);
  });

  test('a guest with unlimited GPU memory beside others', () => {
    const files = environment();
    add(files, 111, { gpu_assignment: '0', vllm_engine_config: vllm(0.5) });
    add(files, 112, { gpu_assignment: '0' });
    expect(found('GPU_OVERCOMMIT', files)).toEqual([
      '"gpu_assignment": "0", | GPU 0: lxc/111 and lxc/112 include lxc/112 without a limit',
    ]);
  });
});

describe('MEMORY_OVERCOMMIT', () => {
  test('is not decided where the memory of the host is not declared', () => {
    const files = environment();
    files[VM].vms[1].memory_mb = 1_000_000;
    expect(found('MEMORY_OVERCOMMIT', files)).toEqual([]);
  });

  test('guests that run and the cache of ZFS must fit', () => {
    const files = environment();
    files[VM].vms[1].memory_mb = 60 * 1024;
    files[HYPERVISOR].memory_gb = 64;
    expect(found('MEMORY_OVERCOMMIT', files)).toEqual([]);
    files[HYPERVISOR].zfs.arc_max_gb = 8;
    expect(found('MEMORY_OVERCOMMIT', files)).toEqual([
      '"memory_gb": 64 | Running guests have 61 GB and 8 GB for the cache of ZFS, but the host has 64 GB',
    ]);
  });
});

describe('QUOTA_OVERCOMMIT', () => {
  const pool = (raidLevel: string, ...disks: string[]) => ({ name: 'tank', raidLevel, disks });

  test('is not decided where the names of disks do not tell their size', () => {
    expect(found('QUOTA_OVERCOMMIT', environment())).toEqual([]);
    expect(capacityGb(pool('single', '/dev/disk/by-id/one'))).toBeNull();
  });

  test('quotas that add up to more than the disks hold', () => {
    const files = environment();
    files[HYPERVISOR].zfs.pools[0].disks = ['/dev/disk/by-id/nvme-Maker_SSD_500GB_S1'];
    expect(found('QUOTA_OVERCOMMIT', files)).toEqual([
      '"name": "tank", | The quotas on pool "tank" add up to 500 GB, but its disks hold about 465 GB',
    ]);
    files[HYPERVISOR].zfs.pools[0].disks = ['/dev/disk/by-id/nvme-Maker_SSD_1TB_S1'];
    expect(found('QUOTA_OVERCOMMIT', files)).toEqual([]);
  });

  test('mirrors hold what the smallest disk holds, raidz loses its parity', () => {
    const disks = ['/dev/disk/by-id/a_2TB_1', '/dev/disk/by-id/b_1TB_2', '/dev/disk/by-id/c_2TB_3'];
    const terabytes = (level: string) => Math.round(((capacityGb(pool(level, ...disks)) ?? 0) * 2 ** 30) / 1e12);
    expect(['single', 'mirror', 'raidz1', 'raidz2'].map(terabytes)).toEqual([5, 1, 2, 1]);
  });
});

describe('DESTRUCTIVE', () => {
  test('a field that would wipe disks is refused, false is not', () => {
    const files = environment();
    files[HYPERVISOR].zfs.settings = { allow_destructive_operations: true };
    expect(found('DESTRUCTIVE', files)).toEqual([
      '"allow_destructive_operations": true | Disks would be wiped: a push never does this',
    ]);
    files[HYPERVISOR].zfs.settings.allow_destructive_operations = false;
    expect(found('DESTRUCTIVE', files)).toEqual([]);
  });
});

test('NO_EFFECT: servers that a DNS server which is off would ask', () => {
  const files = environment();
  files[HYPERVISOR].dns_server = { enabled: false, upstream_servers: ['9.9.9.9'] };
  const isOfServer = (line: string) => line.includes('upstream_servers');
  expect(found('NO_EFFECT', files).filter(isOfServer)).toHaveLength(1);
  files[HYPERVISOR].dns_server.enabled = true;
  expect(found('NO_EFFECT', files).filter(isOfServer)).toEqual([]);
});

test('NO_EFFECT: a share of deletions beside the percentage of the policy', () => {
  const files = environment();
  files[HYPERVISOR].behavior = { max_delete_share: 0.5 };
  files[HYPERVISOR].phoenix = { ...files[HYPERVISOR].phoenix, max_delete_percent: 10 };
  expect(found('NO_EFFECT', files)).toEqual([
    '"max_delete_share": 0.5 | "max_delete_share" has no effect: phoenix.max_delete_percent is declared, and its 10 % apply',
  ]);
  files[HYPERVISOR].behavior = {};
  expect(found('NO_EFFECT', files)).toEqual([]);
});

test('NO_EFFECT: contents of a dataset that is no storage', () => {
  const files = environment();
  const dataset = { name: 'media', pool: 'tank', proxmox_content_type: 'iso' };
  files[HYPERVISOR].zfs.datasets.push(dataset);
  expect(found('NO_EFFECT', files)).toEqual([
    '"proxmox_content_type": "iso" | "proxmox_content_type" has no effect: dataset tank/media is no storage of Proxmox',
  ]);
  Object.assign(dataset, { proxmox_storage_type: 'dir' });
  expect(found('NO_EFFECT', files)).toEqual([]);
});
