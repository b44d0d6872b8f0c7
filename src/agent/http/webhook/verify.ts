// Verifies that a delivery comes from a holder of the secret. GitHub, Gitea and Forgejo sign the bytes of the body, so the bytes are verified: two
// bodies that decode to the same text are still different. GitLab sends the secret itself.

import type { IncomingHttpHeaders } from 'node:http';
import { Webhooks } from '@octokit/webhooks';
import type { Secret } from '../../../model/secret.ts';
import { sameSecret } from '../timing-safe-equal.ts';

/** What remains to be verified once the body is there: nothing, or this signature. */
export type Claim = { readonly by: 'token' } | { readonly by: 'signature'; readonly signature: string };

/**
 * Checks the headers, before any of the body is read. A present signature must be valid: no token replaces it.
 *
 * @returns null where they contain no possibly valid credential
 */
export function claimOf(headers: IncomingHttpHeaders, secrets: readonly Secret[]): Claim | null {
  const signature = headers['x-hub-signature-256'];
  if (signature !== undefined) {
    const text = String(signature);
    return /^sha256=[0-9a-f]{64}$/.test(text) ? { by: 'signature', signature: text } : null;
  }
  const token = headers['x-gitlab-token'];
  const shown = typeof token === 'string' && secrets.some((secret) => sameSecret(token, secret));
  return shown ? { by: 'token' } : null;
}

/** @param secrets any of them is accepted: while one is being rotated, the forge may still use the old one */
export function verifier(secrets: readonly Secret[]): (claim: Claim, text: string) => Promise<boolean> {
  const all = secrets
    .filter((secret) => secret.expose() !== '')
    .map((secret) => new Webhooks({ secret: secret.expose() }));
  return async (claim, text) => {
    if (claim.by === 'token') return true;
    for (const webhooks of all) if (await webhooks.verify(text, claim.signature)) return true;
    return false;
  };
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text with exactly the bytes of the body, so that its signature is the body's. Null for bytes that are not
 * UTF-8, which no forge sends: replacing invalid bytes would yield text that was not signed.
 */
export function textOf(body: Buffer): string | null {
  try {
    return UTF_8.decode(body);
  } catch {
    return null;
  }
}
