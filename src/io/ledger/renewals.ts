// Records attempts for targets that are due by time.

import type { TargetId } from '../../model/ids.ts';
import type { Ledger, Tried } from '../../ports/ledger.ts';
import type { Connection } from './connect.ts';
import type { Keys } from './keys.ts';
import { decode } from './record.ts';
import { script } from './script.ts';

// Keys: renewals. Arguments: at, target, … The number of attempts is taken from the existing record.
const noteScript = script(`
for i = 2, #ARGV do
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  local tries = known and tonumber(string.match(known, '"tries":(%d+)')) or 0
  redis.call('HSET', KEYS[1], ARGV[i], '{"v":1,"tries":' .. (tries + 1) .. ',"at":' .. ARGV[1] .. '}')
end
`);

type Renewals = Pick<Ledger, 'renewals' | 'noteRenewals' | 'settleRenewals'>;

export function renewalRecords(redis: Connection, { renewals }: Keys): Renewals {
  return {
    async renewals() {
      const all = await redis.hgetall(renewals);
      return new Map(
        Object.entries(all).map(([target, text]) => [target as TargetId, decode<Tried>('a renewal', text)] as const),
      );
    },
    async noteRenewals(targets, at) {
      if (targets.length > 0) await noteScript(redis, [renewals], [at, ...targets]);
    },
    async settleRenewals(targets) {
      if (targets.length > 0) await redis.hdel(renewals, ...targets);
    },
  };
}
