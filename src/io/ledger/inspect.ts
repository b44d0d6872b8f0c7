// What a Redis is and how it keeps what it is given: for the doctor, before anything is entrusted to it.

import { connectRedis } from './connect.ts';

export interface RedisFacts {
  /** For example `7.2.4`. */
  readonly version: string;
  /** `noeviction` keeps everything; null when the server does not tell. */
  readonly evictionPolicy: string | null;
  /** Whether what was written outlives a crash: `yes` with an append-only file; null when the server does not tell. */
  readonly appendOnly: string | null;
}

/** @throws when it does not answer within that many milliseconds; the message says why */
export async function inspectRedis(url: string, withinMs: number): Promise<RedisFacts> {
  let why = 'it does not answer';
  const redis = connectRedis(url, (error) => {
    why = error.message;
  });
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(why)), withinMs);
  try {
    const info = await Promise.race([redis.info('server'), late]);
    const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown';
    const setting = async (name: string) => {
      // Hosted servers forbid CONFIG.
      const answer: unknown = await Promise.race([redis.config('GET', name), late]).catch(() => []);
      return Array.isArray(answer) && typeof answer[1] === 'string' ? answer[1] : null;
    };
    return { version, evictionPolicy: await setting('maxmemory-policy'), appendOnly: await setting('appendonly') };
  } finally {
    clearTimeout(timer);
    redis.disconnect();
  }
}
