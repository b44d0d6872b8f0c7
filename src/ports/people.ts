// People at a browser: the sessions that they signed in to, and what they asked for.

import type { RunId } from '../model/ids.ts';
import type { PersonRole } from '../model/person.ts';

/** Kept under the digest of its id, which only the browser has. Times are epoch milliseconds. */
export interface SessionRecord {
  /** The name that the forge knows, or the one that a holder of the admin token gave. */
  readonly person: string;
  readonly signedInBy: 'token' | 'forge';
  readonly role: PersonRole;
  readonly began: number;
  readonly used: number;
  /** When the role was last proved. */
  readonly checked: number;
  /** Made from the secret that it was signed in under: another secret, another text, and the session is over. */
  readonly generation: string;
  /** What the forge is asked with for the role, encrypted by a key that only the id gives; null where nothing is needed. */
  readonly grant: string | null;
}

/** One thing that was asked for, whether or not it came to a run. */
export interface AskedRecord {
  readonly by: string;
  readonly role: PersonRole;
  readonly through: 'page' | 'API';
  /** The operation: `replay`, `approve`, `freeze`, … */
  readonly what: string;
  /** Targets, a commit or a reason; empty where there is nothing more to say. */
  readonly about: string;
  readonly run: RunId | null;
  /** ISO 8601. */
  readonly at: string;
}

export interface People {
  /** Written as new or again; it ends by itself after `ttlMs`. */
  beginSession(key: string, record: SessionRecord, ttlMs: number): Promise<void>;
  session(key: string): Promise<SessionRecord | null>;
  /** Nothing where it ended meanwhile: a session that was signed out of does not come back. */
  keepSession(key: string, record: SessionRecord, ttlMs: number): Promise<void>;
  endSession(key: string): Promise<void>;

  /** Kept up to a fixed number, the newest. */
  noteAsked(asked: AskedRecord): Promise<void>;
  /** Newest first. */
  asked(limit: number): Promise<readonly AskedRecord[]>;
}
