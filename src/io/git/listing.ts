// The files of a commit as plain data, and the contents of some of them.

import type { BlobId } from '../../model/ids.ts';
import type { SourceFile } from '../../model/snapshot.ts';
import type { Objects } from './objects.ts';
import type { Store } from './pack/store.ts';

/** What the files of a commit are read from. */
export interface FileReader {
  /** Every file of the commit by its path. */
  list(commit: string): Promise<ReadonlyMap<string, SourceFile>>;
  /** By blob. */
  contents(blobs: readonly string[], most: number): Promise<ReadonlyMap<string, Omit<Content, 'blob'>>>;
}

/** A hundred thousand files in a few values: what goes from one thread to another is copied value by value. */
export interface Listing {
  /** With a NUL between two of them. */
  readonly paths: string;
  /** 40 digits each. */
  readonly blobs: string;
  /** Places in `KINDS`. */
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

/** Files of one commit; beyond it the commit is refused rather than read. */
export const MAX_FILES = 100_000;

export async function listFiles(objects: Pick<Objects, 'commit' | 'tree'>, commit: string): Promise<Listing> {
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

/** Of one too large only the size is looked up. */
export function contentsOf(store: Store, blobs: readonly string[], most: number): Content[] {
  return blobs.map((blob) => {
    const size = store.sizeOf(blob);
    if (size > most) return { blob, size };
    // Of its own, since it may go to another thread.
    return { blob, size, bytes: Uint8Array.from(store.read(blob).content) };
  });
}

export function filesOf(objects: Objects): FileReader {
  return {
    list: async (commit) => filesIn(await listFiles(objects, commit)),
    async contents(blobs, most) {
      const found = new Map<string, Omit<Content, 'blob'>>();
      for (const blob of blobs) {
        const bytes = await objects.blob(blob);
        const size = bytes.byteLength;
        found.set(blob, size > most ? { size } : { size, bytes });
      }
      return found;
    },
  };
}
