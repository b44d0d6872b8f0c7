// Files of a configuration that others than their own kind refer to: guests say what the files of hypervisor and datacenter lack, and
// what could not be read of the guests holds back rules about everything.

export const HYPERVISOR_FILE = 'etc/phoenix_hypervisor_config.json';
export const LXC_FILE = 'etc/phoenix_lxc_configs.json';
export const VM_FILE = 'etc/phoenix_vm_configs.json';
export const DATACENTER_FILE = 'etc/phoenix_datacenter_config.json';
