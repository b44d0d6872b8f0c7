// Sessions of people in a browser, and their requests.

import type { RunId } from '../model/ids.ts';
import type { PersonRole } from '../model/person.ts';

/** Stored under the digest of its id, which only the browser has. Times are epoch milliseconds. */
export interface SessionRecord {
  /** The login at the forge, or the name that a holder of the admin token gave. */
  readonly person: string;
  readonly signedInBy: 'token' | 'forge';
  readonly role: PersonRole;
  readonly began: number;
  readonly used: number;
  /** When the role was last verified. */
  readonly checked: number;
  /** Derived from the secret that it was signed in under: when the secret is replaced, the session is over. */
  readonly generation: string;
  /** Token for reading the role from the forge, encrypted with a key derived from the id; null where none is needed. */
  readonly grant: string | null;
}

/** One request, whether or not it led to a run. */
export interface AskedRecord {
  readonly by: string;
  readonly role: PersonRole;
  readonly through: 'page' | 'API';
  /** The operation: `replay`, `approve`, `freeze`, … */
  readonly what: string;
  /** Targets, a commit or a reason; may be empty. */
  readonly about: string;
  readonly run: RunId | null;
  /** ISO 8601. */
  readonly at: string;
}

export interface People {
  /** Creates or overwrites the session; it expires after `ttlMs`. */
  beginSession(key: string, record: SessionRecord, ttlMs: number): Promise<void>;
  session(key: string): Promise<SessionRecord | null>;
  /** Extends the session, unless it ended meanwhile: a signed-out session does not come back. */
  keepSession(key: string, record: SessionRecord, ttlMs: number): Promise<void>;
  endSession(key: string): Promise<void>;

  /** Only a fixed number of the newest are kept. */
  noteAsked(asked: AskedRecord): Promise<void>;
  /** Newest first. */
  asked(limit: number): Promise<readonly AskedRecord[]>;
}
