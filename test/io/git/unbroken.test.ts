// A response of a Git server passes unchanged, however it is split into chunks, unless it is cut short.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unbroken } from '../../../src/io/git/remote/unbroken.ts';

const FLUSH = Buffer.from('0000');

function packet(...parts: (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from((content.length + 4).toString(16).padStart(4, '0')), content]);
}

const packets = fc.array(
  fc.oneof(
    fc.constant(FLUSH),
    fc
      .constantFrom('NAK\n', `shallow ${'a'.repeat(40)}`, `ACK ${'b'.repeat(40)} common\n`, 'ENOTHING')
      .map((text) => packet(text)),
    fc.uint8Array({ maxLength: 3_000 }).map((bytes) => packet(Buffer.from([1]), Buffer.from(bytes))),
    fc.string({ maxLength: 100 }).map((text) => packet(Buffer.from([2]), text)),
  ),
  { maxLength: 20 },
);

/** Cut into parts of those lengths, over and over. */
async function* inParts(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, n = 0; at < bytes.length; n += 1) {
    const length = lengths[n % lengths.length] ?? 1;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

async function all(bytes: Buffer, lengths: readonly number[]): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of unbroken(inParts(bytes, lengths), 1)) parts.push(part);
  return Buffer.concat(parts);
}

const lengths = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 });

test('a complete response passes unchanged; a truncated one, or one with an error in it, fails with the reason', async () => {
  await fc.assert(
    fc.asyncProperty(packets, lengths, fc.nat(), async (before, cut, at) => {
      const whole = Buffer.concat([...before, packet(Buffer.from([1]), 'data'), FLUSH]);
      expect((await all(whole, cut)).equals(whole)).toBe(true);
      // Not where a flush packet happens to end: what would follow is unknown.
      const last = whole.length - 1 - (at % 12);
      await expect(all(whole.subarray(0, last), cut)).rejects.toThrow('broke off in the middle');
      const failed = Buffer.concat([...before, packet(Buffer.from([3]), 'out of memory\n'), FLUSH]);
      await expect(all(failed, cut)).rejects.toThrow('the server broke off: out of memory');
      const refused = Buffer.concat([...before, packet('ERR not our ref\n')]);
      await expect(all(refused, cut)).rejects.toMatchObject({ name: 'NotGiven', message: 'not our ref' });
    }),
  );
});

test('what is no answer of Git, or none at all', async () => {
  await expect(all(Buffer.from('<html>hello</html>'), [3])).rejects.toMatchObject({ name: 'NoGit' });
  await expect(all(Buffer.alloc(0), [1])).rejects.toThrow('before it sent anything');
});
