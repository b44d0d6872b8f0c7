// The files of a config repo at one moment, as plain data: from one commit or one folder.

import type { BlobId, CommitSha } from './ids.ts';

export interface SourceFile {
  /** Identity of the content, even if the bytes were not read. */
  readonly blob: BlobId;
  readonly kind: 'file' | 'executable' | 'symlink' | 'submodule';
  /** Content of config files; absent for others and for those past the size limit. */
  readonly bytes?: Uint8Array;
  /** In bytes, if known. */
  readonly size?: number;
  /** Traits of files that are used but not parsed; absent for others and for those past the size limit. */
  readonly traits?: ContentTraits;
}

/** Traits of a file's content. */
export interface ContentTraits {
  /** The kind of placeholder or binary format, such as a Git LFS pointer; null: none. */
  readonly standsFor: { readonly what: string; readonly pointer: boolean } | null;
  /** Why it is not UTF-8 text, and the line, from 1; null: it is. */
  readonly notText: { readonly message: string; readonly line: number } | null;
  /** Whether it starts with a byte order mark. */
  readonly marked: boolean;
  /** The interpreter after `#!`; null: no shebang. */
  readonly interpreter: string | null;
  /** The first line that ends with CR LF, from 1; null: none. */
  readonly carriageReturn: number | null;
  /** Whether it is only whitespace. */
  readonly blank: boolean;
}

export interface Snapshot {
  /** Null for a folder on disk. */
  readonly commit: CommitSha | null;
  /** Path of the config root inside the repository or folder; empty for the top level. */
  readonly root: string;
  /** Files by path below the root, with forward slashes. */
  readonly files: ReadonlyMap<string, SourceFile>;
}
