// The wire format of an SSH session: frames survive any division into chunks, and invalid or too large ones are refused.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  encodeDrop,
  encodeRequest,
  type Frame,
  MAX_FRAME_LENGTH,
  PIECE_BYTES,
  readFrames,
} from '../../../../src/io/host/session/frames.ts';
import { LONG_TEST } from '../../../support/long.ts';

function frame(kind: string, id: number, body: Uint8Array, size = body.length): Buffer {
  const head = Buffer.alloc(9);
  head.write(kind, 0, 'latin1');
  head.writeUInt32BE(id, 1);
  head.writeUInt32BE(size, 5);
  return Buffer.concat([head, body]);
}

const given = fc.record({
  kind: fc.constantFrom('o' as const, 'e' as const, 'x' as const, 'z' as const),
  id: fc.nat(2 ** 32 - 1),
  body: fc.uint8Array({ minLength: 4, maxLength: 4 }),
});

test('frames are parsed however they are split', () => {
  fc.assert(
    fc.property(fc.array(given), fc.array(fc.nat(40), { minLength: 1 }), (frames, cuts) => {
      const all = Buffer.concat(frames.map(({ kind, id, body }) => frame(kind, id, body)));
      const read: Frame[] = [];
      const take = readFrames((each) => read.push({ ...each, bytes: Buffer.from(each.bytes) }));
      for (let from = 0, n = 0; from < all.length; n += 1) {
        const size = 1 + (cuts[n % cuts.length] ?? 0);
        take(all.subarray(from, from + size));
        from += size;
      }
      const names = { o: 'output', e: 'errors', x: 'exited', z: 'ended' };
      expect(read).toEqual(frames.map(({ kind, id, body }) => ({ kind: names[kind], id, bytes: Buffer.from(body) })));
    }),
  );
});

test.each([
  ['text', Buffer.from('Last login: today')],
  ['a kind that is none', frame('q', 1, Buffer.from('abcd'))],
  ['a name of every object', frame('constructor'.slice(0, 1), 1, Buffer.alloc(4))],
  ['a request, which goes the other way', frame('r', 1, Buffer.alloc(4))],
  ['more than a piece at once, before it has come', frame('o', 1, Buffer.alloc(0), PIECE_BYTES + 1)],
  ['an exit code that is no number', frame('z', 1, Buffer.from('abc'))],
])('%s is no frame', (_what, bytes) => {
  expect(() => readFrames(() => {})(bytes)).toThrow('the node sent what is no part of a session');
});

test('a request contains its input and its words, of any bytes but NUL', LONG_TEST, () => {
  const word = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''));
  fc.assert(
    fc.property(fc.nat(1000), fc.array(word), fc.uint8Array(), (id, words, input) => {
      const bytes = encodeRequest(id, words, input) ?? Buffer.alloc(0);
      expect(bytes.toString('latin1', 0, 1)).toBe('r');
      expect([bytes.readUInt32BE(1), bytes.readUInt32BE(5)]).toEqual([id, bytes.length - 9]);
      const parts: Buffer[] = [];
      for (let from = 9; from < bytes.length; ) {
        const end = from + 4 + bytes.readUInt32BE(from);
        parts.push(bytes.subarray(from + 4, end));
        from = end;
      }
      expect(parts).toEqual([Buffer.from(input), ...words.map((each) => Buffer.from(each))]);
    }),
  );
  expect(() => encodeRequest(1, ['a\0b'], undefined)).toThrow('NUL');
});

test('a request above the limit of a session is invalid', () => {
  expect(encodeRequest(1, ['x'.repeat(MAX_FRAME_LENGTH)], undefined)).toBeNull();
  expect(encodeRequest(1, ['x'], new Uint8Array(MAX_FRAME_LENGTH))).toBeNull();
  expect(encodeRequest(1, ['x'], new Uint8Array(MAX_FRAME_LENGTH - 64))).not.toBeNull();
  expect(encodeDrop(7)).toEqual(Buffer.from([0x64, 0, 0, 0, 7, 0, 0, 0, 0]));
});
