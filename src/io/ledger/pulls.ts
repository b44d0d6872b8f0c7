// Pull requests: what each was looked at as, its plan, and which commit it became.

import type { PullPlan } from '../../model/pull.ts';
import type { Approval } from '../../ports/ledger.ts';
import type { Pulls } from '../../ports/pulls.ts';
import type { Connection } from './connect.ts';
import type { Keys } from './keys.ts';
import { outboxKeys, SAY, statusList } from './outbox.ts';
import { decode, encode } from './record.ts';
import { script } from './script.ts';

/** Commits that pull requests became, remembered for what is said under them. */
const KEEP_MERGED = 500;
/** Also of those that were merged or closed: links on commits lead to them. */
const KEEP_PLAN_SECONDS = 60 * 24 * 3600;
const KEEP_AHEAD_SECONDS = 30 * 24 * 3600;

// Keys: outbox…, seen, plan. Arguments: now, reports, pull, as, plan, seconds.
const recordScript = script(`${SAY}
redis.call('HSET', KEYS[5], ARGV[3], ARGV[4])
if ARGV[5] == '' then redis.call('DEL', KEYS[6]) else redis.call('SET', KEYS[6], ARGV[5], 'EX', ARGV[6]) end
say(ARGV[1], ARGV[2])
`);

// Keys: merged. Arguments: commit, pull, most. A list of commit and pull, the newest first.
const mergedScript = script(`
redis.call('LPUSH', KEYS[1], ARGV[1] .. ' ' .. ARGV[2])
redis.call('LTRIM', KEYS[1], 0, ARGV[3] - 1)
`);

export function pulls(redis: Connection, keys: Keys, now: () => number): Pulls {
  const { seen, plan: planOf, merged, ahead } = keys.pulls;
  return {
    async pulls() {
      return new Map(Object.entries(await redis.hgetall(seen)).map(([pull, as]) => [Number(pull), as]));
    },
    async recordPull(pull, as, plan, reports) {
      const args = [now(), statusList(reports), pull, as, plan === null ? '' : encode(plan), KEEP_PLAN_SECONDS];
      await recordScript(redis, [...outboxKeys(keys), seen, planOf(pull)], args);
    },
    async pullPlan(pull) {
      const text = await redis.get(planOf(pull));
      return text === null ? null : decode<PullPlan>(`the plan of pull request ${pull}`, text);
    },
    async forgetPull(pull) {
      await redis.hdel(seen, String(pull));
    },
    async approveAhead(approvals) {
      for (const [key, approval] of approvals) {
        // Of each person one, however they spell their name.
        await redis.hset(ahead(key), approval.by.toLowerCase(), encode(approval));
        await redis.expire(ahead(key), KEEP_AHEAD_SECONDS);
      }
    },
    async approvedAhead(wanted) {
      const found = await Promise.all(wanted.map((key) => redis.hvals(ahead(key))));
      return found.flat().map((text) => decode<Approval>('an approval', text));
    },
    async noteMerged(commit, pull) {
      await mergedScript(redis, [merged], [commit, pull, KEEP_MERGED]);
    },
    async mergedPull(commit) {
      const found = (await redis.lrange(merged, 0, '-1')).find((entry) => entry.startsWith(`${commit} `));
      return found === undefined ? null : Number(found.slice(commit.length + 1));
    },
  };
}
