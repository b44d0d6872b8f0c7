// The note about a certificate on the node, written when it was last as declared: its facts, and which certificate its user was notified of.

import { z } from 'zod';

const owner = z.object({
  user: z.string(),
  group: z.string(),
  uid: z.number().nullable(),
  gid: z.number().nullable(),
});

const note = z.object({
  target: z.string(),
  certPath: z.string(),
  keyPath: z.string(),
  root: z.string(),
  /** SHA-256 of the root certificate's file. */
  rootDigest: z.string(),
  issuer: z.enum(['jwk', 'acme']),
  lifetimeSeconds: z.number().nullable(),
  owner,
  /** Size and time of the key's file when it was verified to match the certificate. */
  keyFile: z.object({ size: z.number(), modified: z.number() }).nullable(),
  /** Content of the certificate's file; null before the first one. */
  certificate: z.string().nullable(),
  /** Fingerprint of the certificate that its user was notified of; null: none yet. */
  told: z.string().nullable(),
});

export type Note = Readonly<z.output<typeof note>>;

export function printNote(note: Note): string {
  return `${JSON.stringify(note, null, 2)}\n`;
}

/** Null when there is no note, or one in another format: then everything is observed again. */
export function parseNote(text: string | undefined): Note | null {
  if (text === undefined) return null;
  try {
    return note.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
