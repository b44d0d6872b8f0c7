// The policy in force, and the one that each commit was first checked by.

import type { PolicyRecord } from '../../model/policy.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Connection } from './connect.ts';
import type { Keys } from './keys.ts';
import { decode, encode } from './record.ts';
import { script } from './script.ts';

/** Maximum number of remembered commits: as many as runs. */
const KEEP_JUDGED = 500;

// Keys: judges, judged. Arguments: commit, policy, most. An existing record is kept.
const judgeScript = script(`
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return end
redis.call('LPUSH', KEYS[2], ARGV[1])
for _, old in ipairs(redis.call('LRANGE', KEYS[2], ARGV[3], -1)) do redis.call('HDEL', KEYS[1], old) end
redis.call('LTRIM', KEYS[2], 0, ARGV[3] - 1)
`);

type Policies = Pick<Ledger, 'policyInForce' | 'enforce' | 'judgeOf' | 'noteJudge'>;

export function policies(redis: Connection, { policy }: Keys): Policies {
  const { inForce, judges, judged } = policy;
  return {
    async policyInForce() {
      const text = await redis.get(inForce);
      return text === null ? null : decode<PolicyRecord>('the policy in force', text);
    },
    async enforce(record) {
      await redis.set(inForce, encode(record));
    },
    async judgeOf(commit) {
      const text = await redis.hget(judges, commit);
      return text === null ? null : decode<PolicyRecord>('the policy before a commit', text);
    },
    async noteJudge(commit, record) {
      await judgeScript(redis, [judges, judged], [commit, encode(record), KEEP_JUDGED]);
    },
  };
}
