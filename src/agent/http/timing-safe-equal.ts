// Comparing what a stranger sent with a secret, in a time that tells nothing about the secret.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../model/secret.ts';

/** Digests are compared, so that not even the length of the secret shows. An empty secret equals nothing. */
export function sameSecret(given: string, secret: Secret): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return secret.expose() !== '' && timingSafeEqual(digest(given), digest(secret.expose()));
}
