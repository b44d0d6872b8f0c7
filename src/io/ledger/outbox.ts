// Reports on their way to the forge: recorded together with what they report, sent later; only the newest per commit and context, never two of one
// context at a time, and never more than the forge accepts.

import { type CommitStatus, isComment, type Report } from '../../model/report.ts';
import { LATE_MS, MAX_HOLD_MS, MAX_WAIT_MS, type Outbox, type OutboxEntry } from '../../ports/outbox.ts';
import type { Connection } from './connect.ts';
import type { Keys } from './keys.ts';
import { DUE } from './not-before.ts';
import { decode, encode } from './record.ts';
import { script } from './script.ts';

/** How long sent statuses are remembered, to avoid repeating them. */
const REMEMBER_SENT_MS = 30 * 24 * 3_600_000;
/** Maximum number of remembered statuses: more than any open run has steps. */
const REMEMBER_SENT = 10_000;
/** Number of due entries among which the next one is chosen. */
const LOOKED_AT = 500;
const SCANNED_AT_ONCE = 1_000;

/**
 * Lua: `say(now, list)` queues reports, for scripts whose first four keys are `outboxKeys`. An entry that is waiting or being sent is
 * replaced in place, so that it keeps its position and no newer text overtakes an older one in transit. Contexts with a
 * pending status are in a separate set, beside the first key.
 */
export const SAY = `
local function say(now, list)
  for _, status in ipairs(cjson.decode(list)) do
    local key, text = status[1], status[2]
    redis.call(status[3] and 'SADD' or 'SREM', KEYS[1] .. ':pending', key)
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

/** The list argument of `say`. */
export function statusList(reports: readonly Report[]): string {
  return JSON.stringify(reports.map((report) => [keyOf(report), reportText(report), isPending(report)]));
}

function isPending(report: Report): boolean {
  return !isComment(report) && report.state === 'pending';
}

function keyOf(report: Report): string {
  return isComment(report) ? commentKey(report.pull, report.answers) : statusKey(report.commit, report.context);
}

function commentKey(pull: number, answers?: string): string {
  return answers === undefined ? `pull/${pull} comment` : `pull/${pull} answer/${answers}`;
}

function statusKey(commit: string, context: string): string {
  return `${commit} ${context}`;
}

/** Equal reports have equal texts. */
function reportText(report: Report): string {
  if (isComment(report)) {
    const { pull, body, url, answers } = report;
    return encode({ pull, body, ...(url === undefined ? {} : { url }), ...(answers === undefined ? {} : { answers }) });
  }
  const { commit, context, state, description, url, about } = report;
  return encode({ commit, context, state, description, url, about });
}

const sayScript = script(`${SAY} say(ARGV[1], ARGV[2])`);

// Keys: outbox…, hold, attempts, sent-at, handles, sends, reasons, late, claimed. Arguments: now, claim, per minute, per hour, most looked at, longest wait
// of an entry, longest hold, how long a request of a dead process may arrive late. A claim moves the entry to the time when the claim expires. Statuses of a commit as a whole are sent first: the
// forge may not accept all. A time further ahead than any valid one was written before the clock was set back.
const claimScript = script(`${DUE}
local now = tonumber(ARGV[1])
if not due(redis.call('GET', KEYS[5]), now, tonumber(ARGV[7])) then return false end
local function whole(key)
  local name = string.sub(key, string.find(key, ' ', 1, true) + 1)
  return name == 'phoenix/apply' or name == 'phoenix/plan' or string.sub(key, 1, 5) == 'pull/'
end
local ahead = '(' .. string.format('%.0f', now + math.max(tonumber(ARGV[2]), tonumber(ARGV[6])))
local chosen, entry
while not entry do
  local waiting = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[5])
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], ahead, '+inf', 'LIMIT', 0, ARGV[5])) do
    table.insert(waiting, key)
  end
  chosen = waiting[1]
  if not chosen then return false end
  for _, key in ipairs(waiting) do
    if whole(key) then chosen = key break end
  end
  entry = redis.call('HGET', KEYS[1], chosen)
  if not entry then redis.call('ZREM', KEYS[2], chosen) end
end
if ARGV[3] ~= '' then
  redis.call('ZREMRANGEBYSCORE', KEYS[9], '-inf', now - 3600000)
  for _, sent in ipairs(redis.call('ZRANGEBYSCORE', KEYS[9], '(' .. string.format('%.0f', now), '+inf')) do
    redis.call('ZADD', KEYS[9], now, sent)
  end
  for _, limit in ipairs({ { 60000, tonumber(ARGV[3]) }, { 3600000, tonumber(ARGV[4]) } }) do
    local sends = redis.call('ZREVRANGE', KEYS[9], limit[2] - 1, limit[2] - 1, 'WITHSCORES')
    if sends[2] and tonumber(sends[2]) > now - limit[1] then
      redis.call('SET', KEYS[5], string.format('%.0f', sends[2] + limit[1]))
      return false
    end
  end
  redis.call('ZADD', KEYS[9], now, redis.call('INCR', KEYS[4]))
end
redis.call('ZADD', KEYS[2], now + ARGV[2], chosen)
if redis.call('SADD', KEYS[12], chosen) == 0 then redis.call('ZADD', KEYS[11], now + ARGV[8], chosen) end
local handle = redis.call('HGET', KEYS[8], chosen) or ''
return { chosen, entry, redis.call('HGET', KEYS[6], chosen) or '0', handle }
`);

// Keys: outbox…, hold, attempts, sent-at, handles, sends, reasons, late, claimed. Drops the entry unless a newer one has taken its place.
const settleScript = script(`
local key, sequence, now, sent = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local entry = redis.call('HGET', KEYS[1], key)
if sent ~= '' then
  redis.call('HSET', KEYS[3], key, sent)
  if ARGV[6] ~= '' then redis.call('HSET', KEYS[8], key, ARGV[6]) end
  redis.call('ZADD', KEYS[7], now, key)
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', KEYS[7], '-inf', now - ARGV[5], 'LIMIT', 0, 100)) do
    redis.call('HDEL', KEYS[3], old)
    redis.call('HDEL', KEYS[8], old)
    redis.call('SREM', KEYS[1] .. ':pending', old)
    redis.call('ZREM', KEYS[7], old)
  end
  local over = redis.call('ZCARD', KEYS[7]) - ARGV[7]
  if over > 0 then
    for _, old in ipairs(redis.call('ZRANGE', KEYS[7], 0, math.min(over, 100) - 1)) do
      redis.call('HDEL', KEYS[3], old)
      redis.call('HDEL', KEYS[8], old)
      redis.call('SREM', KEYS[1] .. ':pending', old)
      redis.call('ZREM', KEYS[7], old)
    end
  end
end
redis.call('HDEL', KEYS[6], key)
redis.call('HDEL', KEYS[10], key)
redis.call('SREM', KEYS[12], key)
if entry and string.sub(entry, 1, string.find(entry, ' ', 1, true) - 1) == sequence then
  redis.call('HDEL', KEYS[1], key)
  redis.call('ZREM', KEYS[2], key)
  if sent == '' then redis.call('SREM', KEYS[1] .. ':pending', key) end
elseif entry then
  redis.call('ZADD', KEYS[2], now, key)
end
`);

// Keys: outbox…, hold, attempts, sent-at, handles, sends, reasons, late, claimed. The newest entry of the key waits, whichever one was attempted.
const retryScript = script(`
redis.call('SREM', KEYS[12], ARGV[1])
if ARGV[5] ~= '' then redis.call('ZADD', KEYS[11], ARGV[5], ARGV[1]) end
redis.call('HINCRBY', KEYS[6], ARGV[1], 1)
local known = redis.call('HGET', KEYS[10], ARGV[1])
local failed = cjson.decode(ARGV[4])
if known then failed.since = cjson.decode(known).since end
redis.call('HSET', KEYS[10], ARGV[1], cjson.encode(failed))
redis.call('ZADD', KEYS[2], 'XX', ARGV[2], ARGV[1])
if tonumber(redis.call('GET', KEYS[5]) or '0') < tonumber(ARGV[3]) then redis.call('SET', KEYS[5], ARGV[3]) end
`);

// Keys: outbox…, handles, late. Arguments: now, longest. A waiting entry is sent after that time anyway. A time far further ahead
// than any valid one was written before the clock was set back.
const lateScript = script(`
local now, again = ARGV[1], 0
local over = redis.call('ZRANGEBYSCORE', KEYS[6], '-inf', now)
for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[6], '(' .. string.format('%.0f', now + ARGV[2]), '+inf')) do
  table.insert(over, key)
end
for _, key in ipairs(over) do
  local text = redis.call('HGET', KEYS[3], key)
  if text and redis.call('HEXISTS', KEYS[1], key) == 0 then
    redis.call('HSET', KEYS[1], key, redis.call('INCR', KEYS[4]) .. ' ' .. text)
    redis.call('ZADD', KEYS[2], now, key)
    redis.call('HDEL', KEYS[5], key)
    again = again + 1
  end
  redis.call('ZREM', KEYS[6], key)
end
return again
`);

// Keys: entries, sent, pending. Unless a newer status was queued meanwhile.
const listScript = script(`
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 and redis.call('HGET', KEYS[2], ARGV[1]) == ARGV[2] then
  redis.call('SADD', KEYS[3], ARGV[1])
end
`);

/** Times are ISO 8601. */
interface Failed {
  readonly since: string;
  readonly at: string;
  readonly why: string;
}

export function outbox(redis: Connection, keys: Keys, now: () => number): Outbox {
  const { entries, due, sent, hold, attempts, sentAt, handles, sends, reasons, late, claimed, pending } = keys.outbox;
  const all = [...outboxKeys(keys), hold, attempts, sentAt, handles, sends, reasons, late, claimed];
  return {
    async say(reports) {
      if (reports.length > 0) await sayScript(redis, outboxKeys(keys), [now(), statusList(reports)]);
    },
    async forgetComment(pull) {
      await redis.hdel(sent, commentKey(pull));
    },
    async lastSaid(commit, context) {
      const key = statusKey(commit, context);
      const [waiting, told] = await Promise.all([redis.hget(entries, key), redis.hget(sent, key)]);
      const text = waiting?.slice(waiting.indexOf(' ') + 1) ?? told;
      return text === null ? null : decode<CommitStatus>('a status', text);
    },
    async claimReport(at, claimMs, limits): Promise<OutboxEntry | null> {
      const limit = [limits?.perMinute ?? '', limits?.perHour ?? ''];
      const args = [at, claimMs, ...limit, LOOKED_AT, MAX_WAIT_MS, MAX_HOLD_MS, LATE_MS];
      const taken = (await claimScript(redis, all, args)) as [string, string, string, string] | null;
      if (taken === null) return null;
      const [key, entry, failures, handle] = taken;
      const space = entry.indexOf(' ');
      return {
        key,
        sequence: Number(entry.slice(0, space)),
        report: decode<Report>('a report', entry.slice(space + 1)),
        handle: handle === '' ? null : handle,
        attempts: Number(failures),
      };
    },
    async reportSent({ key, sequence, report }, handle) {
      const told = [reportText(report), REMEMBER_SENT_MS, handle ?? '', REMEMBER_SENT];
      await settleScript(redis, all, [key, sequence, now(), ...told]);
    },
    async reportFailed({ key, sequence }, retry) {
      if (retry === null)
        await settleScript(redis, all, [key, sequence, now(), '', REMEMBER_SENT_MS, '', REMEMBER_SENT]);
      else {
        const at = new Date(now()).toISOString();
        const failed: Failed = { since: at, at, why: retry.why };
        const args = [key, retry.at, retry.holdUntil ?? 0, encode(failed), retry.lateUntil ?? ''];
        await retryScript(redis, all, args);
      }
    },
    async sayLateAgain(at) {
      return Number(await lateScript(redis, [...outboxKeys(keys), handles, late], [at, 2 * LATE_MS]));
    },
    async nextReport() {
      const [key] = await redis.zrange(due, 0, '0');
      if (key === undefined) return null;
      const [score, held] = await Promise.all([redis.zscore(due, key), redis.get(hold)]);
      return Math.max(Number(score ?? 0), Number(held ?? 0));
    },
    reportsWaiting: () => redis.zcard(due),
    async reportsHeld() {
      const [failed, waiting] = await Promise.all([redis.hvals(reasons), redis.zcard(due)]);
      const told = failed.map((text) => decode<Failed>('why a report waits', text));
      const newest = told.toSorted((a, b) => (a.at < b.at ? 1 : -1))[0];
      if (newest === undefined) return null;
      const since = told.map((each) => each.since).sort()[0] ?? newest.since;
      return { failed: told.length, waiting, since, why: newest.why };
    },
    async saidPending() {
      // In this order, a status that is sent in between is found as sent. In the other order it would seem neither waiting nor sent.
      const listed = await redis.smembers(pending);
      if (listed.length === 0) return [];
      const waiting = await redis.hmget(entries, ...listed);
      const told = listed.filter((_, index) => waiting[index] === null);
      const texts = told.length === 0 ? [] : await redis.hmget(sent, ...told);
      const statuses = texts.flatMap((text) => (text === null ? [] : [decode<CommitStatus>('a status', text)]));
      return statuses.filter(({ state }) => state === 'pending');
    },
    async listPending() {
      for (let cursor = '0', first = true; first || cursor !== '0'; first = false) {
        const [next, found] = await redis.hscan(sent, cursor, 'COUNT', SCANNED_AT_ONCE);
        cursor = next;
        for (let index = 0; index < found.length; index += 2) {
          const [key = '', text = ''] = [found[index], found[index + 1]];
          if (!key.startsWith('pull/') && decode<CommitStatus>('a status', text).state === 'pending')
            await listScript(redis, [entries, sent, pending], [key, text]);
        }
      }
    },
  };
}
