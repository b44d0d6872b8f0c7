// What the value of a drive in a VM's configuration says: its volume, and whether it is a CD drive or a disk of the host.

import { parseProperties } from '../../guest/proxmox/property-string.ts';

/** The volume or path; empty when the value has none. */
export function volumeOf(value: string | undefined): string {
  const properties = parseProperties(value ?? '', '');
  return properties[''] ?? properties['file'] ?? '';
}

/** The storage of a volume id; empty for what is on no storage. */
export function storageOf(volume: string): string {
  return volume.slice(0, Math.max(0, volume.indexOf(':')));
}

/** Whether it is a CD drive: also that of cloud-init. */
export const isCd = (value: string): boolean => parseProperties(value)['media'] === 'cdrom';

/** Whether it is a disk or file of the host. */
export const isOfHost = (value: string): boolean => !isCd(value) && volumeOf(value).startsWith('/');

/** The key of a disk, other than that of EFI variables or of the TPM's state. */
export const isDiskKey = (key: string): boolean => /^(scsi|virtio|sata|ide)\d+$/.test(key);
