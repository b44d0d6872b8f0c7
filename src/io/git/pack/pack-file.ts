// A pack on the disk, read entry by entry: of a pack of any size no more is held than the object that is asked for and what it builds on.

import { readSync } from 'node:fs';
import { Damage, TooLarge } from '../errors.ts';
import { type Lru, lru } from '../lru.ts';
import { applyDelta, deltaSizes } from './delta.ts';
import { type EntryHead, MOST_HEAD, mostPacked, type ObjectType, readHead, unpack, unpackBeginning } from './entry.ts';

export interface PackedObject {
  readonly type: ObjectType;
  readonly content: Buffer;
}

export interface PackFile {
  /** @throws Damage, TooLarge */
  read(offset: number): PackedObject;
  /** In bytes, of the object as it is read. @throws Damage */
  sizeOf(offset: number): number;
}

/** No object that is larger is held in memory, in bytes. */
const MOST_HELD = 256 * 1024 * 1024;
/** Git itself makes no longer ones than 4095. */
const LONGEST_CHAIN = 10_000;
/** Holds the sizes at the beginning of a delta, packed. */
const BEGINNING = 64;
const KEPT_BYTES = 16 * 1024 * 1024;

/** Contents by the offsets of their entries. */
export type KeptContents = Lru<PackedObject, number>;

export function keepContents(bytes = KEPT_BYTES): KeptContents {
  return lru<PackedObject, number>(bytes, ({ content }) => content.length + 200);
}

/**
 * @param fd of the pack, which the caller closes
 * @param find where the object of an id begins, for deltas that name what they build on by its id
 */
export function openPackFile(
  fd: number,
  find: (id: string) => number | undefined,
  kept: KeptContents = keepContents(),
): PackFile {
  function headAt(offset: number): EntryHead {
    return readHead(bytesAt(fd, offset, MOST_HEAD));
  }

  function contentAt(offset: number, head: EntryHead): Buffer {
    if (head.size > MOST_HELD) throw tooLarge(head.size);
    return unpack(bytesAt(fd, offset + head.length, mostPacked(head.size)), head.size).content;
  }

  function baseOf(offset: number, { base }: EntryHead): number {
    if (base === null) throw new Damage('a delta of a pack builds on nothing');
    const at = 'before' in base ? offset - base.before : find(base.id);
    if (at === undefined || at < 12 || at === offset) throw new Damage('a delta of a pack builds on what is not in it');
    return at;
  }

  return {
    read(offset) {
      const deltas: Buffer[] = [];
      let held = 0;
      let at = offset;
      let found = kept.get(at);
      while (found === undefined) {
        const head = headAt(at);
        const content = contentAt(at, head);
        if (head.type !== null) {
          found = { type: head.type, content };
          kept.set(at, found);
          break;
        }
        deltas.push(content);
        held += content.length;
        if (deltas.length > LONGEST_CHAIN) throw new Damage('deltas of a pack build on each other without end');
        if (held > MOST_HELD) throw tooLarge(held);
        at = baseOf(at, head);
        found = kept.get(at);
      }
      let { content } = found;
      for (let delta = deltas.pop(); delta !== undefined; delta = deltas.pop()) {
        const { result } = deltaSizes(delta);
        if (result > MOST_HELD) throw tooLarge(result);
        content = applyDelta(delta, content);
      }
      const whole = { type: found.type, content };
      kept.set(offset, whole);
      return whole;
    },
    sizeOf(offset) {
      const head = headAt(offset);
      if (head.type !== null) return head.size;
      return deltaSizes(unpackBeginning(bytesAt(fd, offset + head.length, BEGINNING))).result;
    },
  };
}

/** From there on, as many of them as the file has. */
export function bytesAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const read = readSync(fd, bytes, filled, length - filled, offset + filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}

function tooLarge(size: number): TooLarge {
  const megabytes = (bytes: number) => Math.ceil(bytes / 2 ** 20);
  return new TooLarge(
    `it holds a file of ${megabytes(size)} MB, and no more than ${megabytes(MOST_HELD)} MB are held in memory: ` +
      'keep large files out of the repository (git lfs)',
  );
}
