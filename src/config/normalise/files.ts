// Files that the configuration names, known by their content.

import type { SourceFile } from '../../model/snapshot.ts';
import type { FeatureScript, ScriptFile } from '../config.ts';
import { SHIPPED_FEATURES } from '../shipped-features.ts';

export type FilesByPath = Pick<ReadonlyMap<string, SourceFile>, 'get'>;

/** A file of the config repo. Links and submodules are not followed: they count as missing. */
export function fileAt(files: FilesByPath, path: string): ScriptFile {
  const file = files.get(path);
  return { path, blob: file?.kind === 'file' || file?.kind === 'executable' ? file.blob : null };
}

/** The script of a feature: the config repo's, else the one that Phoenix ships. */
export function featureScript(files: FilesByPath, name: string): FeatureScript {
  const own = fileAt(files, `features/${name}/install.sh`);
  if (own.blob !== null || !SHIPPED_FEATURES.has(name)) return { name, ...own };
  return { name, path: `etc/features/${name}/install.sh`, blob: null };
}

/** Where the original system was installed; scripts of the config repo are still named by it. */
export const ORIGINAL_FOLDER = '/usr/local/phoenix_hypervisor/';

/** A script is named by its file in `bin/`, or by its path from the config root. */
export function scriptPath(name: string): string {
  return name.includes('/') ? name.replace(/^\.\//, '') : `bin/${name}`;
}
