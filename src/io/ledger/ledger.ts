// The ledger in Redis.

import { Cluster } from 'ioredis';
import { FAULT_SUBJECTS, type FaultRecord } from '../../model/fault.ts';
import type { RunId, TargetId } from '../../model/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Freeze, Ledger, NodeAway } from '../../ports/ledger.ts';
import type { Connection } from './connect.ts';
import { deliveries } from './deliveries.ts';
import { installations } from './installation.ts';
import { ledgerKeys } from './keys.ts';
import { leases } from './leases.ts';
import { notifications } from './notifications.ts';
import { outbox } from './outbox.ts';
import { people } from './people.ts';
import { policies } from './policy.ts';
import { pulls } from './pulls.ts';
import { decode, encode } from './record.ts';
import { redisFault, SILENCE } from './redis-fault.ts';
import { renewalRecords } from './renewals.ts';
import { checkRights } from './rights.ts';
import { runs } from './runs.ts';
import { script } from './script.ts';
import { steps } from './steps.ts';

/** Maximum number of output lines of one step. */
const LOG_LINES = 10_000;
const KEEP_LOG_SECONDS = 30 * 24 * 3600;
const PING_WITHIN_MS = 2_000;

// Keys: log. Arguments: most lines, seconds to keep, line, … The first element counts the lines that were dropped.
const appendScript = script(`
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('RPUSH', KEYS[1], 0) end
local length = 0
for i = 3, #ARGV, 1000 do length = redis.call('RPUSH', KEYS[1], unpack(ARGV, i, math.min(i + 999, #ARGV))) end
local over = length - 1 - ARGV[1]
if over > 0 then
  local dropped = redis.call('LINDEX', KEYS[1], 0) + over
  redis.call('LTRIM', KEYS[1], over, -1)
  redis.call('LSET', KEYS[1], 0, dropped)
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
`);

const readScript = script(`
local dropped = tonumber(redis.call('LINDEX', KEYS[1], 0) or '0')
local offset = tonumber(ARGV[1])
local skip = math.max(0, offset - dropped)
if offset < 0 then skip = math.max(0, redis.call('LLEN', KEYS[1]) - 1 + offset) end
return { dropped + skip, redis.call('LRANGE', KEYS[1], 1 + skip, -1) }
`);

// Keys: probe. The key expires.
const probeScript = script(`return redis.call('SET', KEYS[1], '1', 'PX', 60000)`);
// Keys: nodes. Arguments: node, record or nothing.
const nodeScript = script(`
local before = redis.call('HGET', KEYS[1], ARGV[1])
if ARGV[2] == '' then redis.call('HDEL', KEYS[1], ARGV[1])
elseif not before then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
return before
`);

// Keys: faults. Arguments: subject, record. The begin of a known one is kept.
const faultScript = script(`
local before = redis.call('HGET', KEYS[1], ARGV[1])
local fault = cjson.decode(ARGV[2])
if before then fault.since = cjson.decode(before).since end
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(fault))
`);

export interface LedgerOptions {
  readonly clock: Clock;
  /** Distinguishes several installations in one Redis. */
  readonly installation?: string;
}

/** @param redis closed with the ledger */
export function openLedger(redis: Connection, { clock, installation = 'phoenix' }: LedgerOptions): Ledger {
  const keys = ledgerKeys(installation);
  const now = () => clock.now().getTime();
  return {
    ...deliveries(redis, keys, now),
    ...runs(redis, keys, now),
    ...steps(redis, keys, now),
    ...leases(redis, keys),
    ...outbox(redis, keys, now),
    ...notifications(redis, keys, now),
    ...pulls(redis, keys, now),
    ...people(redis, keys),
    ...policies(redis, keys),
    ...renewalRecords(redis, keys),
    ...installations(redis, keys),
    async noteNode(node, away) {
      const text = (await nodeScript(redis, [keys.away], [node, away === null ? '' : encode(away)])) as string | null;
      return text === null ? null : decode<NodeAway>(`node ${node}`, text);
    },
    async nodesAway() {
      const texts = Object.entries(await redis.hgetall(keys.away));
      return new Map(texts.map(([node, text]) => [node, decode<NodeAway>(`node ${node}`, text)]));
    },
    async noteFault(subject, fault) {
      if (fault === null) await redis.hdel(keys.faults, subject);
      else await faultScript(redis, [keys.faults], [subject, encode(fault)]);
    },
    async faults() {
      const texts = await redis.hgetall(keys.faults);
      // Another version may know other subjects.
      const known = FAULT_SUBJECTS.filter((subject) => texts[subject] !== undefined);
      return new Map(known.map((subject) => [subject, decode<FaultRecord>(`fault ${subject}`, texts[subject] ?? '')]));
    },
    async freeze(freeze) {
      if (freeze === null) await redis.del(keys.freeze);
      else await redis.set(keys.freeze, encode(freeze));
    },
    async frozen() {
      const text = await redis.get(keys.freeze);
      return text === null ? null : decode<Freeze>('the freeze', text);
    },
    async appendLog(run, target, lines) {
      if (lines.length > 0) await appendScript(redis, [keys.log(run, target)], [LOG_LINES, KEEP_LOG_SECONDS, ...lines]);
    },
    async readLog(run, target, offset) {
      const [first, lines] = (await readScript(redis, [keys.log(run, target)], [offset])) as [number, string[]];
      return { lines, next: first + lines.length };
    },
    async watch(listener) {
      const subscriber: Connection =
        redis instanceof Cluster ? redis.duplicate() : redis.duplicate({ autoResubscribe: false });
      // The library repeats this itself, so a failure is ignored; otherwise an agent that is closing would crash.
      subscriber.on('ready', () => void subscriber.subscribe(keys.events).catch(() => {}));
      // The first connection already reports errors.
      subscriber.on('error', () => {});
      subscriber.on('message', (_channel: string, message: string) => {
        const [run = '', target] = message.split(' ');
        if (run !== '') listener(run as RunId, (target as TargetId | undefined) ?? null);
      });
      await subscriber.subscribe(keys.events);
      return async () => subscriber.disconnect();
    },
    async ping() {
      // A Redis that is full, a replica, or unable to write to its disk answers reads and refuses writes.
      const writes = probeScript(redis, [keys.probe], []);
      const limit = AbortSignal.timeout(PING_WITHIN_MS);
      const late = new Promise<never>((_resolve, reject) => {
        limit.addEventListener('abort', () => reject(new Error(SILENCE)), { once: true });
      });
      await Promise.race([writes, late]).catch((error) => {
        throw new Error(redisFault(error).what, { cause: error });
      });
    },
    checkRights: () => checkRights(redis, keys),
    async close() {
      redis.disconnect();
    },
  };
}
