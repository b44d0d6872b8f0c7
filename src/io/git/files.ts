// The file system as the Git library sees it: a file is there whole or not at all, so that a process which dies in the
// middle of a fetch leaves a repository that still works.

import { createHash, randomBytes } from 'node:crypto';
import * as promises from 'node:fs/promises';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import type { PromiseFsClient } from 'isomorphic-git';

/** Nobody but Phoenix writes this repository, and fetches bring packs: no object ever lies in a file of its own. */
const LOOSE_OBJECT = /[/\\]objects[/\\][0-9a-f]{2}[/\\][0-9a-f]{38}$/;

/** Node's file system with atomic writes. Packs are checked against their own digest before they are stored. */
export function wholeFiles(): PromiseFsClient {
  return { promises: { ...promises, readFile, writeFile } };
}

async function readFile(path: string, options: unknown): Promise<string | Buffer> {
  if (LOOSE_OBJECT.test(path)) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
  return promises.readFile(path, options as BufferEncoding | null);
}

async function writeFile(path: string, data: string | Uint8Array): Promise<void> {
  if (path.endsWith('.pack')) checkPack(data as Uint8Array);
  const beside = `${path}.${randomBytes(6).toString('hex')}.part`;
  const file = await open(beside, 'wx');
  try {
    await writeAndClose(file, data, /\.(pack|idx)$/.test(path));
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

async function writeAndClose(file: FileHandle, data: string | Uint8Array, durable: boolean): Promise<void> {
  try {
    await file.writeFile(data);
    if (durable) await file.datasync();
  } finally {
    await file.close();
  }
}

/** A pack ends with the SHA-1 of everything before it. The library indexes a damaged one without a word. */
function checkPack(pack: Uint8Array): void {
  const digest = createHash('sha1').update(pack.subarray(0, -20)).digest();
  if (!digest.equals(pack.subarray(-20))) throw new Error('the transfer of the repository was damaged on its way');
}
