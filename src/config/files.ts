// Files that the configuration references, identified by their content.

import type { BlobId } from '../model/ids.ts';
import type { SourceFile } from '../model/snapshot.ts';

/** A file of the config repo, identified by its content. */
export interface ScriptFile {
  readonly path: string;
  /** Null only in a configuration with a MISSING_FILE problem. */
  readonly blob: BlobId | null;
}

export type FilesByPath = Pick<ReadonlyMap<string, SourceFile>, 'get'>;

/** A file of the config repo. Links and submodules are not followed: they count as missing. */
export function fileAt(files: FilesByPath, path: string): ScriptFile {
  const file = files.get(path);
  return { path, blob: file?.kind === 'file' || file?.kind === 'executable' ? file.blob : null };
}
