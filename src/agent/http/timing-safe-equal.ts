// Compares a token that was sent with a secret, in constant time.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../model/secret.ts';

/** Digests are compared, so that not even the length of the secret shows. An empty secret matches nothing. */
export function sameSecret(given: string, secret: Secret): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return secret.expose() !== '' && timingSafeEqual(digest(given), digest(secret.expose()));
}
