// Requests that carry the forge's token: with a time limit, and never sent on to another server.

import type { ForgeLimit } from '../../ports/forge.ts';

/** A redirect to another server; the message says where, and what to do. */
export class Moved extends Error {
  override readonly name = 'Moved';
}

const MAX_REDIRECTS = 3;
/** GitHub and Gitea use the prefix, GitLab does not. */
const LIMIT_HEADERS = ['x-ratelimit-', 'ratelimit-'] as const;

/**
 * What responses show about the server: how far its clock is ahead of ours in milliseconds, accurate to a second and never too high, and its rate
 * limits.
 */
export interface ServerClock {
  aheadMs: number;
  /** Its rate limits; absent where it sent none. */
  limit?: ForgeLimit;
}

/**
 * A `fetch` that follows redirects on the same server with the same request, for renamed repositories.
 *
 * @param clock is updated by each response
 */
export function openFetch(timeoutMs: number, clock: ServerClock = { aheadMs: 0 }): typeof fetch {
  return async (input, init = {}) => {
    const signal = AbortSignal.timeout(timeoutMs);
    let url = String(input);
    for (let redirects = 0; ; redirects += 1) {
      const answer = await fetch(url, { ...init, redirect: 'manual', signal });
      const date = Date.parse(answer.headers.get('date') ?? '');
      if (!Number.isNaN(date)) clock.aheadMs = date - Date.now();
      const limit = limitIn(answer.headers);
      if (limit !== null) clock.limit = limit;
      const location = answer.headers.get('location');
      if (answer.status < 300 || answer.status >= 400 || location === null) return answer;
      await answer.body?.cancel();
      const target = new URL(location, url);
      if (target.origin !== new URL(url).origin) {
        throw new Moved(`the forge sends on to ${target.origin}: set PHOENIX_FORGE_API to that address if it is right`);
      }
      if (redirects >= MAX_REDIRECTS) throw new Moved('the forge sends on from one address to the next without end');
      url = target.href;
    }
  };
}

/** Null where the response has none. */
function limitIn(headers: Headers): ForgeLimit | null {
  for (const prefix of LIMIT_HEADERS) {
    const said = (name: string): number | null => {
      const text = headers.get(`${prefix}${name}`);
      return text !== null && /^\d{1,12}$/.test(text) ? Number(text) : null;
    };
    const remaining = said('remaining');
    if (remaining !== null) return { remaining, limit: said('limit'), resets: said('reset') };
  }
  return null;
}
