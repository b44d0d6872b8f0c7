// Inspects a Redis for the doctor: its version and how it persists data.

import { connectRedis } from './connect.ts';
import { ledgerKeys } from './keys.ts';
import { mayPass, SILENCE } from './redis-fault.ts';
import { checkRights } from './rights.ts';

export interface RedisFacts {
  /** For example `7.2.4`; null when unknown. */
  readonly version: string | null;
  /** `noeviction` keeps all data; null when unknown. */
  readonly evictionPolicy: string | null;
  /** `yes` with an append-only file, so that data survives a crash; null when unknown. */
  readonly appendOnly: string | null;
}

/**
 * @param installation the installation whose keys are tested
 * @throws the obstacle, for `redisFault`: it refuses, lacks a right, or does not answer within that many milliseconds
 */
export async function inspectRedis(url: string, installation: string, withinMs: number): Promise<RedisFacts> {
  let why = new Error(SILENCE);
  const { promise: late, reject } = Promise.withResolvers<never>();
  late.catch(() => {});
  const redis = connectRedis(
    url,
    (error) => {
      why = error;
      if (!mayPass(error)) reject(error);
    },
    { asksInfo: false },
  );
  const timer = setTimeout(() => reject(why), withinMs);
  try {
    await Promise.race([checkRights(redis, ledgerKeys(installation)), late]);
    // Not every login may use INFO.
    const info = await Promise.race([redis.info('server').catch(refused), late]);
    const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? null;
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

/** Empty for a command that the login may not use. */
function refused(error: Error): string {
  if (/^NOPERM/.test(error.message)) return '';
  throw error;
}
