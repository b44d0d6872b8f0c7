// Whether a delivery comes from who holds the secret. GitHub, Gitea and Forgejo sign the bytes of the body, so the bytes are what is
// checked: two bodies that read the same once they are text are still two. GitLab sends the secret itself.

import type { IncomingHttpHeaders } from 'node:http';
import { Webhooks } from '@octokit/webhooks';
import type { Secret } from '../../../model/secret.ts';
import { sameSecret } from '../timing-safe-equal.ts';

/** What is left to be shown once the body is there: nothing, or that this is its signature. */
export type Claim = { readonly by: 'token' } | { readonly by: 'signature'; readonly signature: string };

/**
 * By the headers alone, before any of the body is read. A signature that is there must be right: no token stands in for it.
 *
 * @returns null where nothing in them can be right
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

/** @param secrets each is accepted: while one is being changed, the forge may still sign with the other */
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
 * The text whose bytes are those of the body, no others: what is signed of it is signed of the body. Null for bytes that are no
 * UTF-8, which no forge sends: a parser that replaced them would read what was not signed.
 */
export function textOf(body: Buffer): string | null {
  try {
    return UTF_8.decode(body);
  } catch {
    return null;
  }
}
