// Who signed in with a browser. A session is a random name that only that browser holds; it ends by itself, by signing out, and with
// the agent, so also whenever the admin token is another one.

import { createHash, randomBytes } from 'node:crypto';

export const SESSION_SECONDS = 12 * 60 * 60;
/** Each took the admin token; the oldest end first. */
const MOST_SESSIONS = 1_000;
const NAME_BYTES = 32;

export interface Sessions {
  /** The name of a new one. */
  begin(): string;
  holds(name: string): boolean;
  end(name: string): void;
}

export function openSessions(now: () => number = monotonic): Sessions {
  /** By digest: how long a look-up takes tells nothing of a name, and memory that leaks holds none. */
  const ends = new Map<string, number>();
  const digest = (name: string) => createHash('sha256').update(name).digest('base64url');
  return {
    begin() {
      const name = randomBytes(NAME_BYTES).toString('base64url');
      const [oldest] = ends.size >= MOST_SESSIONS ? ends.keys() : [];
      if (oldest !== undefined) ends.delete(oldest);
      ends.set(digest(name), now() + SESSION_SECONDS * 1000);
      return name;
    },
    holds(name) {
      const until = ends.get(digest(name));
      if (until !== undefined && until > now()) return true;
      ends.delete(digest(name));
      return false;
    },
    end: (name) => void ends.delete(digest(name)),
  };
}

/** Nobody sets this clock. */
function monotonic(): number {
  return performance.now();
}
