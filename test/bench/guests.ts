// A config repo of any number of containers, each with what a usual guest has: an address, a firewall, a health check, and for one in five a
// dependency.

import type { Files } from '../support/environment.ts';

export const FIRST_ID = 1001;

/** @param count at most 60,000; ids count from 1001 */
export function manyGuests(count: number, changed: { readonly memory_mb?: number } = {}): Files {
  const ids = Array.from({ length: count }, (_, index) => FIRST_ID + index);
  const middle = ids[count >> 1];
  const memory = (id: number) => (id === middle ? (changed.memory_mb ?? 512) : 512);
  return {
    'etc/phoenix_hypervisor_config.json': text({
      version: '1.0.0',
      domain_name: 'example.internal',
      network: { default_subnet: '10.0.0.0/8', nfs_server: '10.0.0.13' },
      proxmox_storage_ids: { disks: 'local-lvm' },
    }),
    'etc/phoenix_lxc_configs.json': text({
      lxc_configs: Object.fromEntries(ids.map((id) => [id, container(id, memory(id))])),
    }),
    'etc/phoenix_vm_configs.json': text({ vms: [] }),
    'etc/certificate-manifest.json': text([]),
  };
}

export function addressOf(id: number): string {
  const number = id - FIRST_ID;
  return `10.1.${Math.floor(number / 250)}.${(number % 250) + 1}`;
}

function container(id: number, memory_mb: number) {
  return {
    name: `guest-${id}`,
    memory_mb: memory_mb,
    cores: 1,
    template: 'local:vztmpl/ubuntu-24.04-standard_24.04-2_amd64.tar.zst',
    storage_pool: 'local-lvm',
    storage_size_gb: 4,
    network_config: {
      name: 'eth0',
      bridge: 'vmbr0',
      ip: `${addressOf(id)}/8`,
      gw: '10.0.0.1',
      nameservers: '10.0.0.13',
    },
    unprivileged: true,
    firewall: {
      enabled: true,
      rules: [
        { type: 'in', action: 'ACCEPT', proto: 'tcp', port: '443', source: '10.0.0.0/8' },
        { type: 'in', action: 'ACCEPT', proto: 'tcp', port: '22', source: '10.0.0.13' },
      ],
    },
    ...(id % 5 === 0 ? { dependencies: [id - 1] } : {}),
  };
}

function text(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
