// Machine types: Windows machines keep the version that they were created with.

import { parsePropertyString, printPropertyString } from '../../../../src/proxmox/parameters/property-string.ts';

/** The machine version of the simulated QEMU. */
const VERSION = '10.1';
const NEWEST: Readonly<Record<string, string>> = { pc: `pc-i440fx-${VERSION}`, q35: `pc-q35-${VERSION}` };

/** The newest machine type of the family that `machine` names. */
export function newestMachine(machine: string | undefined): string {
  const read = parsePropertyString('qemu/machine', machine ?? '');
  const type = (read.ok && read.properties['type']) || 'pc';
  return NEWEST[type] ?? type;
}

/** The value of `machine` for an operating system type (PVE/QemuServer/Machine.pm, check_and_pin_machine_string). */
export function pinnedMachine(machine: string | undefined, ostype: string | undefined): string | undefined {
  const read = parsePropertyString('qemu/machine', machine ?? '');
  const properties = read.ok ? read.properties : {};
  const newest = NEWEST[properties['type'] ?? 'pc'];
  if (newest === undefined || !/^(w2k|wxp|wvista|win)/.test(ostype ?? '')) return machine;
  return printPropertyString('qemu/machine', { ...properties, type: newest });
}
