// Pull requests: the state in which each was last reviewed, its plan, and the commit of its merge.

import type { PullPlan } from '../../model/pull.ts';
import type { Trailer } from '../../model/trailer.ts';
import type { EarlyApproval, Pulls } from '../../ports/pulls.ts';
import type { Connection } from './connect.ts';
import type { Keys } from './keys.ts';
import { outboxKeys, SAY, statusList } from './outbox.ts';
import { decode, encode } from './record.ts';
import { script } from './script.ts';

/** Maximum number of remembered merge commits, for comments under the pull requests. */
const KEEP_MERGED = 500;
/** Maximum number of remembered executed commands: forges redeliver for a few days at most. */
const KEEP_COUNTED = 10_000;
/** Plans of merged or closed pull requests are kept too, since statuses link to them. */
const KEEP_PLAN_SECONDS = 60 * 24 * 3600;
/** Entries of a merge queue are merged or removed within hours. */
const KEEP_QUEUED_SECONDS = 7 * 24 * 3600;

// Keys: outbox…, seen, plan, approvals, approved. Arguments: now, reports, pull, as, plan, seconds, kept changes as JSON. The field
// of an approval begins with its change.
const recordScript = script(`${SAY}
local kept = {}
for _, change in ipairs(cjson.decode(ARGV[7])) do kept[change] = true end
for _, field in ipairs(redis.call('HKEYS', KEYS[7])) do
  if not kept[string.sub(field, 1, string.find(field, ' ', 1, true) - 1)] then redis.call('HDEL', KEYS[7], field) end
end
if redis.call('EXISTS', KEYS[7]) == 0 then redis.call('SREM', KEYS[8], ARGV[3]) end
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
  const {
    seen,
    plan: planOf,
    queued,
    merged,
    approvals: approvalsOf,
    approved,
    trailers,
    counted,
    countedBefore,
  } = keys.pulls;
  return {
    async pulls() {
      return new Map(Object.entries(await redis.hgetall(seen)).map(([pull, as]) => [Number(pull), as]));
    },
    async recordPull(pull, as, plan, changes, reports) {
      const encoded = plan === null ? '' : encode(plan);
      // An approval belongs to the change and the head that were shown.
      const kept = changes.map((change) => `${change}/${plan?.head}`);
      const args = [now(), statusList(reports), pull, as, encoded, KEEP_PLAN_SECONDS, JSON.stringify(kept)];
      await recordScript(redis, [...outboxKeys(keys), seen, planOf(pull), approvalsOf(pull), approved], args);
    },
    async pullPlan(pull) {
      const text = await redis.get(planOf(pull));
      return text === null ? null : decode<PullPlan>(`the plan of pull request ${pull}`, text);
    },
    async keepQueuedPlan(plan) {
      await redis.set(queued(plan.head), encode(plan), 'EX', KEEP_QUEUED_SECONDS);
    },
    async queuedPlan(head) {
      const text = await redis.get(queued(head));
      return text === null ? null : decode<PullPlan>(`the plan of ${head} in the merge queue`, text);
    },
    async forgetPull(pull) {
      await redis.hdel(seen, String(pull));
    },
    async approveEarly(pull, given) {
      if (given.length === 0) return;
      // One approval per person, whatever the case of the name.
      const fields = given.map(
        (each) => [`${each.change}/${each.head} ${each.by.toLowerCase()}`, encode(each)] as const,
      );
      await redis.sadd(approved, String(pull));
      await redis.hset(approvalsOf(pull), Object.fromEntries(fields));
    },
    async approvedPulls() {
      return (await redis.smembers(approved)).map(Number);
    },
    async earlyApprovals(pull) {
      const found = await redis.hvals(approvalsOf(pull));
      return found.map((text) => decode<EarlyApproval>('an approval', text));
    },
    async endEarlyApprovals(pull) {
      await redis.unlink(approvalsOf(pull));
      await redis.srem(approved, String(pull));
    },
    async noteAuthorTrailers(pull, found) {
      if (found.length === 0) return;
      const key = trailers(pull);
      await redis.sadd(key, ...found.map(({ impact, target }) => encode({ impact, target })));
      await redis.expire(key, KEEP_PLAN_SECONDS);
    },
    async authorTrailers(pull) {
      const found = await redis.smembers(trailers(pull));
      return found.map((text) => decode<Trailer>('a trailer', text));
    },
    async hasCounted(command) {
      const [at, before] = await Promise.all([redis.zscore(counted, command), redis.sismember(countedBefore, command)]);
      return at !== null || before === 1;
    },
    async count(command) {
      await redis.zadd(counted, now(), command);
      await redis.zremrangebyrank(counted, 0, -KEEP_COUNTED - 1);
    },
    async noteMerged(commit, pull) {
      await mergedScript(redis, [merged], [commit, pull, KEEP_MERGED]);
    },
    async mergedPulls(commit) {
      const found = (await redis.lrange(merged, 0, '-1')).filter((entry) => entry.startsWith(`${commit} `));
      return [...new Set(found.map((entry) => Number(entry.slice(commit.length + 1))))];
    },
    async mergeOf(pull) {
      const found = (await redis.lrange(merged, 0, '-1')).find((entry) => entry.endsWith(` ${pull}`));
      return found?.split(' ')[0] ?? null;
    },
  };
}
