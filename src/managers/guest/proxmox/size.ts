// Compares the size of a guest's disk, as its configuration has it, with the declared one.

import { parseSize } from '../../../proxmox/storages/sizes.ts';

/**
 * `512M` in GB: 0.5; undefined where the text is not a size, and for `0T`, which a container's volume has that is a folder without a limit.
 * (pve-container, PVE/LXC.pm, alloc_disk)
 */
export function gigabytes(size: string | undefined): number | undefined {
  const bytes = parseSize(size ?? '');
  return bytes === undefined || bytes === 0 ? undefined : bytes / 2 ** 30;
}

/** `1536M` in whole GB, rounded up, as it is shown to people; 0 where the text is not a size. */
export function wholeGigabytes(size: string | undefined): number {
  return Math.ceil(gigabytes(size) ?? 0);
}

/** Whether a disk has to `grow` to the declared size in GB, fits, or is larger. One of unknown size fits: it is left alone. */
export function compareSize(size: string | undefined, declaredGb: number): 'grow' | 'fits' | 'larger' {
  const observedGb = gigabytes(size);
  if (observedGb === undefined || observedGb === declaredGb) return 'fits';
  return observedGb < declaredGb ? 'grow' : 'larger';
}
