// What Phoenix noted of a certificate on the node when it was last as declared: what it was, and which one its user was told of.

import type { JsonObject } from '../../model/json.ts';
import type { Owner } from './spec.ts';

export type Note = {
  readonly target: string;
  readonly certPath: string;
  readonly keyPath: string;
  readonly root: string;
  /** SHA-256 of the root's file. */
  readonly rootDigest: string;
  readonly issuer: 'jwk' | 'acme';
  readonly lifetimeSeconds: number | null;
  readonly owner: Owner;
  /** Size and time of the key's file when it was proved to be the certificate's. */
  readonly keyFile: { readonly size: number; readonly modified: number } | null;
  /** Text of the certificate's file; null before the first. */
  readonly certificate: string | null;
  /** Fingerprint of the certificate that its user was told of; null: none yet. */
  readonly told: string | null;
};

export function printNote(note: Note): string {
  return `${JSON.stringify(note, null, 2)}\n`;
}

/** Null when there is none, or one that is not ours to read: then all is looked at afresh. */
export function parseNote(text: string | undefined): Note | null {
  if (text === undefined) return null;
  try {
    const value = JSON.parse(text) as JsonObject | null;
    const known = typeof value?.['target'] === 'string' && typeof value['certPath'] === 'string';
    return known ? (value as unknown as Note) : null;
  } catch {
    return null;
  }
}
