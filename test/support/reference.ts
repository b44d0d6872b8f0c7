// Facts that are no part of this repository: the environment of the original system, and sessions with Proxmox's own programs. The
// folder that PHOENIX_TEST_REFERENCE names holds them; tests that need them are skipped without it, and say so.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The path of one of them; undefined where it is not at hand. */
export function referencePath(name: string): string | undefined {
  const folder = process.env['PHOENIX_TEST_REFERENCE'];
  const path = folder === undefined || folder === '' ? undefined : join(folder, name);
  return path !== undefined && existsSync(path) ? path : undefined;
}
