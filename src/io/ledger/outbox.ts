// Statuses on their way to the forge: written together with what they tell of, sent later, the newest per commit and
// context only, never two of one context at a time.

import type { CommitStatus } from '../../model/report.ts';
import type { Ledger, OutboxEntry } from '../../ports/ledger.ts';
import type { Connection } from './connect.ts';
import type { Keys } from './keys.ts';
import { decode, encode } from './record.ts';
import { script } from './script.ts';

/** How long Phoenix remembers what a forge was told, to leave out a repetition. */
const REMEMBER_SENT_MS = 30 * 24 * 3_600_000;

/**
 * Lua: `say(now, list)` for scripts whose first four keys are `outboxKeys`. An entry that is waiting or being sent is
 * replaced where it is, so that it keeps its place in time and no newer text overtakes an older one on the wire.
 */
export const SAY = `
local function say(now, list)
  for _, status in ipairs(cjson.decode(list)) do
    local key, text = status[1], status[2]
    local entry = redis.call('HGET', KEYS[1], key)
    local known = entry and string.sub(entry, string.find(entry, ' ', 1, true) + 1) or redis.call('HGET', KEYS[3], key)
    if known ~= text then
      redis.call('HSET', KEYS[1], key, redis.call('INCR', KEYS[4]) .. ' ' .. text)
      if not entry then redis.call('ZADD', KEYS[2], now, key) end
    end
  end
end
`;

export function outboxKeys({ outbox }: Keys): string[] {
  return [outbox.entries, outbox.due, outbox.sent, outbox.counter];
}

/** The list that `say` takes. */
export function statusList(statuses: readonly CommitStatus[]): string {
  return JSON.stringify(statuses.map((status) => [`${status.commit} ${status.context}`, statusText(status)]));
}

/** Equal statuses give equal texts, whoever built them. */
function statusText({ commit, context, state, description, url }: CommitStatus): string {
  return encode({ commit, context, state, description, url });
}

const sayScript = script(`${SAY} say(ARGV[1], ARGV[2])`);

// Keys: outbox, hold, attempts. A claim moves the entry to when the claim ends by itself.
const claimScript = script(`
local now = tonumber(ARGV[1])
if tonumber(redis.call('GET', KEYS[5]) or '0') > now then return {} end
local claimed = {}
for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[2])) do
  local entry = redis.call('HGET', KEYS[1], key)
  if entry then
    redis.call('ZADD', KEYS[2], now + ARGV[3], key)
    table.insert(claimed, { key, entry, redis.call('HGET', KEYS[6], key) or '0' })
  else
    redis.call('ZREM', KEYS[2], key)
  end
end
return claimed
`);

// Keys: outbox, hold, attempts, sent-at. Drops the entry unless a newer one has taken its place.
const settleScript = script(`
local key, sequence, now, sent = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local entry = redis.call('HGET', KEYS[1], key)
if sent ~= '' then
  redis.call('HSET', KEYS[3], key, sent)
  redis.call('ZADD', KEYS[7], now, key)
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', KEYS[7], '-inf', now - ARGV[5], 'LIMIT', 0, 100)) do
    redis.call('HDEL', KEYS[3], old)
    redis.call('ZREM', KEYS[7], old)
  end
end
redis.call('HDEL', KEYS[6], key)
if entry and string.sub(entry, 1, string.find(entry, ' ', 1, true) - 1) == sequence then
  redis.call('HDEL', KEYS[1], key)
  redis.call('ZREM', KEYS[2], key)
elseif entry then
  redis.call('ZADD', KEYS[2], now, key)
end
`);

// Keys: outbox, hold, attempts. The newest entry of the key waits, whichever was tried.
const retryScript = script(`
redis.call('HINCRBY', KEYS[6], ARGV[1], 1)
redis.call('ZADD', KEYS[2], 'XX', ARGV[2], ARGV[1])
if tonumber(redis.call('GET', KEYS[5]) or '0') < tonumber(ARGV[3]) then redis.call('SET', KEYS[5], ARGV[3]) end
`);

type Outbox = Pick<
  Ledger,
  'lastSaid' | 'say' | 'claimReports' | 'reportSent' | 'reportFailed' | 'nextReport' | 'reportsWaiting'
>;

export function outbox(redis: Connection, keys: Keys, now: () => number): Outbox {
  const { due, hold, attempts, sentAt } = keys.outbox;
  const all = [...outboxKeys(keys), hold, attempts, sentAt];
  return {
    async say(statuses) {
      if (statuses.length > 0) await sayScript(redis, outboxKeys(keys), [now(), statusList(statuses)]);
    },
    async lastSaid(commit, context) {
      const [waiting, sent] = await Promise.all([
        redis.hget(keys.outbox.entries, `${commit} ${context}`),
        redis.hget(keys.outbox.sent, `${commit} ${context}`),
      ]);
      const text = waiting?.slice(waiting.indexOf(' ') + 1) ?? sent;
      return text === null ? null : decode<CommitStatus>('a status', text);
    },
    async claimReports(at, limit, claimMs) {
      const claimed = (await claimScript(redis, all, [at, limit, claimMs])) as [string, string, string][];
      return claimed.map(([key, entry, failures]): OutboxEntry => {
        const space = entry.indexOf(' ');
        return {
          key,
          sequence: Number(entry.slice(0, space)),
          status: decode<CommitStatus>('a status', entry.slice(space + 1)),
          attempts: Number(failures),
        };
      });
    },
    async reportSent({ key, sequence, status }) {
      await settleScript(redis, all, [key, sequence, now(), statusText(status), REMEMBER_SENT_MS]);
    },
    async reportFailed({ key, sequence }, retry) {
      if (retry === null) await settleScript(redis, all, [key, sequence, now(), '', REMEMBER_SENT_MS]);
      else await retryScript(redis, all, [key, retry.at, retry.holdUntil]);
    },
    async nextReport() {
      const [key] = await redis.zrange(due, 0, '0');
      if (key === undefined) return null;
      const [score, held] = await Promise.all([redis.zscore(due, key), redis.get(hold)]);
      return Math.max(Number(score ?? 0), Number(held ?? 0));
    },
    reportsWaiting: () => redis.zcard(due),
  };
}
