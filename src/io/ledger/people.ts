// Sessions and requests of people.

import type { AskedRecord, People, SessionRecord } from '../../ports/people.ts';
import type { Connection } from './connect.ts';
import type { Keys } from './keys.ts';
import { decode, encode } from './record.ts';

const KEEP_ASKED = 1_000;

export function people(redis: Connection, { people: { session, asked } }: Keys): People {
  return {
    async beginSession(key, record, ttlMs) {
      await redis.set(session(key), encode(record), 'PX', ttlMs);
    },
    async session(key) {
      const text = await redis.get(session(key));
      return text === null ? null : decode<SessionRecord>('a session', text);
    },
    async keepSession(key, record, ttlMs) {
      await redis.set(session(key), encode(record), 'PX', ttlMs, 'XX');
    },
    async endSession(key) {
      await redis.del(session(key));
    },
    async noteAsked(one) {
      await redis.lpush(asked, encode(one));
      await redis.ltrim(asked, 0, KEEP_ASKED - 1);
    },
    async asked(limit) {
      const texts = await redis.lrange(asked, 0, limit - 1);
      return texts.map((text) => decode<AskedRecord>('what a person asked for', text));
    },
  };
}
