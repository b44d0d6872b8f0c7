// Reference data outside this repository: the environment of the original system, and recorded sessions with Proxmox's own programs. They are in the
// folder PHOENIX_TEST_REFERENCE; tests that need them are skipped without it.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The path of a file or folder of it; undefined if it is missing. */
export function referencePath(name: string): string | undefined {
  const folder = process.env['PHOENIX_TEST_REFERENCE'];
  const path = folder === undefined || folder === '' ? undefined : join(folder, name);
  return path !== undefined && existsSync(path) ? path : undefined;
}
