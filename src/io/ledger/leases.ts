// Leases: at most one worker acts on a target. The fencing token increases with every lease, so that anything a worker writes after losing its lease
// is refused.

import type { Ledger } from '../../ports/ledger.ts';
import type { Lease } from '../../ports/steps.ts';
import type { Connection } from './connect.ts';
import type { Keys } from './keys.ts';
import { script } from './script.ts';

/** Lua: `held(key, token)`, for scripts that may only write under a valid lease. */
export const HELD = `
local function held(key, token) return redis.call('GET', key) == token end
`;

// Keys: lease, fence. Arguments: time to live. A key with a longer lifetime than any lease was written before the clock was set back: it gets a
// lease's lifetime, which its holder renews and a dead one does not.
const acquireScript = script(`
local left = redis.call('PTTL', KEYS[1])
if left > tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
if left ~= -2 then return 0 end
local token = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], token, 'PX', ARGV[1])
return token
`);

const renewScript = script(`${HELD}
return held(KEYS[1], ARGV[1]) and redis.call('PEXPIRE', KEYS[1], ARGV[2]) or 0
`);

const releaseScript = script(`${HELD}
return held(KEYS[1], ARGV[1]) and redis.call('DEL', KEYS[1]) or 0
`);

type Leases = Pick<Ledger, 'acquireLease' | 'renewLease' | 'releaseLease'>;

export function leases(redis: Connection, keys: Keys): Leases {
  return {
    async acquireLease(target, ttlMs): Promise<Lease | null> {
      const token = (await acquireScript(redis, [keys.lease(target), keys.fence], [ttlMs])) as number;
      return token === 0 ? null : { target, token };
    },
    async renewLease({ target, token }, ttlMs) {
      return (await renewScript(redis, [keys.lease(target)], [token, ttlMs])) === 1;
    },
    async releaseLease({ target, token }) {
      await releaseScript(redis, [keys.lease(target)], [token]);
    },
  };
}
