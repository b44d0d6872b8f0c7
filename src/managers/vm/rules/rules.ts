// Checks a VM's drives against each other, and that Phoenix can work inside a VM where it has to.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { type Place, placeIn } from '../../../config/read/place.ts';
import { readOnlyFirmware } from '../../../proxmox/machine/processors.ts';
import { propertiesOf } from '../../../proxmox/parameters/table.ts';
import { formatsOf } from '../../../proxmox/storages/types.ts';
import type { Config } from '../../config.ts';
import { interfacesOf, isChecked, nameOfGuest, targetOf } from '../../guest/guests.ts';
import type { RuleContext } from '../../rule.ts';
import type { VmGuest } from '../declared.ts';
import { DISK_FIELDS, isoKey } from '../drives/drives.ts';
import { machineOptions } from '../start/machine-options.ts';

const AGENT = 'Install the guest agent in it and write "guest_agent": true, or take this out.';
const CLOUD_INIT = 'Take it out, or write "cloud_init": true for a system that has cloud-init.';

/**
 * INVALID_VALUE: a manually installed VM has no guest agent until somebody installs it, and without cloud-init nothing is configured inside; or a
 * user with two passwords.
 */
export function machinesArePrepared({ config }: RuleContext): Diagnostic[] {
  return config.vm.flatMap((vm) => {
    const hasAgent = vm.guestAgent ?? vm.cloudInit;
    return [...(vm.cloudInit ? [] : toldByCloudInit(vm)), ...(hasAgent ? [] : workedIn(vm)), ...twoPasswords(vm)];
  });
}

function toldByCloudInit(vm: VmGuest): Diagnostic[] {
  const { user, network } = vm;
  const fields = [
    ...(user.username !== null || user.password !== undefined || user.passwordHash !== null || user.sshKeys.length > 0
      ? [['user_config']]
      : []),
    ...(network.nameservers.length > 0 ? [['network_config', 'nameserver']] : []),
    ...(network.searchdomain !== null ? [['network_config', 'searchdomain']] : []),
  ];
  return fields.map((keys) =>
    invalid(
      vm,
      placeIn(vm.writtenAt, ...keys),
      `cloud-init does not set it up, and nothing else reads ${keys.at(-1)}`,
      CLOUD_INIT,
    ),
  );
}

function twoPasswords(vm: VmGuest): Diagnostic[] {
  if (vm.user.password === undefined || vm.user.passwordHash === null) return [];
  const at = placeIn(vm.writtenAt, 'user_config', 'password_hash');
  const hint = 'Take one out: cloud-init sets "password", the guest agent sets "password_hash".';
  return [invalid(vm, at, 'the user has "password" too, and would have two', hint)];
}

function workedIn(vm: VmGuest): Diagnostic[] {
  const uses: readonly (readonly [boolean, string])[] = [
    [vm.features.length > 0, 'features'],
    [vm.volumes.length > 0, 'volumes'],
    [vm.stacks.length > 0, 'docker_stacks'],
    [isChecked(vm), 'health_check'],
    [vm.portainer.role !== 'none', 'portainer_role'],
  ];
  return uses
    .filter(([isUsed]) => isUsed)
    .map(([, field]) =>
      invalid(vm, placeIn(vm.writtenAt, field), `${field} needs the guest agent, which it has not`, AGENT),
    );
}

/** INVALID_VALUE: two drives at the same bus key, a disk of unknown size, a disk that is two things, or an option that the bus does not support. */
export function drivesGoTogether({ config }: RuleContext): Diagnostic[] {
  return config.vm.flatMap((vm): Diagnostic[] => {
    const taken = new Map<string, string>();
    const root = vm.rootDisk.bus ?? (vm.cloneFrom === null ? 'scsi0' : null);
    if (root !== null) taken.set(root, 'the root disk');
    if (vm.cloudInit) taken.set('ide2', 'the drive of cloud-init');
    if (vm.iso !== null) taken.set(isoKey({ cloud_init: vm.cloudInit }), 'the CD of "iso"');
    const wrongRoot =
      root === null ? [] : strayOptions(vm, placeIn(vm.writtenAt, 'root_disk'), root, vm.rootDisk.options);
    const further = vm.disks.flatMap((disk, index): Diagnostic[] => {
      const at = placeIn(vm.writtenAt, 'disks', index);
      const other = taken.get(disk.bus);
      taken.set(disk.bus, 'another disk');
      const isUnsized =
        disk.iso === null && disk.import_from === null && disk.size_gb === null && disk.path === undefined;
      const isHostToo =
        disk.path !== undefined && (disk.iso !== null || disk.import_from !== null || disk.size_gb !== null);
      const isBoth = disk.iso !== null && (disk.import_from !== null || disk.size_gb !== null);
      return [
        ...(other === undefined
          ? []
          : [invalid(vm, placeIn(at, 'bus'), `${disk.bus} is the place of ${other}`, 'Choose another bus.')]),
        ...(isUnsized ? [invalid(vm, at, '"size_gb" is missing', 'Write how large it is to be, in GB.')] : []),
        ...(isBoth
          ? [invalid(vm, placeIn(at, 'iso'), 'a CD has no size and is imported from nothing', 'Take one out.')]
          : []),
        ...(isHostToo
          ? [
              invalid(
                vm,
                placeIn(at, 'path'),
                'a disk of the host has its own size and content',
                'Take out size_gb, import_from and iso, or the path.',
              ),
            ]
          : []),
        ...strayOptions(vm, at, disk.bus, disk.options),
      ];
    });
    return [...rootOnHost(vm), ...wrongRoot, ...further];
  });
}

/** What cannot be beside a root disk that is a disk of the host. */
function rootOnHost(vm: VmGuest): Diagnostic[] {
  if (vm.rootDisk.path === undefined) return [];
  const isFilled = vm.cloneFrom !== null || vm.templateImage !== null || vm.importFrom !== null;
  const at = placeIn(vm.writtenAt, 'root_disk', 'path');
  return [
    ...(isFilled
      ? [
          invalid(
            vm,
            at,
            'nothing is written to a disk of the host, and the VM has a source that would be',
            'Write "empty": true or "iso" as the source.',
          ),
        ]
      : []),
    ...(vm.diskSizeGb === null
      ? []
      : [invalid(vm, at, 'a disk of the host has its own size', 'Take disk_size_gb out.')]),
  ];
}

/** INVALID_VALUE: a VM would give back more memory than it has; Proxmox refuses it (qemu-server, PVE/API2/Qemu.pm). */
export function balloonsFit({ config }: RuleContext): Diagnostic[] {
  return config.vm.flatMap((vm): Diagnostic[] => {
    const { balloon_mb: least, memory_mb: most } = vm;
    if (least == null || most == null || least <= most) return [];
    const message = `balloon_mb is ${least}, and memory_mb is ${most}: it is the least that the VM keeps of its memory`;
    return [invalid(vm, placeIn(vm.writtenAt, 'balloon_mb'), message, `Write ${most} at most.`)];
  });
}

/** INVALID_VALUE: a storage has no disks of a format (pve-storage, plugindata of its type). */
export function formatsFitTheirStorages({ config }: RuleContext): Diagnostic[] {
  const types = new Map(config.hypervisor.storages.map(({ id, type }) => [id, type]));
  return config.vm.flatMap((vm) =>
    vm.disks.flatMap(({ format, storage }, index): Diagnostic[] => {
      const at = placeIn(vm.writtenAt, 'disks', index, 'format');
      const type = types.get(storage) ?? null;
      const possible = type === null ? undefined : formatsOf(type);
      if (format === null || possible === undefined || possible.includes(format)) return [];
      const message = `storage "${storage}" is of type ${type}, which has no disks of format ${format}`;
      return [invalid(vm, at, message, `Write ${possible.join(' or ')}, or take it out.`)];
    }),
  );
}

/** INVALID_VALUE: an option that makes a drive ineffective, which Proxmox would report only when the VM starts, if at all. */
export function optionsServeDrives({ config }: RuleContext): Diagnostic[] {
  return config.vm.flatMap((vm): Diagnostic[] => {
    const bios = declaredAs(vm, 'bios', 'bios');
    const controller = declaredAs(vm, 'scsi_controller', 'scsihw');
    const root = { bus: rootBus(vm), options: vm.rootDisk.options };
    const threaded = [root, ...vm.disks].find(
      (disk) => disk.bus.startsWith('scsi') && disk.options['iothread'] === '1',
    );
    const found: Diagnostic[] = [];
    if (vm.efiDisk !== null && bios !== null && bios.value !== 'ovmf')
      found.push(
        invalid(
          vm,
          bios.at,
          `"efi_disk" is read by UEFI alone, not by ${bios.value}`,
          'Write "ovmf", or take one out.',
        ),
      );
    if (threaded !== undefined && controller !== null && controller.value !== 'virtio-scsi-single')
      found.push(
        invalid(
          vm,
          controller.at,
          `a thread for ${threaded.bus} needs the controller virtio-scsi-single`,
          'Write "virtio-scsi-single", or take one out.',
        ),
      );
    return found;
  });
}

/**
 * NOT_JUDGED: the firmware that encrypts a VM by SEV-SNP or TDX is one read-only file, and Proxmox makes no EFI disk for it. One that the VM has, or a
 * clone from its source, stays and is ignored.
 */
export function firmwareTakesItsDisk({ config }: RuleContext): Diagnostic[] {
  return config.vm.flatMap((vm): Diagnostic[] => {
    if (vm.efiDisk === null) return [];
    const options = machineOptions(vm, config);
    const encryption = readOnlyFirmware((option) => options.get(option)?.text);
    if (encryption === null) return [];
    const source = vm.cloneFrom === null ? undefined : config.guests.get(vm.cloneFrom);
    const isKept = source === undefined ? vm.cloneFrom !== null : source.kind === 'vm' && hasEfiDisk(source, config);
    if (isKept) return [];
    const at = placeIn(vm.writtenAt, 'efi_disk');
    const message = `${nameOfGuest(vm)}: whether Proxmox takes it cannot be judged, since it is not known whether the VM has an EFI disk: a new one cannot be made, as ${encryption} uses consolidated read-only firmware and does not require an EFI disk`;
    const hint = 'Take it out, and write "bios": "ovmf"; an EFI disk that the VM has stays on it.';
    return [{ code: 'NOT_JUDGED', at, message, hint, target: targetOf(vm) }];
  });
}

const hasEfiDisk = (vm: VmGuest, config: Config): boolean => machineOptions(vm, config).has('efidisk0');

/** NO_EFFECT: queues and packet sizes that Proxmox takes and passes on to no other hardware (qemu-server, PVE/QemuServer.pm, print_netdevice_full). */
export function hardwareHasWhatIsSaid({ config }: RuleContext): Diagnostic[] {
  return config.vm.flatMap((vm): Diagnostic[] => {
    const without = (at: Place, what: string, hint: string): Diagnostic => ({
      code: 'NO_EFFECT',
      at,
      message: `${nameOfGuest(vm)}: ${what}`,
      hint,
      target: targetOf(vm),
    });
    const cards = interfacesOf(vm).flatMap(({ net, key, at }) => {
      if (net.model === null || net.model === 'virtio') return [];
      const said = [...(net.queues !== null && net.queues > 1 ? ['queues'] : []), ...(net.mtu === null ? [] : ['mtu'])];
      return said.map((field) =>
        without(
          placeIn(at, field),
          `${key} is of the model ${net.model}, which has no "${field}"`,
          'Take it out, or write the model virtio.',
        ),
      );
    });
    const controller = declaredAs(vm, 'scsi_controller', 'scsihw');
    if (controller === null || controller.value === 'virtio-scsi-single') return cards;
    const drives = [
      { bus: rootBus(vm), options: vm.rootDisk.options, at: placeIn(vm.writtenAt, 'root_disk') },
      ...vm.disks.map((disk, index) => ({ ...disk, at: placeIn(vm.writtenAt, 'disks', index) })),
    ].filter(({ bus, options }) => bus.startsWith('scsi') && options['queues'] !== undefined);
    const queues = drives.map(({ bus, at }) =>
      without(
        placeIn(at, 'queues'),
        `${bus} has one queue with the controller ${controller.value}`,
        'Take it out, or write the controller virtio-scsi-single.',
      ),
    );
    return [...cards, ...queues];
  });
}

const rootBus = (vm: VmGuest): string => vm.rootDisk.bus ?? (vm.cloneFrom === null ? 'scsi0' : '');

/** The value of the field or the option, and its place. */
function declaredAs(
  vm: VmGuest,
  field: 'bios' | 'scsi_controller',
  option: string,
): { readonly value: string; readonly at: Place } | null {
  const value = vm[field];
  if (value !== null) return { value, at: placeIn(vm.writtenAt, field) };
  const other = vm.options[option];
  return typeof other === 'string' ? { value: other, at: placeIn(vm.writtenAt, 'options', option) } : null;
}

/** Options that Proxmox's format of the bus does not have. */
function strayOptions(vm: VmGuest, at: Place, bus: string, options: Readonly<Record<string, string>>): Diagnostic[] {
  const known = propertiesOf(`qemu/${bus.replace(/\d+$/, '')}`) ?? {};
  return Object.keys(options)
    .filter((option) => !Object.hasOwn(known, option))
    .map((option) => {
      const named = Object.entries(DISK_FIELDS).find(([key]) => key === option)?.[1];
      const field = named ?? option;
      return invalid(
        vm,
        named === undefined ? placeIn(at, 'options', option) : placeIn(at, named),
        `a disk at ${bus} has no "${field}"`,
        'Take it out, or choose another bus.',
      );
    });
}

function invalid(vm: VmGuest, at: Place, what: string, hint: string): Diagnostic {
  return { code: 'INVALID_VALUE', at, message: `${nameOfGuest(vm)}: ${what}`, hint, target: targetOf(vm) };
}
