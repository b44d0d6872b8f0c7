// A small valid environment for tests of the configuration: each test breaks one thing in its own copy.

import { createHash } from 'node:crypto';
import { Known } from '../../src/config/known.ts';
import { type Loaded, type LoadOptions, load } from '../../src/load/load.ts';
import type { BlobId } from '../../src/model/ids.ts';
import type { ProblemCode } from '../../src/model/problem.ts';
import type { Snapshot, SourceFile } from '../../src/model/snapshot.ts';
import { DEFAULT_BOUNDS } from '../../src/settings/secret-bounds.ts';

/** Content by path: text and bytes unchanged, anything else as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: tests break written files in every way, also those no type allows
export type Files = Record<string, any>;

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';
const CERTIFICATES = 'etc/certificate-manifest.json';

/** One container that serves, one that signs and that it is cloned from, one VM with a stack, one certificate: no problem at all. */
export function environment() {
  return structuredClone({
    [HYPERVISOR]: {
      domain_name: 'example.internal',
      network: { interfaces: { name: 'vmbr0', address: '10.0.0.13/24', gateway: '10.0.0.1' }, nfs_server: '10.0.0.13' },
      nfs: { exports: [{ path: '/tank/vm-data/1001', clients: ['10.0.0.111'], options: ['rw', 'sync'] }] },
      zfs: {
        pools: [{ name: 'tank', raid_level: 'single', disks: ['/dev/disk/by-id/one'] }],
        datasets: [
          {
            name: 'disks',
            pool: 'tank',
            properties: 'compression=lz4,quota=500G',
            proxmox_storage_type: 'zfspool',
            proxmox_content_type: 'images,rootdir',
          },
        ],
      },
    } as Files,
    [LXC]: {
      lxc_configs: { '900': { ...container(900), role: 'ca' }, '101': { ...container(101), ...CLONED } },
    } as Files,
    [VM]: {
      vm_defaults: { storage_pool: 'tank-disks' },
      vms: [template(9000), { ...machine(1001), clone_from_vmid: 9000 }],
    } as Files,
    [CERTIFICATES]: [
      {
        common_name: 'web.example.internal',
        cert_path: '/tank/certs/101/web.crt',
        key_path: '/tank/certs/101/web.key',
        owner: 'root:root',
        permissions: '640',
        post_renewal_command: 'pct exec 101 -- systemctl reload nginx',
      },
    ] as Files,
    'stacks/shop/docker-compose.yml': SHOP,
    'stacks/shop/phoenix.json': {
      environments: { production: { variables: [{ name: 'PORT', value: '8000' }] } },
    } as Files,
  });
}

const CLONED = {
  name: 'web',
  template: undefined,
  template_snapshot_name: undefined,
  clone_from_ctid: '900',
  start_at_boot: true,
  boot_order: 1,
  role: 'none',
  mount_points: [{ host_path: '/tank/certs/101', container_path: '/etc/ssl/web' }],
};

const SHOP = `services:
  shop:
    image: shop:1
    ports: ["\${PORT}:80"]
    volumes:
      - shop_data:/data
volumes:
  shop_data:
    external: true
`;

function container(id: number) {
  return {
    name: `ct-${id}`,
    memory_mb: 512,
    cores: 1,
    template: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst',
    template_snapshot_name: 'final-form',
    storage_pool: 'tank-disks',
    storage_size_gb: 8,
    start_at_boot: false,
    network_config: {
      name: 'eth0',
      bridge: 'vmbr0',
      ip: `10.0.0.${id % 250}/24`,
      gw: '10.0.0.1',
      nameservers: '10.0.0.13',
    },
    mac_address: `52:54:00:00:${Math.floor(id / 100)
      .toString()
      .padStart(2, '0')}:${(id % 100).toString().padStart(2, '0')}`,
    features: ['base_setup'],
    firewall: { enabled: true, rules: [] },
  };
}

function template(id: number) {
  return {
    vmid: id,
    name: `template-${id}`,
    is_template: true,
    template_image: 'noble-server-cloudimg-amd64.img',
    disk_size_gb: 16,
    network_config: { ip: 'dhcp', nameserver: '10.0.0.13' },
    user_config: { username: 'phoenix' },
    firewall: { enabled: true, rules: [] },
  };
}

function machine(id: number) {
  return {
    vmid: id,
    name: `vm-${id}`,
    cores: 2,
    memory_mb: 2048,
    disk_size_gb: 32,
    start_at_boot: true,
    boot_order: 2,
    network_config: { ip: '10.0.0.111/24', gw: '10.0.0.1', nameserver: '10.0.0.13' },
    user_config: { username: 'phoenix' },
    volumes: [
      { type: 'nfs', name: 'shop_data', path: '/tank/vm-data/1001', mount_point: '/data', server: '10.0.0.13' },
    ],
    docker_stacks: ['shop'],
    firewall: { enabled: true, rules: [] },
  };
}

/** The files as a snapshot of a folder, with Git's own blob ids. */
export function snapshotOf(files: Files): Snapshot {
  const entries = new Map<string, SourceFile>();
  for (const [path, content] of Object.entries(files)) {
    const bytes = content instanceof Uint8Array ? content : new TextEncoder().encode(textOf(content));
    const blob = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex') as BlobId;
    entries.set(path, { blob, kind: 'file', bytes, size: bytes.length });
  }
  return { commit: null, root: '', files: entries };
}

function textOf(content: unknown): string {
  return typeof content === 'string' ? content : JSON.stringify(content, null, 2);
}

/** Unchanged entries are read once, as in the agent (known.test.ts). */
const known = new Known();

/** Reads files with the usual settings; `options` replace some of them. */
export function loadFiles(files: Files, options: Partial<LoadOptions> = {}): Loaded {
  return load(snapshotOf(files), { strictSecrets: false, secrets: DEFAULT_BOUNDS, known, ...options });
}

/** Where a code was found: `file:path`, in order. */
export function placesOf(code: ProblemCode, files: Files): string[] {
  return loadFiles(files)
    .problems.filter((problem) => problem.code === code)
    .map((problem) => `${problem.file}:${problem.path}`);
}
