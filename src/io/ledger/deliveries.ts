// Webhook deliveries: recorded before they are acknowledged, and handled once.

import type { FaultSubject } from '../../model/fault.ts';
import type { Arrival, Delivery, Refusal } from '../../ports/deliveries.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Connection } from './connect.ts';
import type { Keys } from './keys.ts';
import { outboxKeys, SAY, statusList } from './outbox.ts';
import { decode, encode } from './record.ts';
import { script } from './script.ts';

/** Forges redeliver for a few days at most. */
const REMEMBER_SETTLED_MS = 14 * 24 * 3_600_000;
/** Maximum number of remembered deliveries. */
const REMEMBER_SETTLED = 10_000;
/** Forges time out after ten seconds: fails sooner, so that they show the delivery as failed. */
const RECORD_WITHIN_MS = 5_000;

// Keys: deliveries, settled. Arguments: id, delivery, id, delivery, … Answers 1 for each recorded, 0 for each duplicate.
const recordScript = script(`
local answers = {}
for i = 1, #ARGV, 2 do
  if redis.call('ZSCORE', KEYS[2], ARGV[i]) then
    table.insert(answers, 0)
  else
    redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1])
    table.insert(answers, 1)
  end
end
return answers
`);

// Keys: outbox…, deliveries, settled. Arguments: now, reports, forget before, most, id, id, …
const settleScript = script(`${SAY}
for i = 5, #ARGV do
  redis.call('HDEL', KEYS[5], ARGV[i])
  redis.call('ZADD', KEYS[6], ARGV[1], ARGV[i])
end
redis.call('ZREMRANGEBYSCORE', KEYS[6], '-inf', ARGV[3])
redis.call('ZREMRANGEBYRANK', KEYS[6], 0, -ARGV[4] - 1)
say(ARGV[1], ARGV[2])
`);

// Keys: the last arrival, faults, the last refusal. Arguments: arrival, the subject that it shows to work.
const arrivedScript = script(`
redis.call('SET', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[2])
redis.call('DEL', KEYS[3])
`);

type Deliveries = Pick<
  Ledger,
  | 'recordDelivery'
  | 'unsettledDeliveries'
  | 'settleDeliveries'
  | 'noteArrival'
  | 'lastArrival'
  | 'noteRefusal'
  | 'lastRefusal'
>;

interface Waiting {
  readonly delivery: Delivery;
  readonly answer: (recorded: 'recorded' | 'duplicate') => void;
  readonly fail: (error: unknown) => void;
}

export function deliveries(redis: Connection, keys: Keys, now: () => number): Deliveries {
  let waiting: Waiting[] = [];
  let writing = false;

  // Deliveries that arrive during a write share the next one, so recording costs a fraction of a round trip each.
  async function write(): Promise<void> {
    writing = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        const args = batch.flatMap(({ delivery }) => [delivery.id, encode(delivery)]);
        const answers = (await recordScript(redis, [keys.deliveries, keys.settled], args)) as number[];
        for (const [index, { answer }] of batch.entries()) answer(answers[index] === 1 ? 'recorded' : 'duplicate');
      } catch (error) {
        for (const { fail } of batch) fail(error);
      }
    }
    writing = false;
  }

  let newest: Arrival | undefined;
  let noting: Promise<void> | undefined;

  // Only the newest matters: one that arrives during a write replaces the waiting one.
  async function note(): Promise<void> {
    try {
      while (newest !== undefined) {
        const text = encode(newest);
        newest = undefined;
        await arrivedScript(
          redis,
          [keys.arrived, keys.faults, keys.refused],
          [text, 'webhooks' satisfies FaultSubject],
        );
      }
    } finally {
      noting = undefined;
    }
  }

  return {
    recordDelivery(delivery) {
      return new Promise((resolve, reject) => {
        const limit = setTimeout(() => fail(new Error('Redis does not answer')), RECORD_WITHIN_MS);
        const answer = (recorded: 'recorded' | 'duplicate') => {
          clearTimeout(limit);
          resolve(recorded);
        };
        const fail = (error: unknown) => {
          clearTimeout(limit);
          reject(new Error(`cannot record delivery ${delivery.id}`, { cause: error }));
        };
        waiting.push({ delivery, answer, fail });
        if (!writing) void write();
      });
    },
    noteArrival(arrival) {
      newest = arrival;
      noting ??= note();
      return noting;
    },
    async noteRefusal(refusal) {
      await redis.set(keys.refused, encode(refusal));
    },
    async lastRefusal() {
      const text = await redis.get(keys.refused);
      return text === null ? null : decode<Refusal>('the last refusal', text);
    },
    async lastArrival() {
      const text = await redis.get(keys.arrived);
      return text === null ? null : decode<Arrival>('the last arrival', text);
    },
    async unsettledDeliveries() {
      const texts = await redis.hvals(keys.deliveries);
      const found = texts.map((text) => decode<Delivery>('a delivery', text));
      return found.sort((a, b) => a.received.localeCompare(b.received) || a.id.localeCompare(b.id));
    },
    async settleDeliveries(ids, reports) {
      if (ids.length === 0 && reports.length === 0) return;
      const args = [now(), statusList(reports), now() - REMEMBER_SETTLED_MS, REMEMBER_SETTLED, ...ids];
      await settleScript(redis, [...outboxKeys(keys), keys.deliveries, keys.settled], args);
    },
  };
}
