// Reads a config repo from a folder, with the blob ids that Git would give its files. Links are never followed.

import { createHash } from 'node:crypto';
import { constants, createReadStream, type Dirent } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { BlobId } from '../model/ids.ts';
import type { Snapshot, SourceFile } from '../model/snapshot.ts';
import { mentionedIn, type SnapshotOptions, usedIn } from './git/snapshot.ts';

/** Options as for a commit; the config root is given separately. */
export type FolderOptions = Omit<SnapshotOptions, 'root'>;

/** Maximum number of files in a folder; a larger folder is refused. */
const MAX_FILES = 100_000;
/** Files that are read at the same time: one after the other, most of the time is spent waiting. */
const AT_ONCE = 32;
/** A larger file whose content is not kept is hashed piece by piece. */
const CHUNK_BYTES = 65_536;
/** Names that are never part of a configuration. */
const IGNORED: ReadonlySet<string> = new Set(['.git', 'node_modules']);

/**
 * Paths of all files below a folder, with forward slashes; links and special files are named, not followed.
 * Fails when there are more than `MAX_FILES`.
 */
export async function folderPaths(folder: string): Promise<string[]> {
  const paths: string[] = [];
  const waiting = [''];
  for (let prefix = waiting.pop(); prefix !== undefined; prefix = waiting.pop()) {
    for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
      if (IGNORED.has(entry.name)) continue;
      if (entry.isDirectory()) waiting.push(`${prefix}${entry.name}/`);
      else if (isKept(entry)) paths.push(prefix + entry.name);
      if (paths.length + waiting.length > MAX_FILES) throw new Error(`${folder} holds more than ${MAX_FILES} files`);
    }
  }
  return paths.sort();
}

/** The files below `root` inside a folder. `paths` are those of the whole folder, from `folderPaths`. */
export async function folderSnapshot(
  folder: string,
  root: string,
  paths: readonly string[],
  { readsContent, mentionedFiles, usedFiles, traits, maxFileBytes }: FolderOptions,
): Promise<Snapshot> {
  const files = new Map<string, SourceFile>();
  const prefix = root === '' ? '' : `${root}/`;
  const inside = paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
  for (let from = 0; from < inside.length; from += AT_ONCE) {
    const some = inside.slice(from, from + AT_ONCE).map(async (path) => {
      const file = await sourceFile(join(folder, prefix + path), readsContent(path) ? maxFileBytes : 0);
      return [path, file] as const;
    });
    for (const [path, file] of await Promise.all(some)) files.set(path, file);
  }
  for (const path of mentionedIn(files, mentionedFiles)) {
    files.set(path, await sourceFile(join(folder, prefix + path), maxFileBytes));
  }
  for (const path of usedIn(files, usedFiles)) {
    const { bytes, ...rest } = await sourceFile(join(folder, prefix + path), maxFileBytes);
    files.set(path, bytes === undefined || traits === undefined ? rest : { ...rest, traits: traits(bytes) });
  }
  return { commit: null, root, files };
}

function isKept(entry: Dirent): boolean {
  return entry.isFile() || entry.isSymbolicLink();
}

/** Content up to `keep` bytes is kept; of a longer file only the identity, which is read in chunks where it is large. */
async function sourceFile(path: string, keep: number): Promise<SourceFile> {
  const { size, mode } = await lstat(path);
  if ((mode & constants.S_IFMT) === constants.S_IFLNK) {
    return { blob: blobIdOf(Buffer.from(await readlink(path))), kind: 'symlink' };
  }
  const kind = (mode & 0o100) === 0 ? 'file' : 'executable';
  if (size <= Math.max(keep, CHUNK_BYTES)) {
    const bytes = await readFile(path);
    return { blob: blobIdOf(bytes), kind, size: bytes.length, ...(bytes.length <= keep ? { bytes } : {}) };
  }
  const hash = createHash('sha1').update(`blob ${size}\0`);
  await pipeline(createReadStream(path), hash);
  return { blob: hash.digest('hex') as BlobId, kind, size };
}

/** Git's id of a file with this content. */
export function blobIdOf(bytes: Uint8Array): BlobId {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex') as BlobId;
}
