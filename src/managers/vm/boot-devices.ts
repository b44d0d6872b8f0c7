// What a VM is to start from must be there: Proxmox refuses an order with another device in it, or makes a VM that starts from nothing.

import type { DesiredSetting } from '../guest/proxmox/settings.ts';
import type { VmSpec } from './vm-spec.ts';

/** Keys of settings that a VM gets. */
export function presentKeys(desired: readonly DesiredSetting[]): string[] {
  return desired.flatMap(({ key, value }) => (value(undefined) === null ? [] : [key]));
}

/** Why it cannot boot as declared; null where it can. @param keys of the settings that it has and gets */
export function cannotBoot({ id, boot_order_devices: devices }: VmSpec, keys: readonly string[]): string | null {
  const missing = devices?.find((device) => !keys.includes(device));
  if (missing === undefined) return null;
  return `VM ${id} has no ${missing}, which boot_order_devices names; declare it, or take it out of the order`;
}
