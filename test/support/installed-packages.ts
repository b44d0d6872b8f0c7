// The packages of an installation: those of the checkout that come from the registry, so without the lab.

import { lstatSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** Creates `folder` with a link to each package. npm links the workspaces of a checkout, and copies everything else. */
export function linkInstalledPackages(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(PACKAGES)) {
    const from = join(PACKAGES, name);
    if (!lstatSync(from).isSymbolicLink()) symlinkSync(from, join(folder, name));
  }
}
