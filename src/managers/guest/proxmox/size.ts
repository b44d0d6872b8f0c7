// Sizes of disks, as Proxmox writes them.

const UNIT: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** Bytes of `8G` or `512M`; undefined when it is no size. */
export function parseSize(text: string | undefined): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(text ?? '') ?? [];
  const factor = UNIT[unit];
  return number === undefined || factor === undefined ? undefined : Math.round(Number(number) * factor);
}

/** Whole GB of a number of bytes, rounded up. */
export function gigabytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 30);
}

/** How a disk's size compares with the declared one, which is in GB: it has to `grow`, fits, or is larger than declared. */
export function compareSize(actual: string | undefined, declaredGb: number): 'grow' | 'fits' | 'larger' {
  const bytes = parseSize(actual);
  if (bytes === undefined || bytes === declaredGb * 2 ** 30) return 'fits';
  return bytes < declaredGb * 2 ** 30 ? 'grow' : 'larger';
}
