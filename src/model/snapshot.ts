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
  /** Of the files that are used without being read; absent for others and for those past the size limit. */
  readonly traits?: ContentTraits;
}

/** What the content of a file is, without its meaning. */
export interface ContentTraits {
  /** What it is instead of text, such as a pointer to the content; null: nothing that is known. */
  readonly standsFor: { readonly what: string; readonly pointer: boolean } | null;
  /** Why it is not text in UTF-8, and in which line, from 1; null: it is. */
  readonly notText: { readonly message: string; readonly line: number } | null;
  /** A byte order mark stands before it. */
  readonly marked: boolean;
  /** What is written after `#!`; null: the first line is none of these. */
  readonly interpreter: string | null;
  /** First line that ends with CR LF, from 1; null: none. */
  readonly carriageReturn: number | null;
  /** Nothing but white space. */
  readonly blank: boolean;
}

export interface Snapshot {
  /** Null for a folder as it lies on disk. */
  readonly commit: CommitSha | null;
  /** Where the config root lies inside the repository or folder; empty when it is the top. */
  readonly root: string;
  /** By path below the root, with forward slashes. */
  readonly files: ReadonlyMap<string, SourceFile>;
}
