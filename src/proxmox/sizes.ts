// Resulting disk sizes for a size in GB (GiB, as everywhere in Proxmox). `pct create STORAGE:SIZE` truncates to whole MiB (pve-container, PVE/LXC.pm,
// create_disks), `resize` to whole bytes (PVE/API2/LXC.pm and qemu-server, PVE/API2/Qemu.pm, resize_vm), ZFS volumes need whole MiB and LVM whole
// extents of 4 MiB. Other sizes are never reported back as requested.

const GIB = 2 ** 30;

/** The size step that every storage supports exactly: an LVM extent, in GB. */
export const SIZE_STEP_GB = 4 / 1024;

/** Bytes of a container's new disk, `pct create … STORAGE:SIZE`. */
export function newDiskBytes(gib: number): number {
  return Math.trunc(gib * 1024) * 1024 * 1024;
}

/** Whether a disk of this size is reported unchanged on every storage. */
export function isSizeKept(gib: number): boolean {
  return gib > 0 && Number.isInteger(gib / SIZE_STEP_GB) && newDiskBytes(gib) === gib * GIB;
}

/** The nearest exact sizes below and above; the minimum is one step. */
export function keptSizesAround(gib: number): readonly number[] {
  const below = Math.floor(gib / SIZE_STEP_GB) * SIZE_STEP_GB;
  return below > 0 ? [below, below + SIZE_STEP_GB] : [SIZE_STEP_GB];
}
