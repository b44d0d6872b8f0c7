// The options that a VM has as its file declares it, in Proxmox's terms, with the place of each: what its fields and `options` become together, and
// what a clone keeps of its source. For rules that judge options by each other.

import { type Place, placeIn } from '../../../config/read/place.ts';
import { printOption, readOption } from '../../../proxmox/guests/option-meaning.ts';
import type { Config } from '../../config.ts';
import type { GuestInterface } from '../../guest/declared.ts';
import { interfacesOf } from '../../guest/guests.ts';
import { fieldsOf } from '../../guest/options/fields.ts';
import { linkProperties, networksOf } from '../../guest/proxmox/network.ts';
import { type Properties, printProperties } from '../../guest/proxmox/property-string.ts';
import { optionTexts, withCreationDefaults } from '../../guest/settings/values.ts';
import type { VmGuest } from '../declared.ts';
import { declaredDrives } from '../drives/declared-drives.ts';
import { ROOT_DRIVE } from '../drives/disks.ts';
import { drivesOf, isoKey } from '../drives/drives.ts';
import { printDevice } from '../passthrough/passthrough.ts';

export interface MachineOption {
  readonly text: string;
  /** Null: the default of a new VM, or what a clone keeps of its source. */
  readonly at: Place | null;
  /** It is the default of a new VM for a field that is not declared: one that exists keeps its own, which is not known here. */
  readonly isAssumed?: true;
}

/**
 * By option. What is not declared and has no default of a new VM is left out: Proxmox has its default, and a VM that exists what somebody gave it.
 *
 * @param clones ids of the VMs that are cloned from this one, where it is looked at for them
 */
export function machineOptions(
  vm: VmGuest,
  config: Config,
  clones: readonly number[] = [],
): ReadonlyMap<string, MachineOption> {
  const options = new Map<string, MachineOption>(keptOfSource(vm, config, clones));
  for (const [option, text] of optionTexts('vm', withCreationDefaults('vm', vm))) {
    const [field] = fieldsOf('vm', option).filter((name) => vm[name as keyof VmGuest] != null);
    options.set(
      option,
      field === undefined ? { text, at: null, isAssumed: true } : { text, at: placeIn(vm.writtenAt, field) },
    );
  }
  for (const [option, text] of creationTexts(vm)) options.set(option, options.get(option) ?? { text, at: null });
  for (const { option, text, at } of [...devicesOf(vm), ...cardsOf(vm), ...disksOf(vm, options)])
    options.set(option, { text, at });
  if (vm.cloudInit) options.set('ide2', { text: 'local:cloudinit,media=cdrom', at: null });
  for (const [option, declared] of Object.entries(vm.options)) {
    const present = options.get(option)?.text;
    const read = present === undefined ? {} : (readOption('qemu', option, present) ?? {});
    const text = typeof declared === 'string' ? declared : printOption('qemu', option, { ...read, ...declared });
    options.set(option, { text, at: placeIn(vm.writtenAt, 'options', option) });
  }
  return options;
}

/** What a clone has of its source. Sources in a ring are reported elsewhere. */
function keptOfSource(vm: VmGuest, config: Config, clones: readonly number[]): [string, MachineOption][] {
  const source = vm.cloneFrom === null ? undefined : config.guests.get(vm.cloneFrom);
  if (source?.kind !== 'vm' || clones.includes(source.id)) return [];
  return [...machineOptions(source, config, [...clones, vm.id])].map(([option, { text }]) => [
    option,
    { text, at: null },
  ]);
}

/** Options that a VM which is no clone is created with where nothing declares them. */
function creationTexts({ cloneFrom, cloudInit, efiDisk }: VmGuest): [string, string][] {
  if (cloneFrom !== null) return [];
  const system: [string, string][] = cloudInit ? [['ostype', 'l26']] : [];
  const firmware: [string, string][] = efiDisk === null ? [] : [['bios', 'ovmf']];
  return [...system, ...firmware];
}

type Placed = { readonly option: string; readonly text: string; readonly at: Place };

function devicesOf({ passthrough, writtenAt }: VmGuest): Placed[] {
  const numbers = { hostpci: 0, usb: 0 };
  return passthrough.map((one, index) => ({
    option: `${one.option}${numbers[one.option]++}`,
    text: printDevice(one),
    at: placeIn(writtenAt, 'passthrough', index),
  }));
}

function cardsOf(vm: VmGuest): Placed[] {
  if (vm.network.none && vm.networks.length === 0) return [];
  // Those of `options` are texts already.
  const fields = interfacesOf(vm).slice(0, 1 + vm.networks.length);
  return fields.map(({ net, key, at }) => ({ option: key, text: cardText(net), at }));
}

function cardText(net: GuestInterface): string {
  const { network_config: card } = networksOf({ ...net, none: false, nameservers: [], searchdomain: null }, [], false);
  const link = card === null || card === 'none' ? {} : linkProperties(card);
  return [net.model ?? 'virtio', printProperties({ bridge: 'vmbr0', ...link })].join(',');
}

function disksOf(vm: VmGuest, known: ReadonlyMap<string, MachineOption>): Placed[] {
  const { rootDisk, disks, writtenAt } = vm;
  const root = rootDisk.bus ?? (vm.cloneFrom === null ? ROOT_DRIVE : rootOf(known));
  const drives = new Map(drivesOf(declaredDrives(vm)).map(({ key, made }) => [key, made]));
  const others: readonly (readonly [string, Place])[] = [
    ...disks.map(({ bus }, index) => [bus, placeIn(writtenAt, 'disks', index)] as const),
    ['efidisk0', placeIn(writtenAt, 'efi_disk')],
    ...(vm.iso === null ? [] : [[isoKey(declaredDrives(vm)), placeIn(writtenAt, 'iso')] as const]),
  ];
  // A clone's drive keeps what is not declared of it.
  const kept = (option: string): Properties => readOption('qemu', option, known.get(option)?.text ?? '') ?? {};
  return [
    ...(root === null
      ? []
      : [
          {
            option: root,
            text: driveText({
              ...kept(root),
              ...(rootDisk.path === undefined ? {} : { file: rootDisk.path }),
              ...rootDisk.options,
            }),
            at: placeIn(writtenAt, 'root_disk'),
          },
        ]),
    ...others.flatMap(([option, at]): Placed[] => {
      const text = drives.get(option);
      if (text === undefined) return [];
      const merged = { ...kept(option), ...(readOption('qemu', option, text) ?? {}) };
      return [{ option, text: printProperties(merged, [], 'file'), at }];
    }),
  ];
}

/** The first boot device of a clone's source. */
function rootOf(source: ReadonlyMap<string, MachineOption>): string | null {
  return [...source.keys()].find((option) => /^(scsi|virtio|sata|ide)\d+$/.test(option)) ?? null;
}

const driveText = (options: Properties): string => printProperties({ file: 'none', ...options }, [], 'file');
