// The files of a config repo at one moment, as plain data: read from a commit or from a folder, never half of each.

import type { BlobId, CommitSha } from './ids.ts';

export interface SourceFile {
  /** Identity of the content, also where the bytes were not read. */
  readonly blob: BlobId;
  readonly kind: 'file' | 'executable' | 'symlink' | 'submodule';
  /** Content of the files that the configuration reads; absent for others and for those past the size limit. */
  readonly bytes?: Uint8Array;
  /** In bytes, where known. */
  readonly size?: number;
}

export interface Snapshot {
  /** Null for a folder as it lies on disk. */
  readonly commit: CommitSha | null;
  /** Where the config root lies inside the repository or folder; empty when it is the top. */
  readonly root: string;
  /** By path below the root, with forward slashes. */
  readonly files: ReadonlyMap<string, SourceFile>;
}
