// Secrets: a reference, or the text itself where a configuration still holds it.

import type { SecretReference } from '../model/action.ts';

/** Never part of a spec, log, job or plan: only a reference may be. */
interface PlainSecret {
  readonly $plain: string;
}

export type Secret = SecretReference | PlainSecret;

/** Null for nothing, for empty text, and for `NOT_SET`. */
export function normaliseSecret(written: string | SecretReference | undefined): Secret | null {
  if (written === undefined || isNoSecret(written)) return null;
  return typeof written === 'string' ? { $plain: written } : written;
}

export function isNoSecret(written: unknown): boolean {
  return written === '' || written === 'NOT_SET';
}
