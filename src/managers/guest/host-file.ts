// Before there was a file for them, VMs and what they start from stood in the file of the hypervisor.

import { isObject, type Raw } from '../../config/draft.ts';
import { namesInDefaults } from './settings/values.ts';

export interface OldMachines {
  /** Undefined for none. */
  readonly vms: unknown;
  /** What they start from, beside the release. */
  readonly vmDefaults: Raw;
}

/** Fields of `vm_defaults` that are those of VMs; `ubuntu_release` is the host's. */
const OF_MACHINES = ['template', 'disk_size_gb', 'storage_pool', 'network_bridge', ...namesInDefaults()];

/** What the hypervisor's file, as written, says of VMs. */
export function oldMachines(raw: unknown): OldMachines {
  if (!isObject(raw)) return { vms: undefined, vmDefaults: {} };
  const defaults = Object.hasOwn(raw, 'vm_defaults') ? raw['vm_defaults'] : undefined;
  const vms = Object.hasOwn(raw, 'vms') ? raw['vms'] : undefined;
  if (!isObject(defaults)) return { vms, vmDefaults: {} };
  const { ubuntu_release: _, ...rest } = defaults;
  return { vms, vmDefaults: Object.fromEntries(Object.entries(rest).filter(([key]) => OF_MACHINES.includes(key))) };
}
