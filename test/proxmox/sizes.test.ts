// Disk sizes: accepted ones are reported back unchanged by the lab, which rounds like Proxmox.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sizeGb } from '../../src/config/schema/values.ts';
import { compareSize } from '../../src/managers/guest/proxmox/size.ts';
import { printPropertyString } from '../../src/proxmox/parameters/property-string.ts';
import { isSizeKept, keptSizesAround, newDiskBytes, parseSize } from '../../src/proxmox/storages/sizes.ts';

/** As the file of a guest has it: `size=1536M`. */
const written = (bytes: number): string =>
  printPropertyString('lxc/rootfs', { volume: 'local:x', size: String(bytes) }).replace(/^.*size=/, '');

const anySize = fc.oneof(
  fc.double({ min: 0, max: 2 ** 20, noNaN: true }),
  fc.integer({ min: 1, max: 2 ** 28 }).map((steps) => steps / 256),
  fc.integer({ min: 1, max: 9999 }).map((hundredths) => hundredths / 100),
);

describe('a size that the schema takes', () => {
  test('is that of the disk, when it is made and when it has grown', () => {
    fc.assert(
      fc.property(anySize, (gb) => {
        fc.pre(sizeGb.safeParse(gb).success);
        expect(compareSize(written(newDiskBytes(gb)), gb)).toBe('fits');
        // `resize` parses the number as it is on the command line.
        expect(compareSize(written(parseSize(`${gb}G`) ?? 0), gb)).toBe('fits');
        expect(`${gb}G`).toMatch(/^\d+(\.\d+)?G$/);
      }),
    );
  });

  test('is refused where it would never be reached, with the nearest that are', () => {
    fc.assert(
      fc.property(anySize, (gb) => {
        fc.pre(gb > 0);
        expect(sizeGb.safeParse(gb).success).toBe(isSizeKept(gb));
        for (const near of keptSizesAround(gb)) {
          expect(isSizeKept(near)).toBe(true);
          expect(Math.abs(near - gb)).toBeLessThanOrEqual(1 / 256);
        }
      }),
    );
  });

  test('1.3333 is none', () => {
    expect(compareSize(written(newDiskBytes(1.3333)), 1.3333)).toBe('grow');
    expect(sizeGb.safeParse(1.3333).error?.issues[0]?.message).toContain('1.33203125 or 1.3359375');
  });
});
