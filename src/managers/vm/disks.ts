// The disks of a VM: where its root disk is and how it grows, and which further ones come back when it is recreated.

import type { Action } from '../../model/action.ts';
import { type KeptVolumes, splitLine } from '../guest/life/kept-volumes.ts';
import { action } from '../guest/proxmox/command.ts';
import { type GuestConf, type Settings, upcoming } from '../guest/proxmox/conf.ts';
import { isVolume } from '../guest/proxmox/disk-lines.ts';
import { parseProperties } from '../guest/proxmox/property-string.ts';
import { type DesiredSetting, freeIndexes, indexesOf } from '../guest/proxmox/settings.ts';
import { compareSize } from '../guest/proxmox/size.ts';
import type { VmSpec } from './vm-spec.ts';

/** The drive that Phoenix makes, grows and boots from. */
export const ROOT_DRIVE = 'scsi0';

export function rootDiskOf(conf: GuestConf): { volume: string; storage: string; size: string | undefined } | null {
  const setting = conf.settings[ROOT_DRIVE];
  if (setting === undefined) return null;
  const properties = parseProperties(setting, 'file');
  const volume = properties['file'] ?? '';
  return { volume, storage: volume.slice(0, Math.max(0, volume.indexOf(':'))), size: properties['size'] };
}

/** The disk of a template stays as it is: its clones may be built on it. */
export function growDisk(spec: VmSpec, conf: GuestConf): Action[] {
  const isTemplate = conf.settings['template'] === '1';
  const { sizeGb } = spec.disk;
  if (isTemplate || sizeGb === null) return [];
  return compareSize(rootDiskOf(conf)?.size, sizeGb) === 'grow' ? [resizeDisk(spec)] : [];
}

/** Proxmox ends it with 0 whatever came of it, so only the next look proves it. */
export function resizeDisk({ id, disk }: VmSpec): Action {
  const args = ['disk', 'resize', String(id), ROOT_DRIVE, `${disk.sizeGb}G`];
  const command = { kind: 'command', program: 'qm', args, timeoutSeconds: 120 } as const;
  return action(`grow the disk of VM ${id} to ${disk.sizeGb} GB`, 'live', command);
}

/** The drives of which a VM may have several, and how many of each. */
const BUSES: Readonly<Record<string, number>> = { scsi: 31, virtio: 16, sata: 6, ide: 4 };

/**
 * The disks that a VM of this id had beside its root disk when it was destroyed, at their keys; what a clone brought there becomes
 * unused. Those that are gone since are left out, and so are disks of the host, which a person hands in.
 */
export function returningDisks(
  conf: GuestConf | null,
  kept: KeptVolumes,
  missing: readonly string[],
): DesiredSetting[] {
  const settings: Settings = conf === null ? {} : { ...conf.settings, ...upcoming(conf) };
  const keys = new Map(Object.entries(settings).map(([key, value]) => [volumeOf(value), key]));
  const taken = new Set([ROOT_DRIVE, 'ide2']);
  return kept.lines.map(splitLine).flatMap(({ key, value }): DesiredSetting[] => {
    const [, bus = ''] = /^([a-z]+)\d+$/.exec(key) ?? [];
    const volume = volumeOf(value);
    if (!(key === 'tpmstate0' || Object.hasOwn(BUSES, bus)) || !isVolume(volume) || missing.includes(volume)) return [];
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
    waits: false,
  };
}

function volumeOf(value: string): string {
  const properties = parseProperties(value, '');
  return properties[''] ?? properties['file'] ?? '';
}
