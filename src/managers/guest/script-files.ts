// Finds the scripts that a guest's declaration names in the config repo.

import type { FilesByPath } from '../../config/files.ts';
import { fileAt } from '../../config/files.ts';
import type { FeatureScript } from './declared.ts';
import { SHIPPED_FEATURES } from './shipped-features.ts';

/** The script of a feature: from the config repo, else the shipped one. */
export function featureScript(files: FilesByPath, name: string): FeatureScript {
  const own = fileAt(files, `features/${name}/install.sh`);
  if (own.blob !== null || !SHIPPED_FEATURES.has(name)) return { name, ...own };
  return { name, path: `etc/features/${name}/install.sh`, blob: null };
}

/** Installation path of the predecessor system; scripts of the config repo may still be named by it. */
export const ORIGINAL_FOLDER = '/usr/local/phoenix_hypervisor/';

/** A script is named by its file in `bin/`, or by its path from the config root. */
export function scriptPath(name: string): string {
  return name.includes('/') ? name.replace(/^\.\//, '') : `bin/${name}`;
}

/** Files that the text of a guest's declaration may name. Extra candidates are harmless: only their traits are read. */
export function scriptsNamedBy(text: string): string[] {
  const [program = ''] = text.split(/\s/, 1);
  return [scriptPath(program.replace(ORIGINAL_FOLDER, '')), scriptPath(text), `features/${text}/install.sh`];
}
