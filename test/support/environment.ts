// A small valid config repo: one file for the host, one for the containers, and any number of guests.

export type Files = Readonly<Record<string, string>>;

/** Fields of a container in addition to the defaults, as in the configuration. */
export type GuestChanges = Readonly<Record<string, unknown>>;

const HOST = {
  version: '1.0.0',
  domain_name: 'example.internal',
  // Of the host itself nothing is managed, only its guests.
  network: { default_subnet: '10.0.0.0/24', nfs_server: '10.0.0.13' },
  proxmox_storage_ids: { disks: 'local-lvm' },
};

/** @param guests by id, below 200 */
export function environment(guests: Readonly<Record<number, GuestChanges>>, host: GuestChanges = {}): Files {
  const configs = Object.entries(guests).map(([id, changes]) => [id, { ...guest(Number(id)), ...changes }]);
  return {
    'etc/phoenix_hypervisor_config.json': text({ ...HOST, ...host }),
    'etc/phoenix_lxc_configs.json': text({ lxc_configs: Object.fromEntries(configs) }),
    'etc/phoenix_vm_configs.json': text({ vms: [] }),
    'etc/certificate-manifest.json': text([]),
  };
}

/** The same with a policy. */
export function underPolicy(guests: Readonly<Record<number, GuestChanges>>, policy: object): Files {
  return environment(guests, { phoenix: policy });
}

function guest(id: number): GuestChanges {
  return {
    name: `guest-${id}`,
    memory_mb: 512,
    cores: 1,
    template: 'local:vztmpl/ubuntu-24.04-standard_24.04-2_amd64.tar.zst',
    storage_pool: 'local-lvm',
    storage_size_gb: 4,
    network_config: { name: 'eth0', bridge: 'vmbr0', ip: `10.0.0.${id}/24`, gw: '10.0.0.1', nameservers: '10.0.0.13' },
    unprivileged: true,
    firewall: { enabled: true, rules: [] },
  };
}

function text(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
