// Makes the index of a pack that has just come: unpacks each object once, for its id. A large one is not held for it.

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32, createInflate } from 'node:zlib';
import { Damage } from '../errors.ts';
import { type EntryHead, MOST_HEAD, mostPacked, type ObjectType, readHead, unpack } from './entry.ts';
import { bytesAt, keepContents, openPackFile } from './pack-file.ts';
import { type IndexEntry, writeIndex } from './pack-index.ts';

/** Larger ones are unpacked in parts, in bytes. */
const LARGE = 4 * 1024 * 1024;
const KEPT_BYTES = 48 * 1024 * 1024;
const PART_BYTES = 256 * 1024;
const WINDOW_BYTES = 4 * 1024 * 1024;
const HEADER = 12;
const DIGEST = 20;

interface Delta {
  readonly offset: number;
  readonly crc: number;
  readonly baseId: string | null;
}

/**
 * @param size of the pack in bytes, its digest included
 * @returns the index as it is written
 * @throws Damage, TooLarge
 */
export async function indexPack(fd: number, size: number): Promise<Buffer> {
  const end = size - DIGEST;
  const window = slidingWindow(fd, end);
  const count = countOf(window(0, HEADER));
  const entries: IndexEntry[] = [];
  const deltas: Delta[] = [];
  const offsets = new Map<string, number>();
  const kept = keepContents(KEPT_BYTES);
  const note = (id: Buffer, offset: number, crc: number) => {
    entries.push({ id, offset, crc });
    offsets.set(id.toString('hex'), offset);
  };
  let offset = HEADER;
  for (let n = 0; n < count; n += 1) {
    const head = readHead(window(offset, MOST_HEAD));
    const { used, crc, id, content } = await unpacked(offset, head);
    if (head.type === null) {
      deltas.push({ offset, crc, baseId: head.base !== null && 'id' in head.base ? head.base.id : null });
    } else {
      note(id, offset, crc);
      if (content !== null) kept.set(offset, { type: head.type, content });
    }
    offset += head.length + used;
  }
  if (offset !== end) throw new Damage('a pack holds more than it says');
  const pack = openPackFile(fd, (id) => offsets.get(id), kept);
  resolveDeltas(deltas);
  return writeIndex(entries, bytesAt(fd, end, DIGEST));

  async function unpacked(at: number, head: EntryHead) {
    if (head.type !== null && head.size > LARGE) {
      const { used, id } = await hashInParts(fd, at + head.length, { type: head.type, size: head.size, end });
      return { used, id, content: null, crc: crcOf(fd, at, head.length + used) };
    }
    const packed = window(at, head.length + mostPacked(head.size));
    const { content, used } = unpack(packed.subarray(head.length), head.size);
    const id = head.type === null ? Buffer.alloc(0) : idOf(head.type, content);
    return { used, id, content, crc: crc32(packed.subarray(0, head.length + used)) };
  }

  /** Those that name what they build on by its id wait until that is known. */
  function resolveDeltas(all: readonly Delta[]): void {
    let waiting = all;
    while (waiting.length > 0) {
      const left = waiting.filter(({ offset: at, crc, baseId }) => {
        if (baseId !== null && !offsets.has(baseId)) return true;
        const { type, content } = pack.read(at);
        note(idOf(type, content), at, crc);
        return false;
      });
      if (left.length === waiting.length) throw new Damage('deltas of a pack build on what is not in it');
      waiting = left;
    }
  }
}

export function idOf(type: ObjectType, content: Buffer): Buffer {
  return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest();
}

function countOf(header: Buffer): number {
  if (header.length < HEADER || header.toString('latin1', 0, 4) !== 'PACK' || header.readUInt32BE(4) !== 2) {
    throw new Damage('what came is no pack');
  }
  return header.readUInt32BE(8);
}

/** Bytes of the file one after another, read in large parts. */
function slidingWindow(fd: number, end: number): (offset: number, length: number) => Buffer {
  let begin = 0;
  let bytes: Buffer = Buffer.alloc(0);
  return (offset, wanted) => {
    const length = Math.max(0, Math.min(wanted, end - offset));
    if (offset < begin || offset + length > begin + bytes.length) {
      begin = offset;
      bytes = bytesAt(fd, offset, Math.max(0, Math.min(Math.max(length, WINDOW_BYTES), end - offset)));
    }
    return bytes.subarray(offset - begin, offset - begin + length);
  };
}

async function hashInParts(
  fd: number,
  start: number,
  { type, size, end }: { readonly type: ObjectType; readonly size: number; readonly end: number },
): Promise<{ readonly used: number; readonly id: Buffer }> {
  const hash = createHash('sha1').update(`${type} ${size}\0`);
  const inflate = createInflate({ chunkSize: PART_BYTES });
  const file = Readable.from(partsOf(fd, start, end));
  file.once('error', (error) => inflate.destroy(error));
  file.pipe(inflate);
  let length = 0;
  try {
    for await (const part of inflate) {
      length += (part as Buffer).length;
      if (length > size) break;
      hash.update(part as Buffer);
    }
  } catch (error) {
    throw new Damage('an object of a pack cannot be unpacked', { cause: error });
  } finally {
    file.destroy();
  }
  if (length !== size) throw new Damage('an object of a pack is not as long as it says');
  return { used: inflate.bytesWritten, id: hash.digest() };
}

function* partsOf(fd: number, start: number, end: number): Generator<Buffer> {
  for (let at = start; at < end; at += PART_BYTES) yield bytesAt(fd, at, Math.min(PART_BYTES, end - at));
}

function crcOf(fd: number, offset: number, length: number): number {
  let crc = 0;
  for (let at = 0; at < length; at += WINDOW_BYTES) {
    crc = crc32(bytesAt(fd, offset + at, Math.min(WINDOW_BYTES, length - at)), crc);
  }
  return crc;
}
