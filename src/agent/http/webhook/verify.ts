// Whether a delivery comes from who holds the secret. GitHub, Gitea and Forgejo sign the bytes of the body, so the bytes are what is
// checked: two bodies that read the same once they are text are still two. GitLab sends the secret itself.

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Secret } from '../../../model/secret.ts';
import { sameSecret } from '../same.ts';

/** What is left to be shown once the body is there: nothing, or that this is its signature. */
export type Claim = { readonly by: 'token' } | { readonly by: 'signature'; readonly digest: Buffer };

/**
 * By the headers alone, before any of the body is read. A signature that is there must be right: no token stands in for it.
 *
 * @returns null where nothing in them can be right
 */
export function claimOf(headers: IncomingHttpHeaders, secrets: readonly Secret[]): Claim | null {
  const signature = headers['x-hub-signature-256'];
  if (signature !== undefined) {
    const [, hex] = /^sha256=([0-9a-f]{64})$/.exec(String(signature)) ?? [];
    return hex === undefined ? null : { by: 'signature', digest: Buffer.from(hex, 'hex') };
  }
  const token = headers['x-gitlab-token'];
  const shown = typeof token === 'string' && secrets.some((secret) => sameSecret(token, secret));
  return shown ? { by: 'token' } : null;
}

/** @param secrets each is accepted: while one is being changed, the forge may still sign with the other */
export function holds(claim: Claim, body: Buffer, secrets: readonly Secret[]): boolean {
  if (claim.by === 'token') return true;
  return secrets.some((secret) => {
    const key = secret.expose();
    return key !== '' && timingSafeEqual(createHmac('sha256', key).update(body).digest(), claim.digest);
  });
}

/** Null for bytes that are no UTF-8: a parser that replaced them would read what was not signed. */
export function textOf(body: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return null;
  }
}
