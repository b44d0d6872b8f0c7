// The disks of a VM: which one is the root disk, growing disks, and disks that are attached again when the VM is recreated.

import { LASTING_DISK } from '../../../config/schema/text.ts';
import type { Action } from '../../../model/action.ts';
import { type RetainedVolumes, splitLine } from '../../guest/lifecycle/retained-volumes.ts';
import { action } from '../../guest/proxmox/command.ts';
import { type GuestConf, isTemplateConf, type Settings, upcoming } from '../../guest/proxmox/conf.ts';
import { isVolume } from '../../guest/proxmox/disk-lines.ts';
import { parseProperties } from '../../guest/proxmox/property-string.ts';
import { type DesiredSetting, freeIndexes, indexesOf } from '../../guest/proxmox/settings.ts';
import { compareSize } from '../../guest/proxmox/size.ts';
import type { VmSpec } from '../vm-spec.ts';
import { storageOf, volumeOf } from './drive-value.ts';
import { drivesOf } from './drives.ts';
import { usedAs } from './find-drives.ts';

/** Key of a new VM's root disk, unless another bus is declared. */
export const ROOT_DRIVE = 'scsi0';

export interface RootDisk {
  readonly key: string;
  readonly value: string;
  readonly volume: string;
  readonly storage: string;
  readonly size: string | undefined;
}

const DISK = /^(scsi|virtio|sata|ide)\d+$/;

/**
 * The disk with the VM's system: the declared one, else the first boot device, else the first disk. Null where it
 * has none, or none at the declared key.
 */
export function rootDiskOf(conf: GuestConf, declared: string | null): RootDisk | null {
  const { settings } = conf;
  const isDisk = (key: string): boolean =>
    DISK.test(key) && settings[key] !== undefined && parseProperties(settings[key])['media'] !== 'cdrom';
  const order = parseProperties(settings['boot'] ?? '')['order']?.split(';') ?? [settings['bootdisk'] ?? ''];
  const first = ['scsi0', 'virtio0', 'sata0', 'ide0', ...Object.keys(settings)];
  const key = [...(declared === null ? [...order, ...first] : [declared])].find(isDisk);
  const value = key === undefined ? undefined : settings[key];
  if (key === undefined || value === undefined) return null;
  const properties = parseProperties(value, 'file');
  const volume = properties['file'] ?? '';
  return { key, value, volume, storage: storageOf(volume), size: properties['size'] };
}

/** Disks of a template are not changed: its clones may depend on them. */
export function growDisks(spec: VmSpec, conf: GuestConf): Action[] {
  if (isTemplateConf(conf)) return [];
  return sizesOf(spec, conf)
    .filter(({ size, sizeGb }) => sizeGb !== null && compareSize(size, sizeGb) === 'grow')
    .map(({ key, what, sizeGb }) => resizeDisk(spec.id, key, what, sizeGb ?? 0));
}

interface Sized {
  readonly key: string;
  /** Name of the disk in messages. */
  readonly what: string;
  readonly size: string | undefined;
  readonly sizeGb: number | null;
}

/** The existing disks with a declared size. */
export function sizesOf(spec: VmSpec, conf: GuestConf): Sized[] {
  const root = rootDiskOf(conf, spec.root_disk.bus);
  return [
    ...(root === null ? [] : [{ key: root.key, what: 'the disk', size: root.size, sizeGb: spec.disk.sizeGb }]),
    ...drivesOf(spec).flatMap(({ key, what, sizeGb, storage }) => {
      const value = conf.settings[key];
      if (value === undefined || storage === null) return [];
      return [{ key, what, size: parseProperties(value, 'file')['size'], sizeGb }];
    }),
  ];
}

/** `resize` exits with 0 whatever happened, so only the next observation proves it. */
export function resizeDisk(id: number, key: string, what: string, sizeGb: number): Action {
  const args = ['disk', 'resize', String(id), key, `${sizeGb}G`];
  const command = { kind: 'command', program: 'qm', args, timeoutSeconds: 120 } as const;
  return action(`grow ${what} of VM ${id} to ${sizeGb} GB`, 'live', command);
}

/**
 * Whether a volume may be written into a command: a volume of a storage, or a disk of the host by a name that lasts. A file of the host is neither, and a
 * name such as `/dev/sdb` may be another disk's after the next start.
 */
export function isWritable(volume: string): boolean {
  return !volume.startsWith('/') || LASTING_DISK.test(volume);
}

/**
 * Options of the root disk; empty where there is none. Of one that is written into no command, an option that is no longer declared stays as it is.
 */
export function rootSetting(spec: VmSpec, before: VmSpec | undefined, conf: GuestConf): DesiredSetting[] {
  const root = rootDiskOf(conf, spec.root_disk.bus);
  if (root === null) return [];
  const value = (now: string | undefined): string | null => {
    if (now === undefined) return null;
    return usedAs(now, spec.root_disk.options, isWritable(volumeOf(now)) ? before?.root_disk.options : undefined);
  };
  return [
    {
      key: root.key,
      label: `disk ${root.key}`,
      shown: '',
      value,
      same: (now) => now === undefined || value(now) === now,
    },
  ];
}

/** Buses that can have several drives, and the number of drives on each. */
const BUSES: Readonly<Record<string, number>> = { scsi: 31, virtio: 16, sata: 6, ide: 4 };

/**
 * The disks that a VM with this id had beside its root disk when it was destroyed, at their keys; a disk that a clone brought there becomes unused.
 * Disks that no longer exist are left out, and so are disks of the host, which a person passes through.
 */
export function returningDisks(
  conf: GuestConf | null,
  retained: RetainedVolumes,
  missing: readonly string[],
  declared: { readonly root: string; readonly keys: ReadonlySet<string>; readonly volumes: ReadonlySet<string> },
): DesiredSetting[] {
  const settings: Settings = conf === null ? {} : { ...conf.settings, ...upcoming(conf) };
  const keys = new Map(Object.entries(settings).map(([key, value]) => [volumeOf(value), key]));
  const taken = new Set([declared.root, 'ide2', ...declared.keys]);
  return retained.lines.map(splitLine).flatMap(({ key, value }): DesiredSetting[] => {
    const [, bus = ''] = /^([a-z]+)\d+$/.exec(key) ?? [];
    const volume = volumeOf(value);
    if (!(key === 'tpmstate0' || Object.hasOwn(BUSES, bus)) || !isVolume(volume) || missing.includes(volume)) return [];
    if (declared.volumes.has(volume) || (key === 'tpmstate0' && taken.has(key))) return [];
    const present = keys.get(volume);
    const place =
      present?.startsWith('unused') === false ? present : taken.has(key) ? freeKey(settings, bus, taken) : key;
    if (place === undefined) return [];
    taken.add(place);
    return [diskSetting(place, value)];
  });
}

function freeKey(settings: Settings, bus: string, taken: ReadonlySet<string>): string | undefined {
  const used = [...indexesOf(settings, bus), ...indexesOf(Object.fromEntries([...taken].map((key) => [key, ''])), bus)];
  const [index = 0] = freeIndexes(used, 1);
  return index < (BUSES[bus] ?? 0) ? `${bus}${index}` : undefined;
}

function diskSetting(key: string, value: string): DesiredSetting {
  return {
    key,
    label: `disk ${volumeOf(value)}`,
    shown: key,
    value: () => value,
    same: (now) => now !== undefined && volumeOf(now) === volumeOf(value),
  };
}
