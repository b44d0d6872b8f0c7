// What options of a VM must have in common so that it starts. Each is valid by itself, and Proxmox stores it; the program that starts the VM refuses
// them together. Only what follows from the options: whether the host has a device or enough processors is not known here. In the order of Proxmox's
// code. (qemu-server, PVE/QemuServer.pm, config_to_command, and the files named at the checks)

import { readOption } from '../guests/option-meaning.ts';
import { foldersFit, packetsAreLarge, pciIsGivenOnce, pciIsReadable, usbHasItsPlace } from './devices.ts';
import { armHasNoIde, cloudInitReadsSnippets, drivesAreServed, scsiHasItsPlace } from './drives.ts';
import { type Check, type MachineOptions, machineOf, refused, type StartFault } from './fault.ts';
import { memoryFault } from './memory.ts';
import {
  emulatedProcessorIsNot,
  encryptionFits,
  firmwareFitsTheCpu,
  nodesHaveTheirProcessors,
  processorsAreThere,
} from './processors.ts';

/** What keeps a VM from starting, in the order in which Proxmox meets it. */
export function startFaults(options: MachineOptions): StartFault[] {
  const machine = machineOf(options);
  return CHECKS.flatMap((check) => check(machine) ?? []);
}

/** PVE/QemuServer.pm, assert_clipboard_config: at creation, change and start. */
export function clipboardProblem(vga: string): string | undefined {
  const { type, clipboard } = readOption('qemu', 'vga', vga) ?? {};
  return clipboard === 'vnc' && type !== undefined && !/^(std|cirrus|vmware|virtio|qxl)/.test(type)
    ? `vga type ${type} is not compatible with VNC clipboard`
    : undefined;
}

const clipboardFits: Check = ({ options: { vga } }) => {
  const problem = vga === undefined ? undefined : clipboardProblem(vga);
  return problem === undefined ? null : { ...refused('clipboard', ['vga'], problem), property: 'clipboard' };
};

/** PVE/QemuServer/Machine.pm, assert_valid_machine_property: at change and start. */
export function machineProblem(machine: string): string | undefined {
  const { type = '', viommu, 'aw-bits': bits } = readOption('qemu', 'machine', machine) ?? {};
  if (viommu === 'intel' && !type.includes('q35')) return 'to use Intel vIOMMU please set the machine type to q35';
  if (viommu === 'intel' && bits !== undefined && Number(bits) !== 39 && Number(bits) !== 48)
    return 'Intel vIOMMU supports only 39 or 48 bits as address width';
  return bits !== undefined && viommu === undefined ? 'cannot set aw-bits if no vIOMMU is configured' : undefined;
}

const ioMemoryFits: Check = ({ options: { machine } }) => {
  const problem = machine === undefined ? undefined : machineProblem(machine);
  return problem === undefined ? null : refused('I/O memory', ['machine'], problem);
};

const CHECKS: readonly Check[] = [
  cloudInitReadsSnippets,
  firmwareFitsTheCpu,
  usbHasItsPlace,
  pciIsReadable,
  pciIsGivenOnce,
  memoryFault,
  clipboardFits,
  scsiHasItsPlace,
  packetsAreLarge,
  ioMemoryFits,
  encryptionFits,
  foldersFit,
  processorsAreThere,
  nodesHaveTheirProcessors,
  emulatedProcessorIsNot,
  armHasNoIde,
  drivesAreServed,
];
