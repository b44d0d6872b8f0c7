// Sessions of browsers. A session is a random id in a cookie; it ends after its time, by signing out, and with the process, so also when
// the agent is started with another admin token.

import { createHash, randomBytes } from 'node:crypto';

export const SESSION_SECONDS = 12 * 60 * 60;
/** Beyond it the oldest expiries. */
const MOST_SESSIONS = 1_000;
const ID_BYTES = 32;

export interface Sessions {
  /** @returns the id of a new one */
  begin(): string;
  isValid(id: string): boolean;
  end(id: string): void;
}

export function openSessions(now: () => number = monotonic): Sessions {
  /** When each ends, by the digest of its id: neither the time of a look-up nor a dump of the memory reveals an id. */
  const expiries = new Map<string, number>();
  const digest = (id: string) => createHash('sha256').update(id).digest('base64url');
  return {
    begin() {
      const id = randomBytes(ID_BYTES).toString('base64url');
      const [oldest] = expiries.size >= MOST_SESSIONS ? expiries.keys() : [];
      if (oldest !== undefined) expiries.delete(oldest);
      expiries.set(digest(id), now() + SESSION_SECONDS * 1000);
      return id;
    },
    isValid(id) {
      const until = expiries.get(digest(id));
      if (until !== undefined && until > now()) return true;
      expiries.delete(digest(id));
      return false;
    },
    end: (id) => void expiries.delete(digest(id)),
  };
}

function monotonic(): number {
  return performance.now();
}
