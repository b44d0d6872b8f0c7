// Checks that a VM's boot devices exist: Proxmox refuses a boot order with a missing device, or creates a VM that boots from nothing.

import { readOption } from '../../../proxmox/guests/option-meaning.ts';
import type { DesiredSetting } from '../../guest/proxmox/settings.ts';
import type { VmSpec } from '../vm-spec.ts';

/** Keys of the settings that a VM will have. */
export function presentKeys(desired: readonly DesiredSetting[]): string[] {
  return desired.flatMap(({ key, value }) => (value(undefined) === null ? [] : [key]));
}

/** Why it cannot boot as declared; null where it can. @param keys keys of the settings that it has or will get */
export function cannotBoot({ id, boot_order_devices, options }: VmSpec, keys: readonly string[]): string | null {
  const { boot } = options;
  const own = typeof boot === 'string' ? readOption('qemu', 'boot', boot) : boot;
  const devices = boot_order_devices ?? own?.['order']?.split(';') ?? [];
  const missing = devices.find((device) => device !== '' && !keys.includes(device));
  if (missing === undefined) return null;
  const field = boot_order_devices === null ? 'boot of its options' : 'boot_order_devices';
  return `VM ${id} has no ${missing}, which ${field} names; declare it, or take it out of the order`;
}
