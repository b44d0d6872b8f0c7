// Sessions of browsers. A session is a random id in a cookie, of which only the digest is stored. It ends after a maximum time, when unused, by
// signing out, and with the secret that it was signed in under. The person's rights are verified again at intervals.

import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { LRUCache } from 'lru-cache';
import type { PersonRole } from '../../model/person.ts';
import type { Secret } from '../../model/secret.ts';
import type { ForgeSignIn } from '../../ports/forge-sign-in.ts';
import type { People, SessionRecord } from '../../ports/people.ts';
import { inTime } from './outside.ts';

export const SESSION_SECONDS = 12 * 60 * 60;
export const IDLE_SECONDS = 2 * 60 * 60;
/** Interval at which the forge is asked again for a person's rights. */
export const PROVED_SECONDS = 5 * 60;
/** While the forge does not answer, a person may still read for this long. */
export const READS_ON_SECONDS = 60 * 60;
/** Delay before a silent forge is asked again. */
const SILENT_SECONDS = 30;
/** Interval at which the last use is recorded. */
const USED_SECONDS = 60;
const ID_BYTES = 32;

/** A signed-in person. */
export interface Person {
  readonly name: string;
  readonly role: PersonRole;
  readonly signedInBy: SessionRecord['signedInBy'];
  /** The CSRF token of each form of this session. */
  readonly formToken: string;
}

export interface SessionDeps {
  readonly store: Pick<People, 'beginSession' | 'session' | 'keepSession' | 'endSession'>;
  readonly adminToken: Secret | null;
  readonly forge: Pick<ForgeSignIn, 'secret' | 'roleOf'> | null;
  /** Epoch milliseconds. */
  now(): number;
}

export interface Sessions {
  /** @returns the id of the new session */
  begin(who: Pick<SessionRecord, 'person' | 'role' | 'signedInBy' | 'grant'>): Promise<string>;
  /** Null for an unknown or expired session. */
  find(id: string): Promise<Person | null>;
  end(id: string): Promise<void>;
}

export function openSessions({ store, adminToken, forge, now }: SessionDeps): Sessions {
  const secrets = { token: adminToken, forge: forge?.secret ?? null };
  const generations = new Map<SessionRecord['signedInBy'], Promise<string | null>>();
  const generationOf = (by: SessionRecord['signedInBy']) => {
    const known = generations.get(by) ?? generationFrom(secrets[by]);
    generations.set(by, known);
    return known;
  };

  /** Persons about whom the forge did not answer, with the time of the next attempt. */
  const silent = new LRUCache<string, number>({ max: 1_000 });

  /** The record with the person's current role; null where they have none any more. */
  async function proved(record: SessionRecord, id: string): Promise<SessionRecord | null> {
    const age = now() - record.checked;
    if (record.signedInBy === 'token' || forge === null || age <= PROVED_SECONDS * 1000) return record;
    // Without a verified right, a person may only read.
    const unproved = { ...record, role: 'reader' } as const;
    if ((silent.get(record.person) ?? 0) > now()) return unproved;
    try {
      const role = await inTime(forge.roleOf(record.person, record.grant === null ? null : opened(record.grant, id)));
      return role === null ? null : { ...record, role, checked: now() };
    } catch {
      silent.set(record.person, now() + SILENT_SECONDS * 1000);
      return unproved;
    }
  }

  return {
    async begin(who) {
      const id = randomBytes(ID_BYTES).toString('base64url');
      const at = now();
      const generation = (await generationOf(who.signedInBy)) ?? '';
      const grant = who.grant === null ? null : sealed(who.grant, id);
      const record = { ...who, grant, began: at, used: at, checked: at, generation };
      await store.beginSession(digestOf(id), record, timeLeft(record, at));
      return id;
    },
    async find(id) {
      const key = digestOf(id);
      const record = await store.session(key);
      if (record === null) return null;
      const left = timeLeft(record, now());
      const current = left > 0 && record.generation === (await generationOf(record.signedInBy));
      const still = current ? await proved(record, id) : null;
      if (still === null) {
        await store.endSession(key);
        return null;
      }
      if (now() - still.checked > READS_ON_SECONDS * 1000 && still.signedInBy === 'forge') return null;
      // The verified role is kept in the record, so that it returns once the forge answers again.
      const kept = still.checked === record.checked ? record : still;
      if (kept !== record || now() - record.used > USED_SECONDS * 1000) {
        const used = { ...kept, used: now() };
        await store.keepSession(key, used, timeLeft(used, now()));
      }
      return { name: still.person, role: still.role, signedInBy: still.signedInBy, formToken: formTokenOf(id) };
    },
    end: (id) => store.endSession(digestOf(id)),
  };
}

/** In milliseconds; not positive when the session has expired. */
function timeLeft({ began, used }: SessionRecord, at: number): number {
  return Math.min(began + SESSION_SECONDS * 1000, used + IDLE_SECONDS * 1000) - at;
}

/** So that neither the timing of a lookup nor the content of Redis reveals an id. */
function digestOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}

/** Can only be computed with the id, and does not reveal it. */
function formTokenOf(id: string): string {
  return createHmac('sha256', id).update('form').digest('base64url');
}

/** Slow to compute, so that the content of Redis does not help to guess secrets. Null without a secret: no session is valid then. */
async function generationFrom(secret: Secret | null): Promise<string | null> {
  if (secret === null) return null;
  const made = (await promisify(scrypt)(secret.expose(), 'phoenix session', 16)) as Buffer;
  return made.toString('base64url');
}

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts for Redis with a key derived from the id, which only the browser has. */
function sealed(text: string, id: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, grantKeyOf(id), nonce);
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
}

/** @throws for text that was encrypted with another id or modified */
function opened(text: string, id: string): string {
  const all = Buffer.from(text, 'base64url');
  const cipher = createDecipheriv(CIPHER, grantKeyOf(id), all.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  cipher.setAuthTag(all.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  const body = all.subarray(NONCE_BYTES + TAG_BYTES);
  return Buffer.concat([cipher.update(body), cipher.final()]).toString('utf8');
}

function grantKeyOf(id: string): Buffer {
  return createHmac('sha256', id).update('grant').digest();
}
