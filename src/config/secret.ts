// Secrets: references, or plain text in configurations that still contain it.

import type { SecretReference } from '../model/action.ts';

/** Never part of a spec, log, job or plan; only references are. */
interface PlainSecret {
  readonly $plain: string;
}

export type Secret = SecretReference | PlainSecret;

/** Null if absent, empty or `NOT_SET`. */
export function normaliseSecret(written: string | SecretReference | undefined): Secret | null {
  if (written === undefined || isNoSecret(written)) return null;
  return typeof written === 'string' ? { $plain: written } : written;
}

export function isNoSecret(written: unknown): boolean {
  return written === '' || written === 'NOT_SET';
}
