// What Proxmox always refuses, or accepts and never stores as requested: `validate` refuses it at its line and says what is expected, and valid
// values beside it are accepted.

import { describe, expect, test } from 'vitest';
import { KEY } from '../security/whole-environment.ts';
import { environment, type Files, loadFiles } from './environment.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';

/** The environment with a value at a path, whose missing parents are created. */
function withAt(file: string, path: string, value: unknown): Files {
  const files: Files = environment();
  files[HYPERVISOR].network.bridges = [{ name: 'vmbr5', mtu: 1400 }, { name: 'vmbr6' }];
  const keys = path.split('/').slice(1);
  let parent = files[file];
  for (const [at, key] of keys.slice(0, -1).entries()) {
    parent[key] ??= /^\d+$/.test(keys[at + 1] ?? '') ? [] : {};
    parent = parent[key];
  }
  parent[keys.at(-1) ?? ''] = value;
  return files;
}

function errorsAt(file: string, path: string, value: unknown) {
  const { problems } = loadFiles(withAt(file, path, value));
  return problems.filter(
    (problem) => problem.severity === 'error' && problem.file === file && problem.path.startsWith(path),
  );
}

const CT = '/lxc_configs/101';
const MOUNT = { host_path: '/tank/data', container_path: '/data' };
const MOUNTED_DISK = { host_path: '/dev/disk/by-id/ata-WDC_WD40-part1', container_path: '/data' };
const MAP = { type: 'gid', container_id: 33, host_id: 33, size: 5 };
const DISK = { bus: 'scsi1', storage: 'tank-disks', size_gb: 4 };
/** A VM that is made from an image. */
const MADE = { ...environment()[VM].vms[1], clone_from_vmid: undefined, cloud_init: true };
const VOLUME = { name: 'data', pool: 'tank-disks', size_gb: 4, mount_point: '/data' };

type Case = readonly [
  what: string,
  file: string,
  path: string,
  wrong: readonly unknown[],
  right: readonly unknown[],
  says: RegExp,
];

const CASES: readonly Case[] = [
  [
    'a snapshot that Proxmox has no name for',
    LXC,
    '/lxc_configs/900/template_snapshot_name',
    ['v1.0', 'x', 'current', 'pending', 'vzdump', 'a'.repeat(45), '1st'],
    ['v1', 'a'.repeat(40)],
    /2 to 40/,
  ],
  [
    'a snapshot of a VM that Proxmox keeps for itself',
    VM,
    '/vms/1/snapshots/pre-features',
    ['current', 'Pending', 'v1.0'],
    ['before'],
    /2 to 40/,
  ],
  [
    'a root disk that is rounded',
    LXC,
    `${CT}/storage_size_gb`,
    [8.3333, 8.1, 0.001],
    [8.5, 8.25],
    /8\.33203125 or 8\.3359375|8\.09765625 or 8\.1015625|such as 0\.00390625/,
  ],
  [
    'a volume that is rounded',
    LXC,
    `${CT}/zfs_volumes/0`,
    [{ ...VOLUME, size_gb: 1.3333 }],
    [VOLUME, { ...VOLUME, size_gb: 1.5 }],
    /1\.33203125 or 1\.3359375/,
  ],
  ['a disk of a VM that is rounded', VM, '/vms/1/disk_size_gb', [33.3333], [33.5], /33\.33203125 or 33\.3359375/],
  [
    'a folder of the host that is more than a path',
    LXC,
    `${CT}/mount_points/0`,
    [
      ...['/tank/a,ro=1', '/tank/a=b', '/tank/./a', '/tank/a/.', '/tank//a', '/dev/sda1', '/dev/disk/by-diskseq/9'],
      ...['/dev/loop/0', '/dev/md/0', '/dev/md/127p1', '/dev/dm/0', '/dev/mapper/loop0p1', '/dev/cciss/c0d0'],
    ].map((host_path) => ({ ...MOUNT, host_path })),
    [
      ...[MOUNT, { ...MOUNT, host_path: '/tank/data/' }],
      ...['/dev/disk/by-id/ata-WDC_WD40-part1', '/dev/md/2tb', '/dev/mapper/tank-data', '/dev/loop/data'].map(
        (host_path) => ({ host_path, container_path: MOUNT.container_path }),
      ),
    ],
    /must not|by a name that lasts/,
  ],
  [
    'the owner of what is on a disk of the host',
    LXC,
    `${CT}/mount_points/0`,
    [{ owner_uid: 33 }, { owner_gid: 33 }].map((owner) => ({ ...owner, ...MOUNTED_DISK })),
    [MOUNTED_DISK, { host_path: '/tank/a', container_path: '/a', owner_uid: 33, owner_gid: 33 }],
    /must not be declared for a disk of the host/,
  ],
  [
    'a place in the container that is more than a path',
    LXC,
    `${CT}/mount_points/0`,
    ['/a,b', '/a=b', '/./a', '/a//b', '/', '/../a'].map((container_path) => ({ ...MOUNT, container_path })),
    [{ ...MOUNT, container_path: '/data/' }],
    /must not/,
  ],
  [
    'a volume at what is more than a path',
    LXC,
    `${CT}/zfs_volumes/0`,
    ['/a,size=900G', '/a/./b', '/'].map((mount_point) => ({ ...VOLUME, mount_point })),
    [VOLUME],
    /must not/,
  ],
  [
    'a feature that is neither on nor off',
    LXC,
    `${CT}/pct_options/0`,
    ['nesting=maybe', 'nesting', 'mount=nfs,cifs', 'nesting=1,keyctl=1', 'unknown=1'],
    ['nesting=yes', 'mount=nfs;cifs'],
    /feature of Proxmox/,
  ],
  [
    'a feature that is said twice',
    LXC,
    `${CT}/pct_options`,
    [
      ['mount=nfs', 'mount=cifs'],
      ['nesting=1', 'nesting=0'],
    ],
    [['nesting=1', 'mount=nfs']],
    /second time/,
  ],
  [
    'a search domain with what no name has',
    LXC,
    `${CT}/network_config/searchdomain`,
    ['my_lan', 'lan_a b', '-lan'],
    ['lan', 'lan example.internal', 'a.lan, b.lan'],
    /not a hostname/,
  ],
  [
    'a search domain of a VM with what no name has',
    VM,
    '/vms/1/network_config/searchdomain',
    ['my_lan'],
    ['lan'],
    /not a hostname/,
  ],
  [
    'a prefix that Proxmox takes for none',
    LXC,
    `${CT}/network_config/ip`,
    ['10.0.0.101/0', '10.0.0.101/7', '10.0.0.101/33', 'fd00::5/0', '10.0.0.101', 'auto'],
    ['10.0.0.101/24', 'dhcp'],
    /of at least 8 bits/,
  ],
  [
    'a prefix of a VM that Proxmox takes for none',
    VM,
    '/vms/1/network_config/ip',
    ['10.0.0.111/0'],
    ['10.0.0.111/24'],
    /of at least 8 bits/,
  ],
  [
    'a zone of an address',
    LXC,
    `${CT}/network_config/nameservers`,
    ['fe80::1%eth0', '010.0.0.1'],
    ['fd00::1', '10.0.0.13 10.0.0.14'],
    /IP addresses/,
  ],
  [
    'what is no key',
    VM,
    '/vms/1/user_config',
    ['not a key', KEY.slice(0, 50), KEY.replace('ssh-ed25519 ', 'ssh-rsa '), `${KEY.split(' ')[1]}`, '# comment'].map(
      (key) => ({ username: 'ada', ssh_keys: [key] }),
    ),
    [{ username: 'ada', ssh_keys: [KEY, `from="10.0.0.0/8" ${KEY}`] }],
    /must be one public key/,
  ],
  [
    'a key of the host that is none',
    HYPERVISOR,
    '/users',
    [{ username: 'ada', ssh_public_key: 'not a key' }],
    [{ username: 'ada', ssh_public_key: KEY }],
    /must be one public key/,
  ],
  [
    'a variable of the environment that Proxmox cannot show',
    LXC,
    `${CT}/lxc_options/0`,
    ['lxc.environment.runtime: LANG', 'lxc.environment.runtime:', 'lxc.environment.runtime = =x'],
    ['lxc.environment.runtime: LANG=C.UTF-8', 'lxc.environment.runtime=EMPTY=', 'lxc.environment: LANG'],
    /a variable with its value/,
  ],
  [
    'a size that ZFS does not take',
    HYPERVISOR,
    '/zfs/datasets/0/properties',
    [
      ...['quota=500 G', 'quota=500X', 'recordsize=100K', 'recsize=32M', 'reserv=1BB', { quota: '1,5T' }, 'quota=auto'],
      ...['quota=0', 'refquota=0.0G', 'refreserv=auto'],
    ],
    ['quota=500G,recordsize=16K', 'quota=1.5TiB,refquota=none', 'quota=1024,refreserv=0', { recordsize: '1M' }],
    /sizes without blanks, recordsize a power of two/,
  ],
  [
    'a folder that the node cannot do without',
    HYPERVISOR,
    '/zfs/datasets/0/properties',
    [
      'mountpoint=/',
      'mountpoint=//',
      'mountpoint=/etc',
      'mountpoint=/usr/',
      { mountpoint: '/proc/x' },
      'mountpoint=/etc/pve/a',
    ],
    ['mountpoint=/srv', 'mountpoint=/var/lib/vz', 'mountpoint=/home', 'mountpoint=legacy', { mountpoint: '/etcetera' }],
    /mountpoint a folder of its own/,
  ],
  [
    'a raw line that Proxmox would drop',
    LXC,
    `${CT}/lxc_options/0`,
    [
      'lxc.apparmor.profil: unconfined',
      'lxc.mount: /x',
      'lxc.rootfs.path: /x',
      'lxc.limit.nofile: 5',
      'lxc.network.type: veth',
    ],
    [
      'lxc.mount.auto: sys:rw',
      'lxc.hook.pre-start: /x',
      'lxc.cgroup2.devices.allow: c 195:* rwm',
      'lxc.prlimit.nofile: 5',
    ],
    /must (say|hold a key|not hold)/,
  ],
  [
    'a template that is none',
    LXC,
    `${CT}/template`,
    [
      'local:iso/debian.iso',
      'local:vztmpl/debian.zip',
      '/tank/debian.iso',
      'debian',
      `local:vztmpl/${'d'.repeat(250)}.tar.gz`,
    ],
    [],
    /must be a template/,
  ],
  [
    'an image with a longer name than a file has',
    VM,
    '/vms/0/template_image',
    [`${'n'.repeat(252)}.img`],
    ['noble.img'],
    /at most 255/,
  ],
  [
    'less memory than a VM is to keep',
    VM,
    '/vms/1',
    [{ ...environment()[VM].vms[1], memory_mb: 1024, balloon_mb: 2048 }],
    [{ ...environment()[VM].vms[1], memory_mb: 1024, balloon_mb: 1024 }],
    /the least that the VM keeps/,
  ],
  [
    'maps of ids that share one',
    LXC,
    `${CT}/id_maps`,
    [
      [MAP, { ...MAP, container_id: 36, host_id: 90 }],
      [MAP, { ...MAP, container_id: 90, host_id: 34, size: 1 }],
    ],
    [
      [MAP, { ...MAP, container_id: 38, host_id: 38 }],
      [MAP, { ...MAP, type: 'uid' }],
    ],
    /another map/,
  ],
  [
    'a disk in a format that its storage has not',
    VM,
    '/vms/1/disks',
    [[{ ...DISK, format: 'qcow2' }], [{ ...DISK, storage: 'local-lvm', format: 'vmdk' }]],
    [[{ ...DISK, format: 'raw' }], [DISK]],
    /has no disks of format/,
  ],
  [
    'an account of the system',
    HYPERVISOR,
    '/users',
    [{ username: 'root' }, { username: 'www-data' }],
    [{ username: 'ada' }],
    /of the system/,
  ],
  [
    'a property of ZFS that is misspelt',
    HYPERVISOR,
    '/zfs/datasets/0/properties',
    ['comprssion=lz4', 'atime=off,recordsze=16K'],
    ['compression=lz4,com.example:backup=yes,someday=on'],
    /ZFS has no property/,
  ],
  [
    'a pool with too few disks, or one of them twice',
    HYPERVISOR,
    '/zfs/pools/1',
    [
      { name: 'fast', raid_level: 'mirror', disks: ['/dev/disk/by-id/two'] },
      { name: 'fast', disks: ['/dev/disk/by-id/one'] },
    ],
    [{ name: 'fast', raid_level: 'mirror', disks: ['/dev/disk/by-id/two', '/dev/disk/by-id/three'] }],
    /takes 2 disks|is a disk of pool tank/,
  ],
  ['a VLAN that there is not', LXC, `${CT}/network_config/vlan`, [0, 4095, 1.5], [1, 4094], /4094|1|whole/],
  [
    'packets that are smaller than an interface may have them',
    LXC,
    `${CT}/network_config/mtu`,
    [63, 65_536],
    [64, 65_535],
    /64|65535/,
  ],
  [
    'a gateway of another family',
    VM,
    '/vms/1/network_config',
    [{ ip: '10.0.0.111/24', gw: 'fd00::1' }],
    [{ ip: '10.0.0.111/24', gw: '10.0.0.1' }],
    /another family/,
  ],
  [
    'a gateway beside DHCP',
    VM,
    '/vms/1/network_config',
    [{ ip: 'dhcp', gw: '10.0.0.1' }],
    [{ ip: 'dhcp' }],
    /beside "dhcp"/,
  ],
  [
    'a burst of a disk without its limit, or below it',
    VM,
    '/vms/1/root_disk',
    [{ read_iops_burst: 100 }, { write_mb_per_s_burst: 10, write_mb_per_s: 20 }, { aio: 'native', cache: 'writeback' }],
    [{ read_iops: 100, read_iops_burst: 100 }, { aio: 'native', cache: 'none' }, { cache: 'writeback' }],
    /QEMU would not start it/,
  ],
  [
    'packets of a VM that are too small for its addresses',
    VM,
    '/vms/1/network_config/mtu',
    [2, 575],
    [1, 576, 1500],
    /smaller than the IP minimum MTU/,
  ],
  [
    'a PCI device of a machine without PCI Express',
    VM,
    '/vms/1/passthrough',
    [[{ pci: '0000:01:00.0', pcie: true }], [{ pci: '0000:01:00' }, { pci: '0000:01:00.1' }]],
    [[{ pci: '0000:01:00.0', pcie: false }], [{ pci: '0000:01:00.0' }, { pci: '0000:01:00.1' }]],
    /q35 machine model|assigned more than once/,
  ],
  [
    'a copy of what is no image',
    VM,
    '/vms/1',
    ['local:import/a.img', 'local:import/a.ova', 'local:import/a'].map((import_from) => ({ ...MADE, import_from })),
    ['local:import/a.vmdk', '/var/lib/vz/import/a.img'].map((import_from) => ({ ...MADE, import_from })),
    /must be a volume such as/,
  ],
  [
    'user data that is no snippet',
    VM,
    '/vms/1/options',
    [{ cicustom: 'user=local:iso/a.iso' }, { cicustom: { network: 'local:import/a.raw' } }],
    [{ cicustom: 'user=local:snippets/a.yaml' }],
    /is not in the snippets directory/,
  ],
  [
    'packets of a container that are larger than those of its bridge',
    LXC,
    `${CT}/networks`,
    [[{ bridge: 'vmbr5', ip: 'dhcp', mtu: 9000 }]],
    [[{ bridge: 'vmbr5', ip: 'dhcp', mtu: 1400 }], [{ bridge: 'vmbr6', ip: 'dhcp', mtu: 9000 }]],
    /which passes 1400 at most/,
  ],
  [
    'a folder of devices',
    LXC,
    `${CT}/devices`,
    [['/dev/dri'], ['/dev/net'], ['/dev/bus/usb/001'], [{ path: '/dev/snd', mode: '0660' }]],
    [['/dev/dri/renderD128', '/dev/net/tun', '/dev/bus/usb/001/002', '/dev/fuse', '/dev/vfio/vfio']],
    /must be one device/,
  ],
  [
    'an interface that the host manages, or that is called as another',
    LXC,
    `${CT}/options`,
    [
      { net1: 'name=eth1,bridge=vmbr0,ip6=auto,host-managed=1' },
      { net1: { name: 'eth1', bridge: 'vmbr0', ip6: 'auto', 'host-managed': true } },
      { net1: 'name=eth0,bridge=vmbr0' },
    ],
    [{ net1: 'name=eth1,bridge=vmbr0,ip6=auto' }, { net1: 'name=eth1,bridge=vmbr0,ip6=dhcp,host-managed=1' }],
    /is managed by the host|are called eth0/,
  ],
  [
    'options of a VM that do not go together',
    VM,
    '/vms/1/options',
    [
      { hotplug: 'network,disk,memory' },
      { hugepages: 2 },
      { vcpus: 4, sockets: 1 },
      { numa0: 'cpus=0-1,memory=512', numa: true },
      { machine: 'pc,viommu=intel' },
      { machine: { viommu: 'intel' } },
      { vga: 'serial0,clipboard=vnc' },
      { 'amd-sev': { type: 'std' } },
      { kvm: false, cpu: 'host' },
    ],
    [
      { hotplug: 'network,disk,memory', numa: true },
      { numa0: 'cpus=0-1,memory=2048', numa: true },
      { vcpus: 2 },
      { machine: 'q35,viommu=intel' },
    ],
    /would not start it/,
  ],
];

describe.each(CASES)('%s', (_, file, path, wrong, right, says) => {
  test.each(wrong.map((value) => [JSON.stringify(value).slice(0, 80), value] as const))(
    'is refused: %s',
    (_shown, value) => {
      const errors = errorsAt(file, path, value);
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatchObject({
        code: expect.stringMatching(/^(INVALID_VALUE|INVALID_HOSTNAME|BAD_ADDRESS)$/),
      });
      expect(errors[0]?.message).toMatch(says);
      expect(errors[0]?.line).toBeGreaterThan(1);
    },
  );

  test('and valid values beside it are accepted', () => {
    for (const value of right) expect(errorsAt(file, path, value), JSON.stringify(value)).toEqual([]);
  });
});

test('a storage on a dataset that would be called as none can be is refused at the name of the dataset', () => {
  const dataset = { name: 'd:1', pool: 'tank', proxmox_storage_type: 'zfspool' };
  const [error] = errorsAt(HYPERVISOR, '/zfs/datasets/1', dataset);
  expect(error).toMatchObject({
    code: 'INVALID_VALUE',
    path: '/zfs/datasets/1/name',
    hint: expect.stringContaining('proxmox_storage_ids'),
  });
  expect(errorsAt(HYPERVISOR, '/zfs/datasets/1', { ...dataset, name: 'd/1' })).toEqual([]);
});

test('a zfspool that is to hold files is refused at its content', () => {
  const dataset = { name: 'iso', pool: 'tank', proxmox_storage_type: 'zfspool', proxmox_content_type: 'iso,images' };
  expect(errorsAt(HYPERVISOR, '/zfs/datasets/1', dataset)).toMatchObject([
    { path: '/zfs/datasets/1/proxmox_content_type', message: expect.stringContaining('not iso') },
  ]);
  expect(errorsAt(HYPERVISOR, '/zfs/datasets/1', { ...dataset, proxmox_storage_type: 'dir' })).toEqual([]);
});

test.each([
  ['a pool', '/zfs/pools/1', { name: 'tank', disks: ['/dev/disk/by-id/two'] }],
  ['a dataset', '/zfs/datasets/1', { name: 'disks', pool: 'tank' }],
])('%s that is declared twice is refused at the second', (_, path, value) => {
  expect(errorsAt(HYPERVISOR, path, value)).toMatchObject([{ code: 'DUPLICATE_NAME', path: `${path}/name` }]);
});

test('two shares that Samba takes for one are refused', () => {
  const shares = ['Films', 'films'].map((name) => ({ name, path: `/tank/${name}` }));
  expect(errorsAt(HYPERVISOR, '/samba', { user: 'ada', shares })).toMatchObject([
    { code: 'DUPLICATE_NAME', path: '/samba/shares/1/name' },
  ]);
});

test('a CD, an image or a script on a storage that is not declared is refused', () => {
  expect(errorsAt(VM, '/vms/1/iso', 'lcoal:iso/debian.iso')).toMatchObject([
    { code: 'UNKNOWN_STORAGE', hint: 'Did you mean "local"?' },
  ]);
  expect(errorsAt(VM, '/vms/1/iso', 'nas:iso/debian.iso')).toMatchObject([
    { code: 'UNKNOWN_STORAGE', hint: expect.stringContaining('named in proxmox_storage_ids: "nas": "nas".') },
  ]);
  expect(errorsAt(LXC, `${CT}/hookscript`, 'nas:snippets/hook.pl')).toMatchObject([{ code: 'UNKNOWN_STORAGE' }]);
  expect(errorsAt(VM, '/vms/1/iso', 'local:iso/debian.iso')).toEqual([]);
});

test('more mounts than a container has places for are refused at the mounts', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ host_path: `/tank/${index}`, container_path: `/data/${index}` }));
  expect(errorsAt(LXC, `${CT}/mount_points`, many(256))).toEqual([]);
  expect(errorsAt(LXC, `${CT}/mount_points`, many(257))).toMatchObject([{ message: expect.stringContaining('256') }]);
});
