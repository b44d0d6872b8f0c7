// Sizes in Proxmox's notation, and the size that a disk really gets for a size in GB (GiB, as everywhere in Proxmox).

const UNITS = ['', 'K', 'M', 'G', 'T'];

/**
 * Bytes of `12G`, `1.5TiB` or `512`; undefined if it is not a size. PVE::JSONSchema::parse_size, which reads every `disk-size` on a command line and in
 * a guest's file. Other parameters have notations of their own: ZFS block sizes (`formats.ts`), bandwidth and memory are plain numbers.
 */
export function parseSize(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([KMGT])?(?:(?<=[KMGT])iB)?\n?$/.exec(text) ?? [];
  return number === undefined ? undefined : Math.trunc(Number(number) * 1024 ** UNITS.indexOf(unit));
}

/** Bytes in the largest unit without remainder, `12G` or `1536M`; zero is `0T` (PVE::JSONSchema::format_size). */
export function printSize(size: number | string): string {
  let rest = Math.trunc(Number(size));
  let unit = 0;
  while (unit < 4 && rest % 1024 === 0) {
    rest /= 1024;
    unit++;
  }
  return `${rest}${UNITS[unit]}`;
}

// `pct create STORAGE:SIZE` truncates to whole MiB (pve-container, PVE/LXC.pm, create_disks), `resize` to whole bytes (PVE/API2/LXC.pm and qemu-server,
// PVE/API2/Qemu.pm, resize_vm), ZFS volumes need whole MiB and LVM whole extents of 4 MiB. Other sizes are never reported back as requested.

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
