// Parses and compares disk sizes in Proxmox's format.

const UNIT: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** `8G` or `512M` in bytes; undefined when it is no size. */
export function parseSize(text: string | undefined): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(text ?? '') ?? [];
  const factor = UNIT[unit];
  return number === undefined || factor === undefined ? undefined : Math.round(Number(number) * factor);
}

/** Bytes as whole GB, rounded up. */
export function gigabytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 30);
}

/** Compares a disk's size with the declared one in GB: it has to `grow`, fits, or is larger than declared. */
export function compareSize(actual: string | undefined, declaredGb: number): 'grow' | 'fits' | 'larger' {
  const bytes = parseSize(actual);
  if (bytes === undefined || bytes === declaredGb * 2 ** 30) return 'fits';
  return bytes < declaredGb * 2 ** 30 ? 'grow' : 'larger';
}
