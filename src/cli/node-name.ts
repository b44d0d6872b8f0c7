// Remembers the node name of a destination in the data folder, so that an agent can start and receive pushes while the node is unreachable.

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

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
      await mkdir(dataDir, { recursive: true, mode: 0o700 });
      await writeFile(`${file}.new`, JSON.stringify({ destination, node }), { mode: 0o600 });
      await rename(`${file}.new`, file);
    },
  };
}
