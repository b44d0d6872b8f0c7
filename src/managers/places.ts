// Files of a configuration that others than their own kind refer to: guests say what their hypervisor's file lacks, and what could not
// be read of the guests holds back rules about everything.

export const HYPERVISOR_FILE = 'etc/phoenix_hypervisor_config.json';
export const LXC_FILE = 'etc/phoenix_lxc_configs.json';
export const VM_FILE = 'etc/phoenix_vm_configs.json';
