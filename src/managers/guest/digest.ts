// Digests by which a file is told from another version of itself.

import { createHash } from 'node:crypto';

/** SHA-256 in hexadecimal digits, as a file write expects it. */
export function textDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
