// Checks that a VM starts as it is declared: options that Proxmox stores one by one and refuses together, when the VM is started.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { type Place, placeIn } from '../../../config/read/place.ts';
import { readOption } from '../../../proxmox/guests/option-meaning.ts';
import type { StartFault } from '../../../proxmox/machine/fault.ts';
import { startFaults } from '../../../proxmox/machine/start.ts';
import type { Config, Guest } from '../../config.ts';
import { nameOfGuest, targetOf } from '../../guest/guests.ts';
import { cloneSourcePlace } from '../../guest/rules/references.ts';
import type { RuleContext } from '../../rule.ts';
import type { VmGuest } from '../declared.ts';
import { DISK_FIELDS } from '../drives/drives.ts';
import { DEVICE_FIELDS } from '../passthrough/passthrough.ts';
import { isWorkedIn } from '../vm-spec.ts';
import { type MachineOption, machineOptions } from './machine-options.ts';

type Options = ReadonlyMap<string, MachineOption>;

/**
 * INVALID_VALUE: Proxmox or QEMU would refuse to start it. NOT_JUDGED: whether they would follows from what is not declared. What a clone has of
 * its source alone is reported at the source, or where the source is named if that is never started itself.
 */
export function machinesCanStart({ config }: RuleContext): Diagnostic[] {
  const isNeverStarted = (vm: Guest | undefined) => vm?.kind === 'vm' && vm.isTemplate && !isWorkedIn(vm, config);
  return config.vm.flatMap((vm) => {
    if (isNeverStarted(vm)) return [];
    const source = vm.cloneFrom === null ? undefined : config.guests.get(vm.cloneFrom);
    const options = machineOptions(vm, config);
    const texts = Object.fromEntries([...options].map(([option, { text }]) => [option, text]));
    return startFaults(texts).flatMap((found): Diagnostic[] => {
      const file = found.fault === 'native I/O' ? storageRead(found, options, vm, config) : null;
      if (file?.isReadByQemu === true) return [];
      const at = placeOf(found, options) ?? (isNeverStarted(source) ? cloneSourcePlace(vm) : null);
      if (at === null) return [];
      const place = { at, target: targetOf(vm) };
      const unknown = file?.isReadByQemu === null ? typeOf(file.storage) : undeclaredOf(found, options);
      if (unknown !== null) return [{ code: 'NOT_JUDGED', ...place, ...notJudged(vm, found, unknown) }];
      const message = `${nameOfGuest(vm)}: ${found.by} would not start it: ${found.message}`;
      return [{ code: 'INVALID_VALUE', ...place, message, hint: HINTS[found.fault] }];
    });
  });
}

interface Unknown {
  /** What is not declared, and with what it is judged in its place. */
  readonly what: string;
  readonly instead: string;
  readonly hint: string;
}

function notJudged(vm: VmGuest, { by, message }: StartFault, { what, instead, hint }: Unknown) {
  return {
    message: `${nameOfGuest(vm)}: whether it starts cannot be judged, since ${what} is not declared: ${instead}, ${by} would not start it: ${message}`,
    hint,
  };
}

const AMOUNTS: ReadonlyMap<string, string> = new Map([
  ['cores', 'cores'],
  ['memory', 'memory_mb'],
  ['sockets', 'sockets'],
]);

/**
 * The amounts that the fault follows from and that are not declared: a VM that exists has its own. Null: all are declared. Another option that is not
 * declared, such as `numa`, counts as that of a new VM: a declaration that agrees with an existing VM changes nothing, and a new one could not start.
 */
function undeclaredOf(found: StartFault, options: Options): Unknown | null {
  const fields = found.options.flatMap((option) => {
    const isKnown = options.has(option) && options.get(option)?.isAssumed !== true;
    return isKnown ? [] : (AMOUNTS.get(option) ?? []);
  });
  if (fields.length === 0) return null;
  const names = fields.map((field) => `"${field}"`).join(' and ');
  return { what: names, instead: 'with that of a new VM', hint: `Declare ${names}. ${HINTS[found.fault]}` };
}

function typeOf(storage: string): Unknown {
  return {
    what: `the type of storage "${storage}"`,
    instead: 'with one that the host reads itself',
    hint: `Declare ${storage} with its type in "storages" of the datacenter's file. ${HINTS['native I/O']}`,
  };
}

/** PVE/QemuServer/Blockdev.pm: types of storages that QEMU reads itself, by drivers that have no `aio`. */
const READ_BY_QEMU = ['iscsidirect', 'rbd', 'zfs'];

/** The storage of the drive, a root drive's being that of the VM, and whether QEMU reads it itself; null: its type is not declared. */
function storageRead(
  { options: [drive = ''] }: StartFault,
  options: Options,
  vm: VmGuest,
  config: Config,
): { readonly storage: string; readonly isReadByQemu: boolean | null } {
  const file = readOption('qemu', drive, options.get(drive)?.text ?? '')?.['file'] ?? 'none';
  const storage = file === 'none' ? vm.storagePool : (file.split(':')[0] ?? '');
  const found = config.hypervisor.storages.find(({ id }) => id === storage);
  if (found === undefined) return { storage, isReadByQemu: false };
  return { storage, isReadByQemu: found.type === null ? null : READ_BY_QEMU.includes(found.type) };
}

/** Where the first of the options is declared; null where none is. */
function placeOf(found: StartFault, options: Options): Place | null {
  const [first] = found.options;
  const declared = found.options.find((option) => options.get(option)?.at != null);
  const at = declared === undefined ? null : (options.get(declared)?.at ?? null);
  const field = declared === first && first !== undefined ? fieldOf(first, found.property) : undefined;
  return at === null || field === undefined || at.path.endsWith(`/options/${first}`) ? at : placeIn(at, ...field);
}

const OF_DISK: ReadonlyMap<string, string> = new Map(Object.entries(DISK_FIELDS));

/** Where a drive, a device or an interface declares the property. */
function fieldOf(option: string, property: string | undefined): readonly string[] | undefined {
  if (property === undefined) return undefined;
  if (option.startsWith('hostpci'))
    return Object.entries(DEVICE_FIELDS.hostpci)
      .filter(([, key]) => key === property)
      .map(([field]) => field);
  const ofDisk = OF_DISK.get(property);
  if (/^(scsi|virtio|sata|ide)\d/.test(option)) return ofDisk === undefined ? ['options', property] : [ofDisk];
  return option.startsWith('net') ? [property] : undefined;
}

const HINTS: Readonly<Record<StartFault['fault'], string>> = {
  'file of cloud-init': 'Name a file of the content snippets, as local:snippets/user.yaml.',
  'CPU of 32 bits': 'Give it a CPU of 64 bits, or the firmware "seabios".',
  'place of USB':
    'Write "ostype": "l26", or that of a Windows after 7, with a "machine" of no older version; or hand in five USB devices at most.',
  'PCI Express': 'Write "machine": "q35", or take "pcie" out.',
  'PCI by two names': 'Name the device by its address, or by its mapping.',
  'PCI twice': 'Hand each device in once; an address without its last part is all functions of a device.',
  'part of several': 'Name one device by its address, or take mdev out.',
  'legacy graphics': 'Take legacy-igd out, or give it what the message asks for.',
  'hotplug without NUMA': 'Write "numa": true, or take memory out of hotplug.',
  'hotplug with nodes': 'Take the node out, or memory out of hotplug.',
  'hotplug of little memory': 'Give it more memory, or take memory out of hotplug.',
  'hotplug with folders': 'Take memory out of hotplug, or the virtiofs out.',
  'hotplug in steps':
    'Memory beyond the first 1024 MB is added in steps of 512 MB, and of larger ones beyond 17 GB: write a size that they make.',
  'huge pages without NUMA': 'Write "numa": true, or take hugepages out.',
  'huge pages of no node': 'Give each node one node of the host, with hostnodes and policy, or take hugepages out.',
  'size of huge pages': 'Write a size of memory that is a multiple of the pages, for each socket or node.',
  'node without memory': 'Write the memory of the node in MB, as memory=1024.',
  'node without policy': 'Add policy=preferred, policy=bind or policy=interleave.',
  'nodes of other memory': 'Let the memory of all nodes make up "memory_mb".',
  'node of other CPUs': 'CPUs count from 0 to what "cores" and "sockets" make, less one.',
  clipboard: 'Write a graphics card that shows a picture, such as std, or take clipboard out.',
  'SCSI of an old machine': 'Write a "machine" of a newer version, or scsi13 at most.',
  'small packets': 'Write 576 at least, 1 for that of the bridge, or take it out.',
  'I/O memory': 'Write "type=q35" for the one of Intel with 39 or 48 bits, or take what the message names out.',
  'encryption without UEFI': 'Write "bios": "ovmf", or take the encryption out.',
  attestation: 'Write vsock-cid and vsock-port, or attestation=0.',
  'rights of folders': 'Take expose-acl out.',
  'online CPUs': 'Write at most as many as "cores" times "sockets" are.',
  'CPU of the host': 'Take "kvm" out, or give it a CPU that can be emulated, such as x86-64-v2-AES.',
  'IDE of ARM':
    'Write a bus such as scsi or sata; cloud-init and "iso" have theirs at ide, so take them out for this architecture.',
  'discarded writes': 'Take snapshot out, or give the VM a "machine" of a version before 10.0.',
  'native I/O': 'Write the "aio" io_uring or threads, or the "cache" none or directsync.',
  burst: 'Write the limit beside it, which is at most the burst.',
};
