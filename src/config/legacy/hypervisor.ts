// Old shapes of the file of the hypervisor.

import type { Place } from '../config.ts';
import { within } from '../read/place.ts';
import { Draft, isObject, type Modern, type Raw } from './draft.ts';

export interface ModernHypervisor extends Modern {
  /** VMs that stood in this file; undefined for none. */
  readonly vms: unknown;
  /** What they start from, beside the release. */
  readonly vmDefaults: Raw;
  /** Where the firewall is written. */
  readonly firewallAt: Place;
}

/** Brings the host's file up to date; what belongs to VMs is handed out. */
export function modernHypervisor(raw: unknown, at: Place): ModernHypervisor {
  const none = { vms: undefined, vmDefaults: {}, firewallAt: within(at, 'firewall') };
  if (!isObject(raw)) return { value: raw, findings: [], ...none };
  const draft = new Draft(raw, at);
  const vms = draft.get('vms');
  if (vms !== undefined) {
    draft.remove('vms');
    draft.old('vms', 'VMs stand in the file of the hypervisor', 'Move them to etc/phoenix_vm_configs.json.');
  }
  const vmDefaults = vmDefaultsOut(draft);
  const moved = firewallOut(draft);
  const firewallAt = moved ? within(at, 'shared_volumes', 'firewall') : none.firewallAt;
  return { value: draft.value, findings: draft.findings, vms, vmDefaults, firewallAt };
}

function vmDefaultsOut(draft: Draft): Raw {
  const defaults = draft.get('vm_defaults');
  if (!isObject(defaults)) return {};
  const { ubuntu_release, ...rest } = defaults;
  const known = ['template', 'cores', 'memory_mb', 'disk_size_gb', 'storage_pool', 'network_bridge'];
  const moved = Object.fromEntries(Object.entries(rest).filter(([key]) => known.includes(key)));
  if (Object.keys(moved).length === 0) return {};
  const kept = Object.entries(defaults).filter(([key]) => !Object.hasOwn(moved, key));
  draft.set('vm_defaults', Object.fromEntries(kept));
  draft.old(
    'vm_defaults',
    'defaults of VMs stand in the file of the hypervisor',
    'Move them to etc/phoenix_vm_configs.json.',
  );
  return moved;
}

function firewallOut(draft: Draft): boolean {
  const shared = draft.get('shared_volumes');
  if (!isObject(shared) || !Object.hasOwn(shared, 'firewall') || draft.has('firewall')) return false;
  const { firewall, ...volumes } = shared;
  draft.set('firewall', firewall);
  if (Object.keys(volumes).length > 0) draft.set('shared_volumes', volumes);
  else draft.remove('shared_volumes');
  draft.old('shared_volumes', '"firewall" stands inside "shared_volumes"', 'Move "firewall" to the top of the file.');
  return true;
}
