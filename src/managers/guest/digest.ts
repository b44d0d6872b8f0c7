// Digests that distinguish the versions of a file.

import { createHash } from 'node:crypto';

/** SHA-256 in hexadecimal digits, as a file write expects it. */
export function textDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
