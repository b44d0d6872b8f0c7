// The root disk of a VM: where it is and how it grows.

import type { Action } from '../../model/action.ts';
import { action } from '../guest/proxmox/command.ts';
import type { GuestConf } from '../guest/proxmox/conf.ts';
import { parseProperties } from '../guest/proxmox/property-string.ts';
import { compareSize } from '../guest/proxmox/size.ts';
import type { VmSpec } from './spec.ts';

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
