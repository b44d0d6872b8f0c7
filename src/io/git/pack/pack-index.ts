// The index of a pack, version 2 of gitformat-pack(5): which object begins where, in the order of their ids.

import { createHash } from 'node:crypto';
import { Damage } from '../errors.ts';

export interface PackIndex {
  readonly size: number;
  /** SHA-1 that the pack must end with, in hexadecimal digits. */
  readonly packDigest: string;
  /** Where the object's entry begins in the pack; undefined when the pack does not hold it. */
  find(id: string): number | undefined;
  /** All ids that begin with these digits, up to `most` of them. */
  beginningWith(digits: string, most: number): string[];
}

const MAGIC = 0xff744f63;
const FANOUT = 8;
const IDS = FANOUT + 256 * 4;

/** @throws Damage */
export function parseIndex(bytes: Buffer): PackIndex {
  if (bytes.length < IDS + 40 || bytes.readUInt32BE(0) !== MAGIC || bytes.readUInt32BE(4) !== 2) {
    throw new Damage('the index of a pack is none');
  }
  const size = bytes.readUInt32BE(IDS - 4);
  const offsets = IDS + size * 24;
  if (bytes.length < offsets + size * 4 + 40) throw new Damage('the index of a pack is cut off');
  const digest = createHash('sha1').update(bytes.subarray(0, -20)).digest();
  if (!digest.equals(bytes.subarray(-20))) throw new Damage('the index of a pack is not as it was written');
  const idAt = (n: number) => bytes.subarray(IDS + n * 20, IDS + n * 20 + 20);
  /** The first whose id is not less. */
  const firstFrom = (id: Buffer): number => {
    const first = id[0] ?? 0;
    let low = first === 0 ? 0 : bytes.readUInt32BE(FANOUT + (first - 1) * 4);
    let high = Math.min(bytes.readUInt32BE(FANOUT + first * 4), size);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (Buffer.compare(idAt(middle), id) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    size,
    packDigest: bytes.toString('hex', bytes.length - 40, bytes.length - 20),
    find(id) {
      const wanted = Buffer.from(id, 'hex');
      if (wanted.length !== 20) return undefined;
      const n = firstFrom(wanted);
      return n < size && idAt(n).equals(wanted) ? bytes.readUInt32BE(offsets + n * 4) : undefined;
    },
    beginningWith(digits, most) {
      const found: string[] = [];
      for (let n = firstFrom(Buffer.from(digits.padEnd(40, '0'), 'hex')); n < size && found.length < most; n += 1) {
        const id = idAt(n).toString('hex');
        if (!id.startsWith(digits)) break;
        found.push(id);
      }
      return found;
    },
  };
}

export interface IndexEntry {
  readonly id: Buffer;
  readonly offset: number;
  /** CRC-32 of the entry as it lies in the pack. */
  readonly crc: number;
}

/** @param packDigest the last 20 bytes of the pack */
export function writeIndex(entries: readonly IndexEntry[], packDigest: Buffer): Buffer {
  const sorted = entries.toSorted((a, b) => Buffer.compare(a.id, b.id));
  const count = sorted.length;
  const bytes = Buffer.alloc(IDS + count * 28 + 40);
  bytes.writeUInt32BE(MAGIC, 0);
  bytes.writeUInt32BE(2, 4);
  const upTo = new Uint32Array(256);
  for (const [n, { id, crc, offset }] of sorted.entries()) {
    const first = id[0] ?? 0;
    upTo[first] = (upTo[first] ?? 0) + 1;
    id.copy(bytes, IDS + n * 20);
    bytes.writeUInt32BE(crc, IDS + count * 20 + n * 4);
    bytes.writeUInt32BE(offset, IDS + count * 24 + n * 4);
  }
  let sum = 0;
  for (const [first, each] of upTo.entries()) {
    sum += each;
    bytes.writeUInt32BE(sum, FANOUT + first * 4);
  }
  packDigest.copy(bytes, bytes.length - 40);
  createHash('sha1')
    .update(bytes.subarray(0, -20))
    .digest()
    .copy(bytes, bytes.length - 20);
  return bytes;
}
