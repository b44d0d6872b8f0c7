// Reads VMs and their defaults from the hypervisor's file, where they were declared before they had a file of their own.

import { isObject, type Raw } from '../../config/draft.ts';
import { namesInDefaults } from './settings/values.ts';

export interface OldMachines {
  /** Undefined for none. */
  readonly vms: unknown;
  /** Defaults of VMs, without the Ubuntu release. */
  readonly vmDefaults: Raw;
}

/** Fields of `vm_defaults` that concern VMs; `ubuntu_release` belongs to the host. */
const OF_MACHINES = ['template', 'disk_size_gb', 'storage_pool', 'network_bridge', ...namesInDefaults()];

/** The parts of the hypervisor's file, as written, that declare VMs. */
export function oldMachines(raw: unknown): OldMachines {
  if (!isObject(raw)) return { vms: undefined, vmDefaults: {} };
  const defaults = Object.hasOwn(raw, 'vm_defaults') ? raw['vm_defaults'] : undefined;
  const vms = Object.hasOwn(raw, 'vms') ? raw['vms'] : undefined;
  if (!isObject(defaults)) return { vms, vmDefaults: {} };
  const { ubuntu_release: _, ...rest } = defaults;
  return { vms, vmDefaults: Object.fromEntries(Object.entries(rest).filter(([key]) => OF_MACHINES.includes(key))) };
}
