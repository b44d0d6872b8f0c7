// What Phoenix noted of a certificate on the node when it was last as declared: what it was, and which one its user was told of.

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
  /** SHA-256 of the root's file. */
  rootDigest: z.string(),
  issuer: z.enum(['jwk', 'acme']),
  lifetimeSeconds: z.number().nullable(),
  owner,
  /** Size and time of the key's file when it was proved to be the certificate's. */
  keyFile: z.object({ size: z.number(), modified: z.number() }).nullable(),
  /** Text of the certificate's file; null before the first. */
  certificate: z.string().nullable(),
  /** Fingerprint of the certificate that its user was told of; null: none yet. */
  told: z.string().nullable(),
});

export type Note = Readonly<z.output<typeof note>>;

export function printNote(note: Note): string {
  return `${JSON.stringify(note, null, 2)}\n`;
}

/** Null when there is none, or one that was not written like this: then all is looked at afresh. */
export function parseNote(text: string | undefined): Note | null {
  if (text === undefined) return null;
  try {
    return note.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
