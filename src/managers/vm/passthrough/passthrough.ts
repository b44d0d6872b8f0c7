// Passthrough of host devices to a VM, as options of Proxmox: a device keeps its number as long as it is the same device.

import { effectOf } from '../../../proxmox/guests/option-effects.ts';
import type { Settings } from '../../guest/proxmox/conf.ts';
import {
  editProperties,
  type Properties,
  parseProperties,
  printProperties,
} from '../../guest/proxmox/property-string.ts';
import { plainSetting } from '../../guest/proxmox/setting-edits.ts';
import { type DesiredSetting, freeIndexes, indexesOf } from '../../guest/proxmox/settings.ts';
import type { WrittenDevice } from './passthrough-schema.ts';

/** A device in Proxmox's terms. */
export type PassthroughDevice = {
  readonly option: 'hostpci' | 'usb';
  readonly by: 'host' | 'mapping';
  /** Address, or name of a mapping. */
  readonly device: string;
  readonly options: Properties;
};

export type Passthrough = {
  readonly passthrough: readonly PassthroughDevice[];
  /** Backends by port number. */
  readonly serial: readonly string[];
};

/** The fields of a device with their keys in the property string, in printing order. */
export const DEVICE_FIELDS: Readonly<Record<PassthroughDevice['option'], Readonly<Record<string, string>>>> = {
  hostpci: { pcie: 'pcie', primary_gpu: 'x-vga', rombar: 'rombar', rom_file: 'romfile', mdev: 'mdev' },
  usb: { usb3: 'usb3' },
};

/** The field that identifies a device. */
export function fieldOf({ option, by }: Pick<PassthroughDevice, 'option' | 'by'>): string {
  return `${option === 'hostpci' ? 'pci' : 'usb'}${by === 'mapping' ? '_mapping' : ''}`;
}

/** Defaults of absent keys other than `0`. */
const ABSENT: Properties = { rombar: '1' };

export function deviceOf(written: WrittenDevice): PassthroughDevice {
  const said: Readonly<Record<string, unknown>> = written;
  for (const option of ['hostpci', 'usb'] as const)
    for (const by of ['host', 'mapping'] as const) {
      const device = said[fieldOf({ option, by })];
      if (typeof device === 'string') return { option, by, device, options: optionsOf(option, said) };
    }
  throw new Error('a device without its name');
}

function optionsOf(option: PassthroughDevice['option'], said: Readonly<Record<string, unknown>>): Properties {
  return Object.fromEntries(
    Object.entries(DEVICE_FIELDS[option]).flatMap(([field, key]) => {
      const value = said[field];
      if (value === undefined) return [];
      return [[key, typeof value === 'boolean' ? (value ? '1' : '0') : String(value)]];
    }),
  );
}

/** A PCI address without domain is in domain 0000. */
export function sameDevice(one: PassthroughDevice, other: PassthroughDevice): boolean {
  const normal = ({ by, device }: PassthroughDevice) =>
    by === 'host' ? device.toLowerCase().replace(/^0000:/, '') : device;
  return one.option === other.option && one.by === other.by && normal(one) === normal(other);
}

/** The device in an option such as `hostpci0`; undefined for a value that the fields cannot express. */
export function readDevice(option: PassthroughDevice['option'], text: string): PassthroughDevice | undefined {
  const { host, mapping, ...options } = parseProperties(text, 'host');
  if (host !== undefined) return { option, by: 'host', device: host, options };
  return mapping === undefined ? undefined : { option, by: 'mapping', device: mapping, options };
}

/** Desired settings of declared devices, and the removal of those that are no longer declared; others stay. */
export function passthroughSettings(
  spec: Passthrough,
  before: Passthrough | undefined,
  settings: Settings,
): DesiredSetting[] {
  return [
    ...(['hostpci', 'usb'] as const).flatMap((option) => deviceSettings(option, spec, before, settings)),
    ...Array.from({ length: Math.max(spec.serial.length, before?.serial.length ?? 0) }, (_, index) =>
      plainSetting({
        key: `serial${index}`,
        label: `serial port ${index}`,
        declared: spec.serial[index] ?? null,
        before: before?.serial[index],
        fresh: false,
      }),
    ).flat(),
  ];
}

function deviceSettings(
  option: PassthroughDevice['option'],
  spec: Passthrough,
  before: Passthrough | undefined,
  settings: Settings,
): DesiredSetting[] {
  const ofThis = (one: PassthroughDevice): boolean => one.option === option;
  const [declared, earlier] = [spec.passthrough.filter(ofThis), (before?.passthrough ?? []).filter(ofThis)];
  const present = indexesOf(settings, option).flatMap((index) => {
    const device = readDevice(option, settings[`${option}${index}`] ?? '');
    return device === undefined ? [] : [{ key: `${option}${index}`, device }];
  });
  const at = (one: PassthroughDevice) => present.find(({ device }) => sameDevice(device, one));
  const lacking = declared.filter((one) => at(one) === undefined);
  const gone = present.filter(
    ({ device }) => earlier.some((one) => sameDevice(one, device)) && !declared.some((one) => sameDevice(one, device)),
  );
  const free = freeIndexes(indexesOf(settings, option), lacking.length);
  return [
    ...declared.flatMap((one): DesiredSetting[] => {
      const key = at(one)?.key;
      const then = earlier.find((other) => sameDevice(other, one));
      return key === undefined ? [] : [deviceSetting(key, one, then)];
    }),
    ...lacking.map((one, index) => deviceSetting(`${option}${free[index]}`, one, undefined)),
    ...gone.map(({ key, device }) => ({
      key,
      label: labelOf(device),
      shown: 'none',
      value: () => null,
      same: (now: string | undefined) => now === undefined,
    })),
  ];
}

function labelOf({ option, device }: PassthroughDevice): string {
  return `${option === 'hostpci' ? 'PCI' : 'USB'} device ${device}`;
}

function deviceSetting(key: string, one: PassthroughDevice, before: PassthroughDevice | undefined): DesiredSetting {
  const remove = Object.keys(before?.options ?? {}).filter((option) => !(option in one.options));
  const value = (now: string | undefined): string =>
    now === undefined
      ? printDevice(one)
      : editProperties(now, { set: one.options, remove, bare: 'host', absent: ABSENT });
  return { key, label: labelOf(one), shown: '', value, same: (now) => now !== undefined && value(now) === now };
}

export function printDevice({ by, device, options }: PassthroughDevice): string {
  return printProperties({ [by]: device, ...options }, [], 'host');
}

/** Whether a change takes effect only at the next start of a running VM. @param settings the declared `hotplug` and `ostype` */
export function waitsForRestart(before: Passthrough, after: Passthrough, settings: Settings): boolean {
  if (JSON.stringify(before.serial) !== JSON.stringify(after.serial)) return true;
  const textOf = (all: Passthrough, one: PassthroughDevice): string | undefined => {
    const same = all.passthrough.find((other) => sameDevice(other, one));
    return same === undefined ? undefined : printDevice({ ...same, device: one.device });
  };
  return [...before.passthrough, ...after.passthrough].some((one) => {
    const change = { before: textOf(before, one), after: textOf(after, one) };
    return change.before !== change.after && effectOf('qemu', `${one.option}0`, change, settings) === 'next start';
  });
}
