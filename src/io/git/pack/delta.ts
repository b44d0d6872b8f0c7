// A delta: how one object is put together from parts of another and bytes of its own (gitformat-pack(5), "Deltified representation").

import { Damage } from '../errors.ts';

/** Sizes of the object that it builds on and of the one that it makes, in bytes, as its first bytes say. */
export function deltaSizes(delta: Buffer): { readonly base: number; readonly result: number; readonly length: number } {
  const [base, afterBase] = sizeAt(delta, 0);
  const [result, length] = sizeAt(delta, afterBase);
  return { base, result, length };
}

function sizeAt(delta: Buffer, start: number): [size: number, next: number] {
  let size = 0;
  let at = start;
  for (let factor = 1; ; factor *= 128) {
    const byte = delta[at];
    if (byte === undefined || at - start > 7) throw new Damage('a delta of a pack is cut off');
    at += 1;
    size += (byte & 0x7f) * factor;
    if ((byte & 0x80) === 0) return [size, at];
  }
}

/** @throws Damage when it does not fit its base */
export function applyDelta(delta: Buffer, base: Buffer): Buffer {
  const sizes = deltaSizes(delta);
  if (sizes.base !== base.length) throw new Damage('a delta of a pack builds on something else');
  const result = Buffer.allocUnsafe(sizes.result);
  let filled = 0;
  let at = sizes.length;
  const add = (from: Buffer, start: number, length: number) => {
    if (start + length > from.length || filled + length > result.length)
      throw new Damage('a delta of a pack does not fit');
    from.copy(result, filled, start, start + length);
    filled += length;
  };
  while (at < delta.length) {
    const code = delta[at] ?? 0;
    at += 1;
    if (code === 0) throw new Damage('a delta of a pack says what nobody knows');
    if ((code & 0x80) === 0) {
      add(delta, at, code);
      at += code;
      continue;
    }
    let start = 0;
    let length = 0;
    for (let bit = 0; bit < 4; bit += 1) if (code & (1 << bit)) start += (delta[at++] ?? 0) * 2 ** (8 * bit);
    for (let bit = 0; bit < 3; bit += 1) if (code & (16 << bit)) length += (delta[at++] ?? 0) * 2 ** (8 * bit);
    add(base, start, length === 0 ? 0x10000 : length);
  }
  if (filled !== result.length) throw new Damage('a delta of a pack is cut off');
  return result;
}
