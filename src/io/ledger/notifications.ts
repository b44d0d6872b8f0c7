// Notifications on their way to channels: the start or end of a problem is recorded and queued for its channels in one step, so that it is sent once
// whatever process dies in between. Waiting news of a channel become one message; channels do not delay each other.

import { randomUUID } from 'node:crypto';
import type { News } from '../../model/notification.ts';
import { troubleKey } from '../../model/notification.ts';
import {
  type Batch,
  type ChannelState,
  type KnownTrouble,
  MAX_CHANNEL_WAIT_MS,
  MAX_NEWS_WAITING,
  type Notifications,
  type TroubleChange,
} from '../../ports/notifications.ts';
import type { Connection } from './connect.ts';
import type { Keys } from './keys.ts';
import { DUE } from './not-before.ts';
import { decode, encode } from './record.ts';
import { script } from './script.ts';

/** Maximum number of news in one message. */
const MAX_IN_MESSAGE = 50;
/** Messages for a channel that was removed from the settings expire. */
const KEEP_SECONDS = 30 * 24 * 3600;

// Keys: troubles, kinds, then two for each channel: news, state. Arguments: most that wait, seconds to keep, changes, kinds. A change
// is { how, key, record, news, positions of its channels }. Only new problems are sent.
const noteScript = script(`
local most, keep = tonumber(ARGV[1]), ARGV[2]
for _, kind in ipairs(cjson.decode(ARGV[4])) do redis.call('SADD', KEYS[2], kind) end
for _, change in ipairs(cjson.decode(ARGV[3])) do
  local how, key, record, news, places = change[1], change[2], change[3], change[4], change[5]
  local isNew
  if how == 'began' then isNew = redis.call('HSETNX', KEYS[1], key, record) == 1
  else isNew = redis.call('HDEL', KEYS[1], key) == 1 end
  if isNew then
    for _, place in ipairs(places) do
      local list, state = KEYS[1 + 2 * place], KEYS[2 + 2 * place]
      local over = redis.call('RPUSH', list, news) - most
      if over > 0 then
        redis.call('LTRIM', list, over, -1)
        redis.call('HINCRBY', state, 'dropped', over)
      end
      redis.call('EXPIRE', list, keep)
      redis.call('EXPIRE', state, keep)
    end
  end
end
`);

// Keys: news, state. Arguments: now, claim, longest, most in a message, id of a new message, seconds to keep. A started message precedes newer news.
const claimScript = script(`${DUE}
local now = tonumber(ARGV[1])
if not due(redis.call('HGET', KEYS[2], 'next') or '0', now, tonumber(ARGV[2]) + tonumber(ARGV[3])) then return false end
local id = redis.call('HGET', KEYS[2], 'batch')
if not id then
  local size = math.min(redis.call('LLEN', KEYS[1]), tonumber(ARGV[4]))
  if size == 0 then return false end
  id = ARGV[5]
  redis.call('HSET', KEYS[2], 'batch', id, 'left out', redis.call('HGET', KEYS[2], 'dropped') or 0)
  redis.call('HDEL', KEYS[2], 'dropped')
  for _, each in ipairs(redis.call('LPOP', KEYS[1], size)) do redis.call('RPUSH', KEYS[3], each) end
end
redis.call('HSET', KEYS[2], 'next', string.format('%.0f', now + ARGV[2]))
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[6]) end
local known = redis.call('HMGET', KEYS[2], 'left out', 'attempts')
return { id, redis.call('LRANGE', KEYS[3], 0, -1), known[1] or '0', known[2] or '0' }
`);

// Keys: state, batch. Arguments: id.
const doneScript = script(`
if redis.call('HGET', KEYS[1], 'batch') ~= ARGV[1] then return end
redis.call('HDEL', KEYS[1], 'batch', 'left out', 'attempts', 'next', 'since', 'why')
redis.call('DEL', KEYS[2])
`);

// Keys: state, batch. Arguments: id, since when, why. The channel counts as failing until it takes a message.
const givenUpScript = script(`
if redis.call('HGET', KEYS[1], 'batch') ~= ARGV[1] then return end
redis.call('HDEL', KEYS[1], 'batch', 'left out', 'attempts', 'next')
redis.call('HSETNX', KEYS[1], 'since', ARGV[2])
redis.call('HSET', KEYS[1], 'why', ARGV[3])
redis.call('DEL', KEYS[2])
`);

// Keys: state. Arguments: id, time of the next attempt, since when, why.
const failedScript = script(`
if redis.call('HGET', KEYS[1], 'batch') ~= ARGV[1] then return end
redis.call('HINCRBY', KEYS[1], 'attempts', 1)
redis.call('HSETNX', KEYS[1], 'since', ARGV[3])
redis.call('HSET', KEYS[1], 'next', ARGV[2], 'why', ARGV[4])
`);

export function notifications(redis: Connection, keys: Keys, now: () => number): Notifications {
  const { troubles, kinds, news, batch, channel } = keys.notifications;
  return {
    async troubles() {
      const [known, looked] = await Promise.all([redis.hgetall(troubles), redis.smembers(kinds)]);
      const read = Object.entries(known).map(
        ([key, text]) => [key, decode<KnownTrouble>(`trouble ${key}`, text)] as const,
      );
      return { kinds: new Set(looked), troubles: new Map(read) };
    },
    async noteTroubles({ kinds: looked, began, ended }, at) {
      const names = [...new Set([...began, ...ended].flatMap(({ tell }) => tell))];
      const changeOf = (change: News['change'], { trouble, tell }: TroubleChange) => {
        const record: KnownTrouble = { ...trouble, told: tell };
        const entry: News = { trouble, change, at };
        return [
          change,
          troubleKey(trouble),
          encode(record),
          encode(entry),
          tell.map((name) => names.indexOf(name) + 1),
        ];
      };
      // Ended problems first, since one may start again under the same name.
      const changes = [
        ...ended.map((each) => changeOf('ended', each)),
        ...began.map((each) => changeOf('began', each)),
      ];
      const all = [troubles, kinds, ...names.flatMap((name) => [news(name), channel(name)])];
      await noteScript(redis, all, [MAX_NEWS_WAITING, KEEP_SECONDS, JSON.stringify(changes), JSON.stringify(looked)]);
    },
    async claimNews(name, at, claimMs): Promise<Batch | null> {
      const args = [at, claimMs, MAX_CHANNEL_WAIT_MS, MAX_IN_MESSAGE, randomUUID(), KEEP_SECONDS];
      const claimed = await claimScript(redis, [news(name), channel(name), batch(name)], args);
      if (claimed === null) return null;
      const [id, texts, dropped, attempts] = claimed as [string, string[], string, string];
      const read = texts.map((text) => decode<News>('news', text));
      return { id, news: read, dropped: Number(dropped), attempts: Number(attempts) };
    },
    async newsSent(name, id) {
      await doneScript(redis, [channel(name), batch(name)], [id]);
    },
    async newsFailed(name, id, { retryAt, why }) {
      const at = new Date(now()).toISOString();
      if (retryAt === null) await givenUpScript(redis, [channel(name), batch(name)], [id, at, why]);
      else await failedScript(redis, [channel(name)], [id, retryAt, at, why]);
    },
    async channelWorked(name) {
      await redis.hdel(channel(name), 'since', 'why', 'next');
    },
    async nextNews(names) {
      const times = await Promise.all(
        names.map(async (name) => {
          const [waiting, [begun, next]] = await Promise.all([
            redis.llen(news(name)),
            redis.hmget(channel(name), 'batch', 'next'),
          ]);
          return waiting === 0 && begun == null ? [] : [Number(next ?? 0)];
        }),
      );
      const all = times.flat();
      return all.length === 0 ? null : Math.min(...all);
    },
    async channelStates(names) {
      const states = names.map(async (name): Promise<[string, ChannelState]> => {
        const [waiting, sending, [since, why]] = await Promise.all([
          redis.llen(news(name)),
          redis.llen(batch(name)),
          redis.hmget(channel(name), 'since', 'why'),
        ]);
        const failing = since == null || why == null ? null : { since, why };
        return [name, { waiting: waiting + sending, failing }];
      });
      return new Map(await Promise.all(states));
    },
  };
}
