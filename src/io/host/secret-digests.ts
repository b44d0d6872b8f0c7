// Keyed digests that show only whether the value of a secret has changed. The key never leaves the node: a digest found in a guest or in Redis cannot
// be used to guess the value.

import { createHmac, randomBytes } from 'node:crypto';
import type { Content, FileWrite } from '../../model/action.ts';
import type { Host } from '../../ports/host.ts';

/** Readable by root only. */
export const KEY_FILE = '/var/lib/phoenix/secret-digests.key';
const KEY = /^[0-9a-f]{64}$/;

export interface DigestDeps {
  readonly contents: (content: Content) => Promise<Uint8Array>;
  readonly readFile: (path: string) => Promise<string | undefined>;
  readonly writeFile: (write: FileWrite) => Promise<boolean>;
}

export function secretDigester({ contents, readFile, writeFile }: DigestDeps): Host['secretDigests'] {
  /** A temporary key for observations before the real one exists: nothing can have been recorded with it. */
  const passing = randomBytes(32).toString('hex');

  async function keyOf(keep: boolean): Promise<string> {
    const found = (await readFile(KEY_FILE))?.trim();
    if (found !== undefined && KEY.test(found)) return found;
    if (!keep) return passing;
    const text = `${randomBytes(32).toString('hex')}\n`;
    const expects = found === undefined ? { expects: 'absent' } : {};
    await writeFile({ kind: 'file', path: KEY_FILE, content: { from: 'text', text }, mode: 0o600, ...expects });
    const kept = (await readFile(KEY_FILE))?.trim() ?? '';
    if (!KEY.test(kept)) throw new Error(`${KEY_FILE} cannot be written on the node`);
    return kept;
  }

  return async (references, { keep }) => {
    if (references.length === 0) return new Map();
    const key = Buffer.from(await keyOf(keep), 'hex');
    const digests = new Map<string, string>();
    for (const secret of references) {
      const value = await contents({ from: 'secret', secret });
      digests.set(secret.$secret, createHmac('sha256', key).update(value).digest('hex').slice(0, 32));
    }
    return digests;
  };
}
