// What an agent writes into its data folder for the next start: the node name of a destination, so that it can start and receive pushes while the node is
// unreachable, and the version of Phoenix that has used the private Redis, which deploy/install.sh reads before it installs an older one.

import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolders } from '../io/make-folders.ts';

export interface KnownNode {
  /** Null if unknown for this destination. */
  read(): Promise<string | null>;
  keep(node: string): Promise<void>;
}

export function knownNode(dataDir: string, destination: string): KnownNode {
  const file = join(dataDir, 'node.json');
  return {
    async read() {
      try {
        const found: unknown = JSON.parse(await readFile(file, 'utf8'));
        if (typeof found !== 'object' || found === null) return null;
        const { destination: asked, node } = found as { destination?: unknown; node?: unknown };
        return asked === destination && typeof node === 'string' ? node : null;
      } catch {
        return null;
      }
    },
    async keep(node) {
      await makeFolders(dataDir, 0o700);
      await writeFile(`${file}.new`, JSON.stringify({ destination, node }), { mode: 0o600 });
      await rename(`${file}.new`, file);
    },
  };
}

/** Beside the ledger, so that a copy of that folder brings its version back with it. @param version that has used the private Redis */
export async function noteVersion(dataDir: string, version: string): Promise<void> {
  const file = join(dataDir, 'redis', 'used-by');
  await writeFile(`${file}.new`, `${version}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
