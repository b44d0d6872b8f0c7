// Puts a pack that comes from a server on the disk, part by part as it comes, and under its name only once it is whole and indexed.

import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Damage } from '../errors.ts';
import { indexPack } from './index-pack.ts';

const DIGEST = 20;
const EMPTY_PACK = 12 + DIGEST;

/** Ends the names of files that are being written: what is left of them after a kill is nobody's. */
export const UNFINISHED = '.part';

/**
 * A pack without objects is not kept. Whoever looks for packs looks for their indexes, which are put in place last.
 *
 * @throws Damage for what is no whole pack
 */
export async function storePack(gitdir: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
  const folder = join(gitdir, 'objects', 'pack');
  await mkdir(folder, { recursive: true });
  const incoming = join(folder, `incoming-${randomBytes(6).toString('hex')}${UNFINISHED}`);
  const index = `${incoming.slice(0, -UNFINISHED.length)}-index${UNFINISHED}`;
  const file = await open(incoming, 'wx+');
  try {
    const { size, digest } = await write(file, parts);
    if (size > EMPTY_PACK) {
      await writeFile(index, await indexPack(file.fd, size), { flush: true });
      await file.datasync();
      await file.close();
      const name = join(folder, `pack-${digest}`);
      await rename(incoming, `${name}.pack`);
      await rename(index, `${name}.idx`);
    }
  } finally {
    await file.close().catch(() => {});
    await rm(incoming, { force: true });
    await rm(index, { force: true });
  }
}

/** A pack ends with the SHA-1 of everything before it. */
async function write(file: Awaited<ReturnType<typeof open>>, parts: AsyncIterable<Uint8Array>) {
  const hash = createHash('sha1');
  let size = 0;
  let tail: Buffer = Buffer.alloc(0);
  for await (const part of parts) {
    size += part.length;
    await writeAll(file, part);
    const last = Buffer.concat([tail, part]);
    tail = last.subarray(-DIGEST);
    hash.update(last.subarray(0, Math.max(0, last.length - DIGEST)));
    // What it is a part of may be large.
    tail = Buffer.from(tail);
  }
  const digest = tail.toString('hex');
  if (size < EMPTY_PACK || hash.digest('hex') !== digest) {
    throw new Damage('the transfer of the repository was damaged on its way, or cut short; it is tried again');
  }
  return { size, digest };
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) written += (await file.write(bytes, written)).bytesWritten;
}
