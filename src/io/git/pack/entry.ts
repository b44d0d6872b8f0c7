// One entry of a pack, as gitformat-pack(5) says: type and size in a few bytes, for a delta what it builds on, and then the content
// as zlib packs it.

import { constants, inflateSync } from 'node:zlib';
import { Damage } from '../errors.ts';

export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

export interface EntryHead {
  /** Null for a delta: its type is that of what it builds on. */
  readonly type: ObjectType | null;
  /** Of the content as it is unpacked, in bytes; for a delta of the delta itself. */
  readonly size: number;
  /** Where the packed content begins, counted from the entry. */
  readonly length: number;
  /** What a delta builds on: an entry that many bytes before this one, or an object by its id. */
  readonly base: { readonly before: number } | { readonly id: string } | null;
}

/** No head is longer: size, distance and id at their longest. */
export const MOST_HEAD = 48;

const TYPES: Readonly<Record<number, ObjectType>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };
const BY_DISTANCE = 6;
const BY_ID = 7;

/** @throws Damage for what is no entry */
export function readHead(bytes: Buffer): EntryHead {
  let at = 0;
  const next = (): number => {
    const byte = bytes[at];
    if (byte === undefined || at >= MOST_HEAD) throw new Damage('an entry of a pack is cut off');
    at += 1;
    return byte;
  };
  let byte = next();
  const kind = (byte >> 4) & 7;
  let size = byte & 15;
  for (let factor = 16; byte & 0x80; factor *= 128) {
    byte = next();
    size += (byte & 0x7f) * factor;
  }
  if (!Number.isSafeInteger(size)) throw new Damage('an entry of a pack has no size');
  if (kind === BY_DISTANCE) {
    byte = next();
    let before = byte & 0x7f;
    while (byte & 0x80) {
      byte = next();
      before = (before + 1) * 128 + (byte & 0x7f);
    }
    return { type: null, size, length: at, base: { before } };
  }
  if (kind === BY_ID) {
    if (bytes.length < at + 20) throw new Damage('an entry of a pack is cut off');
    return { type: null, size, length: at + 20, base: { id: bytes.toString('hex', at, at + 20) } };
  }
  const type = TYPES[kind];
  if (type === undefined) throw new Damage(`an entry of a pack has the type ${kind}`);
  return { type, size, length: at, base: null };
}

/** The head of an object that is written whole. */
export function writeHead(type: ObjectType, size: number): Buffer {
  const kind = Number(Object.keys(TYPES).find((each) => TYPES[Number(each)] === type));
  const bytes: number[] = [];
  let byte = (kind << 4) | (size & 15);
  for (let left = Math.floor(size / 16); left > 0; left = Math.floor(left / 128)) {
    bytes.push(byte | 0x80);
    byte = left & 0x7f;
  }
  return Buffer.from([...bytes, byte]);
}

/** More than zlib ever writes for that many bytes; it knows no way to make them longer than that. */
export function mostPacked(size: number): number {
  return size + Math.ceil(size / 1024) * 8 + 64;
}

/**
 * Unpacks content of a known size.
 *
 * @param packed begins with the content; what follows it is not looked at
 * @returns `used`: how many bytes it took
 * @throws Damage when it is anything else
 */
export function unpack(packed: Buffer, size: number): { readonly content: Buffer; readonly used: number } {
  try {
    const options = {
      info: true,
      maxOutputLength: Math.max(size, 1),
      chunkSize: Math.max(64, Math.min(size + 1, 1 << 20)),
    };
    const { buffer, engine } = inflateSync(packed, options) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    if (buffer.length === size) return { content: buffer, used: engine.bytesWritten };
  } catch (error) {
    throw new Damage('an object of a pack cannot be unpacked', { cause: error });
  }
  throw new Damage('an object of a pack is not as long as it says');
}

/** As many of the first bytes as these hold. */
export function unpackBeginning(packed: Buffer): Buffer {
  try {
    return inflateSync(packed, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    throw new Damage('an object of a pack cannot be unpacked', { cause: error });
  }
}
