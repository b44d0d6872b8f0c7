// Where Phoenix's own files are: beside the sources in a checkout, and beside the bundle in a release (scripts/package/build.mjs).

import { existsSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';

const manifest = findPackageJSON(import.meta.url);
if (manifest === undefined) throw new Error(`no package.json is above ${import.meta.filename}`);

/** Phoenix's own folder: that of its package.json. */
export const PRODUCT = dirname(manifest);

/**
 * The folder of a package whose files are read from the disk, which a bundle cannot contain.
 *
 * @param name of a dependency
 * @throws Error if it is not installed
 */
export function packageFolder(name: string): string {
  const released = join(PRODUCT, 'packages', name);
  if (existsSync(released)) return released;
  const installed = findPackageJSON(name, import.meta.url);
  if (installed === undefined) throw new Error(`the package ${name} is not installed`);
  return dirname(installed);
}
