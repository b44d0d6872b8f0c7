// The file system for the Git library. A file exists completely or not at all, so that a process that dies during a fetch leaves a working clone; a
// pack is verified by its digest, since the library stores any; and commits are only added to `shallow`.

import { createHash } from 'node:crypto';
import * as promises from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { PromiseFsClient } from 'isomorphic-git';
import { writeWhole } from '../../whole-file.ts';
import { readShallow, SHALLOW, shallowIn, writeShallow } from './shallow.ts';

/** Only Phoenix writes this repository, and fetches write packs, so there are no loose objects. */
const LOOSE_OBJECT = /[/\\]objects[/\\][0-9a-f]{2}[/\\][0-9a-f]{38}$/;

/** For a clone that Phoenix manages. */
export const wholeFiles: PromiseFsClient = { promises: { ...promises, readFile, writeFile, unlink } };

async function readFile(path: string, options: unknown): Promise<string | Buffer> {
  if (LOOSE_OBJECT.test(path)) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
  return promises.readFile(path, options as BufferEncoding | null);
}

async function writeFile(path: string, data: string | Uint8Array): Promise<void> {
  if (basename(path) === SHALLOW) return widen(dirname(path), String(data));
  if (path.endsWith('.pack') && !endsWithDigest(data as Uint8Array)) {
    throw new Error('the transfer of the repository was damaged on its way, or cut short; it is tried again');
  }
  await writeWhole(path, data);
}

/** The library removes a commit from `shallow` before its ancestors are stored, so Phoenix removes it afterwards. */
async function widen(gitdir: string, text: string): Promise<void> {
  await writeShallow(gitdir, new Set([...(await readShallow(gitdir)), ...shallowIn(text)]));
}

async function unlink(path: string): Promise<void> {
  if (basename(path) !== SHALLOW) await promises.unlink(path);
}

/** A pack ends with the SHA-1 of everything before it. */
function endsWithDigest(bytes: Uint8Array): boolean {
  const digest = createHash('sha1').update(bytes.subarray(0, -20)).digest();
  return digest.equals(bytes.subarray(-20));
}
