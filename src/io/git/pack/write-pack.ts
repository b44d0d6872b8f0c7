// A pack of chosen objects, each whole.

import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { writeHead } from './entry.ts';
import type { PackedObject } from './pack-file.ts';

/** @param count of `objects` */
export async function* writePack(count: number, objects: Iterable<PackedObject>): AsyncGenerator<Buffer> {
  const hash = createHash('sha1');
  const hashed = (bytes: Buffer): Buffer => {
    hash.update(bytes);
    return bytes;
  };
  const header = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
  header.writeUInt32BE(count, 8);
  yield hashed(header);
  for (const { type, content } of objects) {
    yield hashed(Buffer.concat([writeHead(type, content.length), deflateSync(content)]));
  }
  yield hash.digest();
}
