// Processors of VMs that are refused where the VM starts: with their firmware, their number, and what encrypts the memory.

import { hotplugFeatures } from '../guests/guest-options.ts';
import { readOption } from '../guests/option-meaning.ts';
import { type Check, isOn, type Machine, numbered, refused } from './fault.ts';

const CPUS_OF_32_BITS = ['486', 'pentium', 'pentium2', 'pentium3', 'coreduo', 'athlon', 'kvm32', 'qemu32'];

/** PVE/QemuServer/CPUConfig.pm, get_cpu_bitness. */
export const firmwareFitsTheCpu: Check = ({ options, properties }) =>
  options['bios'] === 'ovmf' && CPUS_OF_32_BITS.includes(properties('cpu')['cputype'] ?? '')
    ? refused('CPU of 32 bits', ['cpu', 'bios'], 'OVMF (UEFI) BIOS is not supported on 32-bit CPU types')
    : null;

/**
 * What encrypts a VM with firmware of one read-only file, for which Proxmox makes no EFI disk: of AMD it refuses one (PVE/API2/Qemu.pm, create_disks), of
 * Intel it finds no variables to fill it with (PVE/QemuServer/OVMF.pm, create_efidisk). Null for any other encryption, and for none.
 *
 * @param optionOf the text of an option; undefined where it is not set
 */
export function readOnlyFirmware(optionOf: (option: string) => string | undefined): 'SEV-SNP' | 'TDX' | null {
  const [sev, tdx] = [optionOf('amd-sev'), optionOf('intel-tdx')];
  if (sev !== undefined) return readOption('qemu', 'amd-sev', sev)?.['type'] === 'snp' ? 'SEV-SNP' : null;
  return tdx !== undefined && readOption('qemu', 'intel-tdx', tdx)?.['type'] === 'tdx' ? 'TDX' : null;
}

/** PVE/QemuServer/CPUConfig.pm, get_amd_sev_object and get_intel_tdx_object; PVE/QemuServer/OVMF.pm. What the processor has is not known here. */
export const encryptionFits: Check = ({ options, properties }) => {
  const [option, name] = options['amd-sev'] === undefined ? ['intel-tdx', 'Intel TDX'] : ['amd-sev', 'AMD SEV'];
  if (options[option] === undefined) return null;
  const { attestation, 'vsock-cid': cid, 'vsock-port': port } = properties(option);
  if (options['bios'] !== 'ovmf')
    return refused('encryption without UEFI', [option, 'bios'], `To use ${name}, you need to change the BIOS to OVMF.`);
  if (!isOn(attestation) || (cid !== undefined && port !== undefined)) return null;
  return refused('attestation', [option], `Missing ${cid === undefined ? 'cid' : 'port'} for vsock.`);
};

const processorsOf = ({ options }: Machine): number => Number(options['sockets'] ?? 1) * Number(options['cores'] ?? 1);

/** QEMU, hw/core/machine-smp.c. */
export const processorsAreThere: Check = (machine) => {
  const { vcpus } = machine.options;
  const most = processorsOf(machine);
  const sockets = Number(machine.options['sockets'] ?? 1);
  if (vcpus === undefined || Number(vcpus) <= most) return null;
  const message = hotplugFeatures(machine.options['hotplug']).includes('cpu')
    ? `Invalid CPU socket-id: ${sockets} must be in range 0:${sockets - 1}`
    : `Invalid CPU topology: maxcpus must be equal to or greater than smp: maxcpus (${most}) < smp_cpus (${vcpus})`;
  return refused('online CPUs', ['vcpus', 'cores', 'sockets'], message, 'QEMU');
};

/** QEMU, hw/core/numa.c, parse_numa_node. */
export const nodesHaveTheirProcessors: Check = (machine) => {
  if (!isOn(machine.options['numa'])) return null;
  const most = processorsOf(machine);
  for (const { option } of numbered(machine, 'numa')) {
    const highest = Math.max(-1, ...((machine.properties(option)['cpus'] ?? '').match(/\d+/g)?.map(Number) ?? []));
    if (highest >= most)
      return refused(
        'node of other CPUs',
        [option, 'cores', 'sockets'],
        `CPU index (${highest}) should be smaller than maxcpus (${most})`,
        'QEMU',
      );
  }
  return null;
};

/** QEMU, target/i386/kvm: without KVM there is no processor of the host. */
export const emulatedProcessorIsNot: Check = ({ options, properties }) =>
  options['kvm'] !== undefined && !isOn(options['kvm']) && properties('cpu')['cputype'] === 'host'
    ? refused('CPU of the host', ['kvm', 'cpu'], "CPU model 'host' requires KVM or HVF", 'QEMU')
    : null;
