// The file system as the Git library sees it. A file is there whole or not at all, so that a process which dies in the middle of a fetch
// leaves a clone that still works; a pack is held to its digest, since the library stores any; and `shallow` is only added to.

import { createHash } from 'node:crypto';
import * as promises from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { PromiseFsClient } from 'isomorphic-git';
import { writeWhole } from '../whole-file.ts';
import { readShallow, SHALLOW, shallowIn, writeShallow } from './shallow.ts';

/** Nobody but Phoenix writes this repository, and fetches bring packs: no object ever lies in a file of its own. */
const LOOSE_OBJECT = /[/\\]objects[/\\][0-9a-f]{2}[/\\][0-9a-f]{38}$/;

/** Of a clone of ours. */
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

/** The library takes a commit out of `shallow` before what comes before it is here, and Phoenix once it is. */
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
