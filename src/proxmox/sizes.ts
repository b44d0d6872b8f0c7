// How large a disk becomes for a size in GB (GiB, as everywhere in Proxmox). `pct create STORAGE:SIZE` cuts to whole MiB (pve-container,
// PVE/LXC.pm, create_disks), `resize` to whole bytes (PVE/API2/LXC.pm and qemu-server, PVE/API2/Qemu.pm, resize_vm), ZFS volumes
// take whole MiB and LVM whole extents of 4 MiB. A size that is none of these never comes back as it was asked for.

const GIB = 2 ** 30;

/** What every storage can give exactly: an extent of LVM, in GB. */
export const SIZE_STEP_GB = 4 / 1024;

/** Bytes of a new disk of a container, `pct create … STORAGE:SIZE`. */
export function newDiskBytes(gib: number): number {
  return Math.trunc(gib * 1024) * 1024 * 1024;
}

/** Whether a disk of this size is read back with it, wherever it lies. */
export function isSizeKept(gib: number): boolean {
  return gib > 0 && Number.isInteger(gib / SIZE_STEP_GB) && newDiskBytes(gib) === gib * GIB;
}

/** The nearest sizes that are kept, below and above; the smallest is one step. */
export function keptSizesAround(gib: number): readonly number[] {
  const below = Math.floor(gib / SIZE_STEP_GB) * SIZE_STEP_GB;
  return below > 0 ? [below, below + SIZE_STEP_GB] : [SIZE_STEP_GB];
}
