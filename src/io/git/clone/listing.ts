// The files of a commit as plain data, and the contents of some of them.

import type { BlobId } from '../../../model/ids.ts';
import type { SourceFile } from '../../../model/snapshot.ts';
import type { Objects } from './objects.ts';

/** The source of objects. */
export type FileSource = Pick<Objects, 'commit' | 'tree' | 'blob'>;

/** Reads the files of commits. */
export interface FileReader {
  /** Every file of the commit by its path. */
  list(commit: string): Promise<ReadonlyMap<string, SourceFile>>;
  /** By blob. */
  contents(blobs: readonly string[], most: number): Promise<ReadonlyMap<string, Omit<Content, 'blob'>>>;
}

/** All files of a commit in a few values, since every value is copied when it is passed between threads. */
export interface Listing {
  /** Separated by NUL. */
  readonly paths: string;
  /** Blob ids of 40 digits each. */
  readonly blobs: string;
  /** Indexes into `KINDS`. */
  readonly kinds: Uint8Array;
}

export interface Content {
  readonly blob: string;
  /** In bytes. */
  readonly size: number;
  /** Absent when it is too large. */
  readonly bytes?: Uint8Array;
}

const KINDS: readonly SourceFile['kind'][] = ['file', 'executable', 'symlink', 'submodule'];

/** Maximum number of files in a commit; a larger one is refused. */
export const MAX_FILES = 100_000;

export async function listFiles(objects: Pick<FileSource, 'commit' | 'tree'>, commit: string): Promise<Listing> {
  const { tree, sha } = await objects.commit(commit);
  const paths: string[] = [];
  const blobs: string[] = [];
  const kinds: number[] = [];
  const waiting = [{ prefix: '', id: tree }];
  let seen = 0;
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const { name, kind, id } of await objects.tree(folder.id)) {
      seen += 1;
      if (seen > MAX_FILES) throw new Error(`commit ${sha} holds more than ${MAX_FILES} files and folders`);
      const path = folder.prefix + name;
      if (kind === 'folder') waiting.push({ prefix: `${path}/`, id });
      else {
        paths.push(path);
        blobs.push(id);
        kinds.push(KINDS.indexOf(kind));
      }
    }
  }
  return { paths: paths.join('\0'), blobs: blobs.join(''), kinds: Uint8Array.from(kinds) };
}

export function filesIn({ paths, blobs, kinds }: Listing): Map<string, SourceFile> {
  const files = new Map<string, SourceFile>();
  if (kinds.length === 0) return files;
  for (const [n, path] of paths.split('\0').entries()) {
    files.set(path, { blob: blobs.slice(n * 40, n * 40 + 40) as BlobId, kind: KINDS[kinds[n] ?? 0] ?? 'file' });
  }
  return files;
}

/** Reads one after another; of one that is too large only the size is kept. */
export async function contentsOf(
  objects: Pick<FileSource, 'blob'>,
  blobs: readonly string[],
  most: number,
): Promise<Content[]> {
  const found: Content[] = [];
  for (const blob of blobs) {
    const bytes = await objects.blob(blob);
    const size = bytes.byteLength;
    // A separate buffer, since it may be transferred to another thread.
    found.push(size > most ? { blob, size } : { blob, size, bytes: Uint8Array.from(bytes) });
  }
  return found;
}

export function filesOf(objects: FileSource): FileReader {
  return {
    list: async (commit) => filesIn(await listFiles(objects, commit)),
    async contents(blobs, most) {
      const read = await contentsOf(objects, blobs, most);
      return new Map(read.map(({ blob, ...content }) => [blob, content]));
    },
  };
}
