// Converts older shapes of the hypervisor's file.

import { Draft, isObject, type Modern, type Raw } from '../../config/draft.ts';
import type { Place } from '../../config/read/place.ts';
import { placeIn } from '../../config/read/place.ts';
import { oldMachines } from '../guest/host-file.ts';

export interface ModernHypervisor extends Modern {
  /** Where the firewall is written, for the positions of its problems. */
  readonly firewallAt: Place;
}

/** Converts the hypervisor's file to the current shape; its fields about VMs are removed, and read with the VMs. */
export function modernHypervisor(raw: unknown, at: Place): ModernHypervisor {
  const firewallAt = placeIn(at, 'firewall');
  if (!isObject(raw)) return { value: raw, diagnostics: [], firewallAt };
  const draft = new Draft(raw, at);
  const { vms, vmDefaults } = oldMachines(raw);
  if (vms !== undefined) {
    draft.remove('vms');
    draft.old('vms', 'VMs stand in the file of the hypervisor', 'Move them to etc/phoenix_vm_configs.json.');
  }
  vmDefaultsOut(draft, vmDefaults);
  const moved = firewallOut(draft);
  return {
    value: draft.value,
    diagnostics: draft.diagnostics,
    firewallAt: moved ? placeIn(at, 'shared_volumes', 'firewall') : firewallAt,
  };
}

function vmDefaultsOut(draft: Draft, moved: Raw): void {
  if (Object.keys(moved).length === 0) return;
  const kept = Object.entries(draft.get('vm_defaults') as Raw).filter(([key]) => !Object.hasOwn(moved, key));
  draft.set('vm_defaults', Object.fromEntries(kept));
  draft.old(
    'vm_defaults',
    'defaults of VMs stand in the file of the hypervisor',
    'Move them to etc/phoenix_vm_configs.json.',
  );
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
