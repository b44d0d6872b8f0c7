// The comment at the head of a stack's file in Portainer: whose it is, and a digest that tells whether somebody changed it there.

import { textDigest } from '../guest/digest.ts';

export const HEADING = 'Kept by Phoenix: what is changed here is overwritten. Change it in the repository instead.';

/** What stands in place of a secret in everything that is shown: then nothing can be said of the digest. */
const REDACTED = '‹secret›';

/** Whether the text is as Phoenix sent it. */
export function isIntact(text: string): boolean {
  if (text.includes(REDACTED)) return true;
  const [, digest = '', body = ''] = /^(?:#[^\n]*\n)*?# sha256 ([0-9a-f]{64})\n([\s\S]*)$/.exec(text) ?? [];
  return digest !== '' && textDigest(body) === digest;
}
