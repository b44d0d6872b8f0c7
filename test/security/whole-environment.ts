// A valid environment in which every text field of every schema is set, so that a test can change one text at a time.

import type { Files } from '../load/environment.ts';
import { settingsAsWritten } from '../managers/guest/settings-rows.ts';

export const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const DATACENTER = 'etc/phoenix_datacenter_config.json';
export const LXC = 'etc/phoenix_lxc_configs.json';
export const VM = 'etc/phoenix_vm_configs.json';
export const CERTIFICATES = 'etc/certificate-manifest.json';
export const STACK = 'stacks/shop/phoenix.json';
/** The stack that is Portainer itself. */
export const DESK = 'stacks/desk/phoenix.json';

export const KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHR+I2WdRckTJNVG4JhagiF0EnwJ7piwIrSqky+aD6E0 ada@example.internal';

const rule = {
  type: 'in',
  action: 'ACCEPT',
  source: '10.0.0.0/24',
  dest: '10.0.0.13',
  proto: 'tcp',
  port: '22',
  source_port: '1024:65535',
  iface: 'net0',
  comment: 'From within',
};

const { iface: _, ...passing } = { ...rule, type: 'forward' };
const echo = { type: 'in', action: 'ACCEPT', source: '10.0.0.0/24', proto: 'icmp', icmp_type: 'echo-request' };
const byMacro = { type: 'in', action: 'ACCEPT', macro: 'HTTPS', source: '10.0.0.0/24' };

function guest(id: number) {
  return {
    name: `guest-${id}`,
    description: 'What it is for',
    comment: 'A remark',
    tags: ['web'],
    pool: 'prod',
    features: ['base_setup'],
    firewall: {
      enabled: true,
      rules: [{ ...rule, dest: '10.0.0.0/24' }, echo, byMacro, { type: 'group', action: 'web' }],
    },
    health_check: { command: ['curl', '-fsS', 'http://127.0.0.1'] },
  };
}

const nvidia = {
  nvidia_driver_version: '580.76.05',
  nvidia_repo_url: 'https://example.com/repo/',
  nvidia_runfile_url: 'https://example.com/driver.run',
};

function container(id: number, own: object) {
  return {
    ...guest(id),
    ...settingsAsWritten('lxc'),
    template: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst',
    storage_pool: 'tank-disks',
    storage_size_gb: 8,
    network_config: {
      name: 'eth0',
      bridge: 'vmbr0',
      ip: `10.0.0.${id % 250}/24`,
      gw: '10.0.0.1',
      nameservers: '10.0.0.13',
      searchdomain: 'example.internal',
    },
    mac_address: `52:54:00:00:0${Math.floor(id / 100)}:${String(id % 100).padStart(2, '0')}`,
    ...own,
  };
}

const SHOP = `services:
  shop:
    image: shop:1
    ports: ["\${PORT}:80"]
    volumes: [shop_data:/data]
volumes:
  shop_data:
    external: true
`;

/** A new copy for each caller. */
export function wholeEnvironment(): Files {
  return structuredClone({
    [DATACENTER]: {
      firewall_groups: { web: {} },
      firewall_rules: [
        { ...rule, iface: 'vmbr0', comment: 'A remark' },
        { ...rule, type: 'forward', source_port: 1024, log: 'info', enabled: false },
        { ...echo, dest: '10.0.0.111' },
        byMacro,
        { type: 'group', action: 'web', iface: 'vmbr0', comment: 'A remark' },
      ],
      sdn_zones: { inner: { type: 'simple' } },
      sdn_vnets: { front: { zone: 'inner' } },
      vnet_firewalls: {
        front: {
          enable: true,
          rules: [
            { ...passing, source_port: 1024, log: 'info', comment: 'A remark' },
            { ...echo, type: 'forward' },
            { ...byMacro, type: 'forward' },
            { type: 'group', action: 'web', comment: 'A remark' },
          ],
        },
      },
    },
    [HYPERVISOR]: {
      $schema: './schemas/phoenix_hypervisor_config.schema.json',
      version: '1',
      author: 'Ada',
      comment: 'A remark',
      domain_name: 'example.internal',
      known_hosts: { 'my PC': '10.0.0.50', printers: ['10.0.0.51', '10.0.0.208/28'] },
      known_aliases: ['office'],
      known_ip_sets: ['admins'],
      timezone: 'Europe/Berlin',
      users: { username: 'ada', sudo_access: true, ssh_public_key: KEY },
      network: {
        interfaces: { name: 'vmbr0', address: '10.0.0.13/24', gateway: '10.0.0.1', dns_nameservers: ['10.0.0.13'] },
        bridges: [
          {
            ...{ name: 'vmbr2', address: '10.2.0.1/24', ports: ['eno2'], comment: 'A remark' },
            ...{
              address6: 'fd02::1/64',
              gateway6: 'fd02::ff',
              vlan_aware: true,
              vlan_ids: '10 20-29',
            },
          },
        ],
        bonds: [
          {
            name: 'bond0',
            slaves: ['eno3', 'eno4'],
            mode: '802.3ad',
            xmit_hash_policy: 'layer3+4',
            comment: 'A remark',
          },
          {
            ...{ name: 'bond1', address: '10.31.0.1/24', slaves: ['eno5'], mode: 'active-backup', primary: 'eno5' },
            address6: 'fd31::1/64',
          },
        ],
        vlans: [
          {
            ...{ name: 'bond0.30', address: '10.30.0.1/24', comment: 'A remark' },
            address6: 'fd30::1/64',
          },
          { name: 'storage', interface: 'bond0', vlan: 31 },
        ],
        ovs_bridges: [
          {
            ...{ name: 'vmbr3', ports: ['eno6'], address: '10.32.0.1/24', comment: 'A remark' },
            address6: 'fd32::1/64',
          },
        ],
        ovs_bonds: [
          { name: 'bond2', bridge: 'vmbr3', slaves: ['eno7', 'eno8'], mode: 'lacp-balance-tcp', comment: 'A remark' },
        ],
        ovs_ports: [
          {
            ...{ name: 'backup', bridge: 'vmbr3', vlan: 33, address: '10.33.0.1/24' },
            ...{ address6: 'fd33::1/64', comment: 'A remark' },
          },
        ],
        hosts: [{ address: '10.0.0.50', names: ['nas.example.org', 'nas'], comment: 'A remark' }],
        default_subnet: '10.0.0.0/24',
        nfs_server: '10.0.0.13',
      },
      page_certificate: { certificate: 'web.example.internal' },
      snippets: [{ name: 'router.yaml', source: 'snippets/router.yaml', comment: 'A remark' }],
      package_repositories: {
        standard: { enterprise: false, 'no-subscription': true },
        others: [
          {
            file: '/etc/apt/sources.list.d/debian.sources',
            uri: 'http://deb.debian.org/debian',
            suite: 'trixie',
            comment: 'A remark',
          },
        ],
      },
      docker: { portainer_agent_image: 'portainer/agent:2.33.6' },
      nfs: { exports: [{ path: '/tank/data/1001', clients: ['10.0.0.111'], options: ['rw', 'sync', 'fsid=3'] }] },
      samba: { user: 'heads', shares: [{ name: 'music', path: '/tank/data/music', valid_users: ['heads'] }] },
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
          {
            name: 'data',
            pool: 'tank',
            properties: { mountpoint: '/tank/data', compression: 'lz4' },
            proxmox_storage_type: 'dir',
          },
        ],
      },
      proxmox_storage_ids: { tank_data: 'tank-data', unpacked: 'unpacked' },
      mount_point_base: '/tank',
      nvidia_driver: { version: '580.76.05', runfile_url: 'https://example.com/driver.run' },
      phoenix: {
        approvers: ['ada'],
        protected: ['lxc/900', '901'],
        drift: { rules: [{ for: ['lxc/900'], action: 'heal', ignore: ['memory_mb'] }] },
        apply_windows: [{ cron: '0 2 * * *', duration: '3h', timezone: 'Etc/UTC' }],
      },
      firewall: {
        global_firewall_rules: [
          { type: 'in', action: 'ACCEPT', source: '10.0.0.0/24', proto: 'tcp', port: '22' },
          { type: 'in', action: 'ACCEPT', source: '10.0.0.0/24', proto: 'tcp', port: '8006' },
          { type: 'in', action: 'ACCEPT', source: '10.0.0.0/24', proto: 'tcp', port: '53' },
          { type: 'in', action: 'ACCEPT', source: '10.0.0.0/24', proto: 'udp', port: '53' },
          { ...rule, iface: 'vmbr0' },
          echo,
          byMacro,
          { type: 'group', action: 'web' },
        ],
      },
      portainer_api: {
        admin_user: 'admin',
        admin_password: { $secret: 'file:/etc/phoenix/secrets/portainer' },
        portainer_hostname: 'portainer.example.internal',
      },
      vm_defaults: { ubuntu_release: 'noble' },
      dns_server: { enabled: true, upstream_servers: ['9.9.9.9'] },
      step_ca: {
        root_ca_name: 'Root',
        intermediate_ca_name: 'Intermediate',
        dns_name: 'ca.example.internal',
        provisioner_name: 'admin@example.internal',
      },
    },
    [LXC]: {
      $schema: './schemas/phoenix_lxc_configs.schema.json',
      comment: 'A remark',
      ...nvidia,
      lxc_configs: {
        '900': container(900, {
          role: 'ca',
          template_snapshot_name: 'final-form',
          start_at_boot: false,
          features: ['base_setup', 'step_ca'],
        }),
        '901': container(901, { role: 'none', clone_from_ctid: '900', template: undefined, dependencies: ['900'] }),
        '102': container(102, {
          role: 'proxy',
          mount_points: [{ host_path: '/tank/data/certs', container_path: '/etc/traefik/certs' }],
        }),
        '101': container(101, {
          role: 'gateway',
          traefik_service: { name: 'web', port: 80 },
          mount_points: [{ host_path: '/tank/certs/101', container_path: '/etc/ssl/web' }],
          zfs_volumes: [{ name: 'data', pool: 'tank-disks', size_gb: 4, mount_point: '/data' }],
          gpu_assignment: '0,1',
          apparmor_profile: 'unconfined',
          pct_options: ['nesting=1'],
          lxc_options: ['lxc.mount.auto: sys:rw'],
          application_script: 'start.sh',
          bootstrap_ca_url: 'https://10.0.0.10:9000',
          features: ['base_setup', 'nvidia', 'vllm'],
          vllm_engine_config: { ModelConfig: { model: 'example/model', dtype: 'auto' } },
          ...nvidia,
        }),
        '103': container(103, {
          health_check: { command: 'curl -fsS http://127.0.0.1' },
          network_config: { name: 'eth0', bridge: 'vmbr0', ip: '10.0.0.103/24', nameservers: ['10.0.0.13'] },
        }),
      },
    },
    [VM]: {
      $schema: './schemas/phoenix_vm_configs.schema.json',
      comment: 'A remark',
      vm_defaults: { storage_pool: 'tank-disks', network_bridge: 'vmbr0' },
      vms: [
        {
          ...guest(9000),
          vmid: '9000',
          is_template: true,
          template_image: 'noble-server-cloudimg-amd64.img',
          template_image_url: 'https://example.com/noble-server-cloudimg-amd64.img',
          template_image_sha256: 'a'.repeat(64),
          disk_size_gb: 16,
          network_config: { ip: 'dhcp', nameserver: ['10.0.0.13'] },
          user_config: { username: 'phoenix', ssh_keys: [KEY] },
        },
        {
          ...guest(1001),
          vmid: 1001,
          clone_from_vmid: '9000',
          ...settingsAsWritten('vm'),
          disk_size_gb: 32,
          storage_pool: 'tank-disks',
          dependencies: ['900'],
          network_config: {
            ip: '10.0.0.111/24',
            gw: '10.0.0.1',
            nameserver: '10.0.0.13',
            searchdomain: 'example.internal',
            bridge: 'vmbr0',
            mac_address: '52:54:00:00:0A:01',
          },
          user_config: { username: 'phoenix', ssh_keys: [KEY] },
          volumes: [
            { type: 'nfs', name: 'shop_data', path: '/tank/data/1001', mount_point: '/data', server: '10.0.0.13' },
          ],
          docker_stacks: ['desk', 'shop', { name: 'shop', environment: 'staging' }],
          portainer_role: 'primary',
          portainer_environment_name: 'Main',
          traefik_service: { name: 'portainer', port: 9443 },
          template_snapshot_name: 'final-form',
          snapshots: { 'pre-features': 'before', 'post-features': 'after' },
        },
        {
          ...guest(1002),
          vmid: 1002,
          network_bridge: 'vmbr0',
          clone_from_vmid: 9000,
          disk_size_gb: 32,
          network_config: { ip: '10.0.0.112/24', gw: '10.0.0.1', nameserver: '10.0.0.13' },
          user_config: { username: 'phoenix', password: { $secret: 'file:/etc/phoenix/secrets/vm-1002' } },
          portainer_role: 'agent',
          portainer_agent_hostname: 'agent.example.internal',
          health_check: { command: 'curl -fsS http://127.0.0.1' },
          volumes: [{ name: 'other', path: '/tank/data/1001', mount_point: '/data', server: 'nas' }],
        },
      ],
    },
    [CERTIFICATES]: [
      {
        common_name: 'web.example.internal',
        sans: ['web.example.internal', 'portainer.example.internal', '10.0.0.101'],
        cert_path: '/tank/certs/101/web.crt',
        key_path: '/tank/certs/101/web.key',
        owner: 'root:root',
        lifetime: '30d',
        permissions: '640',
        post_renewal: { kind: 'reload-service', guest: '101', unit: 'nginx' },
        comment: 'A remark',
      },
      {
        common_name: 'proxy.example.internal',
        cert_path: '/tank/data/certs/proxy.crt',
        key_path: '/tank/data/certs/proxy.key',
        post_renewal_command: 'pct exec 102 -- systemctl restart traefik',
      },
      {
        common_name: 'one.example.internal',
        cert_path: '/tank/certs/101/one.crt',
        key_path: '/tank/certs/101/one.key',
        post_renewal: { kind: 'restart-service', guest: '101', unit: 'nginx' },
      },
      {
        common_name: 'two.example.internal',
        cert_path: '/tank/data/1001/two.crt',
        key_path: '/tank/data/1001/two.key',
        post_renewal: { kind: 'restart-container', guest: '1001', container: 'shop' },
      },
      {
        common_name: 'three.example.internal',
        cert_path: '/tank/certs/101/three.crt',
        key_path: '/tank/certs/101/three.key',
        post_renewal: { kind: 'exec', guest: '101', argv: ['/usr/local/bin/tell', 'it'] },
      },
    ],
    [STACK]: {
      $schema: '../../etc/schemas/stack.schema.json',
      description: 'A shop',
      environments: {
        production: {
          variables: [{ name: 'PORT', value: '8000' }],
          files: [{ source: 'shop.conf', destination_in_container: '/etc/shop.conf' }],
          services: {
            shop: {
              traefik_labels: [
                'traefik.http.routers.shop.rule=Host(`shop.example.internal`)',
                'traefik.http.middlewares.head.headers.customrequestheaders.X-Shop=yes',
              ],
            },
          },
          firewall_rules: [{ ...rule, dest: '10.0.0.111' }, echo, byMacro],
        },
        staging: { variables: [{ name: 'PORT', value: '8001' }] },
      },
    },
    'stacks/shop/docker-compose.yml': SHOP,
    'stacks/desk/docker-compose.yml': 'services:\n  desk:\n    image: portainer/portainer-ce:2.33.6\n',
    [DESK]: { environments: { production: { variables: [{ name: 'TITLE', value: 'Desk' }] } } },
    'stacks/shop/shop.conf': 'a = b\n',
    'snippets/router.yaml': '#cloud-config\n',
    'bin/start.sh': 'echo started\n',
  });
}

const CARD = { vlan: 7, mtu: 1400, trunks: [5, 6], rate: 12.5, firewall: true, link_down: false };
const FURTHER = {
  ...CARD,
  bridge: 'vmbr1',
  index: 2,
  ip: '10.8.0.10/24',
  gw: '10.8.0.1',
  ip6: 'fd00:3::10/64',
  gw6: 'fd00:3::1',
  mac_address: '52:54:00:AA:BD:01',
};

/** The same with a value in each field of guests: a container and a VM with everything, and a VM that is imported. */
export function withGuestFields(files: Files): Files {
  const container = files[LXC].lxc_configs['101'];
  Object.assign(container, { swap_mb: 512, boot_delay: 1, ostype: 'debian', unprivileged: true });
  Object.assign(container.network_config, { ...CARD, gw6: 'fd00:1::1', ip6: 'fd00:1::10/64' });
  container.networks = [{ ...FURTHER, name: 'dmz' }];
  container.mount_points[0].read_only = true;
  container.task_timeout_seconds = 1800;
  const treated = { acl: true, quota: false, backup: true, replicate: false, shared: true, mount_options: ['noatime'] };
  container.root_user = { ssh_keys: [KEY], password: { $secret: 'file:/etc/phoenix/secrets/root-101' } };
  container.root_disk = { acl: true, quota: false, replicate: false, mount_options: ['noatime'] };
  Object.assign(container.mount_points[0], treated);
  Object.assign(container.zfs_volumes[0], treated, { read_only: true });
  container.devices = ['/dev/fuse', { path: '/dev/ttyUSB0', mode: '0660', uid: 1, gid: 20, deny_write: true }];
  Object.assign(files[VM].vm_defaults, { cores: 2, memory_mb: 1024, disk_size_gb: 16 });
  Object.assign(files[VM].vms[1], { boot_delay: 1, clone_from_vmid: undefined, template_image: 'b.qcow2' });
  const card = { model: 'e1000', queues: 2, trunks: [5, '7-9'] };
  Object.assign(files[VM].vms[1].network_config, { ...CARD, ...card, gw6: 'fd00:2::1', ip6: 'fd00:2::10/64' });
  files[VM].vms[1].networks = [
    {
      ...FURTHER,
      ...card,
      ip: '10.8.0.11/24',
      ip6: 'fd00:4::10/64',
      gw6: 'fd00:4::1',
      mac_address: '52:54:00:AA:BD:02',
    },
  ];
  const used = {
    ...{ cache: 'none', discard: true, backup: false, replicate: false, aio: 'native', serial: 'A1', queues: 4 },
    ...{ read_mb_per_s: 100.5, read_mb_per_s_burst: 200, write_mb_per_s: 50, write_mb_per_s_burst: 60 },
    ...{ read_iops: 1000, read_iops_burst: 2000, write_iops: 500, write_iops_burst: 600 },
  };
  Object.assign(files[VM].vms[1], {
    root_disk: { bus: 'scsi0', ...used, iothread: true, ssd: true, read_only: false },
    disks: [
      {
        bus: 'scsi3',
        storage: 'tank-disks',
        size_gb: 4,
        ...used,
        iothread: true,
        ssd: true,
        read_only: true,
        format: 'raw',
      },
      { bus: 'scsi4', import_from: 'local:import/b.qcow2' },
      { bus: 'sata3', iso: 'local:iso/b.iso' },
    ],
    iso: 'local:iso/a.iso',
    efi_disk: { storage: 'tank-disks', pre_enrolled_keys: true },
    tpm: { storage: 'tank-disks', version: 'v2.0' },
    guest_agent: true,
    cloud_init: true,
    machine: 'q35',
    passthrough: [
      { pci: '0000:01:00.0', pcie: true, primary_gpu: true, rombar: false, rom_file: 'gpu.bin', mdev: 'nvidia-63' },
      { pci_mapping: 'gpu', pcie: false },
      { usb: '0658:0200', usb3: true },
      { usb_mapping: 'stick' },
    ],
    serial: ['socket', '/dev/ttyS0'],
  });
  const imported = {
    vmid: 9100,
    name: 'imported',
    template_image: undefined,
    import_from: 'local:import/a.ova/disk.vmdk',
    import_working_storage: 'unpacked',
    cloud_init: true,
  };
  files[VM].vms.push({
    ...files[VM].vms[0],
    template_image_url: undefined,
    template_image_sha256: undefined,
    ...imported,
  });
  files[VM].vms.push({
    vmid: 9101,
    name: 'nas',
    empty: true,
    root_disk: { path: '/dev/disk/by-id/nvme-Samsung_SSD_970' },
    disks: [{ bus: 'scsi1', path: '/dev/disk/by-id/ata-WDC_WD40EFRX-68N32N0_WD-WCC7K0' }],
  });
  return files;
}
