// Steps of a run, written by the holder of their target's lease, and the proofs of targets.

import type { TargetId } from '../../model/ids.ts';
import { endedWell } from '../../model/run.ts';
import type { Applied } from '../../model/target.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { ClaimedStep } from '../../ports/steps.ts';
import type { Connection } from './connect.ts';
import type { Keys } from './keys.ts';
import { HELD } from './leases.ts';
import { outboxKeys, SAY, statusList } from './outbox.ts';
import { decode, encode } from './record.ts';
import { endText, settledArguments } from './run-hash.ts';
import { script } from './script.ts';

// Keys: lease, run. Arguments: token, target, started, events, id.
const startScript = script(`${HELD}
if not held(KEYS[1], ARGV[1]) then return 0 end
local known = redis.call('HMGET', KEYS[2], 'state', 'began:' .. ARGV[2], 'end:' .. ARGV[2], 'started')
local state, began = known[1], known[2]
local open = state == 'planned' or state == 'applying' or state == 'blocked' or (state == 'superseded' and began)
if not open or known[3] then return 0 end
if state ~= 'superseded' then state = 'applying' end
redis.call('HSET', KEYS[2], 'began:' .. ARGV[2], began or ARGV[3], 'state', state, 'started', known[4] or ARGV[3])
redis.call('HINCRBY', KEYS[2], 'tries:' .. ARGV[2], 1)
redis.call('HDEL', KEYS[2], 'waits:' .. ARGV[2])
redis.call('PUBLISH', ARGV[4], ARGV[5] .. ' ' .. ARGV[2])
return 1
`);

// Keys: outbox…, lease, run. Arguments: now, statuses, token, target, not before, failures to add, events, id, why.
const deferScript = script(`${SAY}${HELD}
if not held(KEYS[5], ARGV[3]) then return 0 end
redis.call('HSET', KEYS[6], 'waits:' .. ARGV[4], ARGV[5], 'why:' .. ARGV[4], ARGV[9])
if ARGV[6] ~= '0' then redis.call('HINCRBY', KEYS[6], 'failures:' .. ARGV[4], ARGV[6]) end
if redis.call('HGET', KEYS[6], 'state') ~= 'superseded' then say(ARGV[1], ARGV[2]) end
redis.call('PUBLISH', ARGV[7], ARGV[8] .. ' ' .. ARGV[4])
return 1
`);

// Keys: outbox…, lease, touched, run. Arguments: now, statuses, token, target, record.
const touchScript = script(`${SAY}${HELD}
if not held(KEYS[5], ARGV[3]) then return 0 end
redis.call('HSET', KEYS[6], ARGV[4], ARGV[5])
redis.call('HDEL', KEYS[7], 'why:' .. ARGV[4])
if redis.call('HGET', KEYS[7], 'state') ~= 'superseded' then say(ARGV[1], ARGV[2]) end
return 1
`);

// Keys: lease, run. Arguments: token, target, action, events, id.
const actionScript = script(`${HELD}
if not held(KEYS[1], ARGV[1]) then return 0 end
local field = 'actions:' .. ARGV[2]
redis.call('HSET', KEYS[2], field, (redis.call('HGET', KEYS[2], field) or '') .. ARGV[3] .. '\\n')
redis.call('PUBLISH', ARGV[4], ARGV[5] .. ' ' .. ARGV[2])
return 1
`);

// Keys: outbox…, lease, run, applied, touched, ready, out, unmet. Arguments: now, statuses, token, target, end, kind, record, events,
// id, 1 to release the lease, position, dependent, …
const finishScript = script(`${SAY}${HELD}
if not held(KEYS[5], ARGV[3]) then return 0 end
if redis.call('HSETNX', KEYS[6], 'end:' .. ARGV[4], ARGV[5]) == 0 then return 0 end
redis.call('HINCRBY', KEYS[6], 'left', -1)
redis.call('SREM', KEYS[10], ARGV[4])
-- Of a run that was superseded nothing is counted any more.
local last = #ARGV > 10 and redis.call('EXISTS', KEYS[11]) == 1 and #ARGV or 0
for i = 11, last, 2 do
  if redis.call('HINCRBY', KEYS[11], ARGV[i + 1], -1) == 0 then redis.call('ZADD', KEYS[9], ARGV[i], ARGV[i + 1]) end
end
if ARGV[6] == 'proved' then
  redis.call('HSET', KEYS[7], ARGV[4], ARGV[7])
  redis.call('HDEL', KEYS[8], ARGV[4])
elseif ARGV[6] == 'gone' then
  redis.call('HDEL', KEYS[7], ARGV[4])
  redis.call('HDEL', KEYS[8], ARGV[4])
end
say(ARGV[1], ARGV[2])
if ARGV[10] == '1' then redis.call('DEL', KEYS[5]) end
redis.call('PUBLISH', ARGV[8], ARGV[9] .. ' ' .. ARGV[4])
return 1
`);

// Keys: run, ready, out. Arguments: position, target, … Claimed steps that have not started may have been lost.
const offerScript = script(`
for i = 1, #ARGV, 2 do
  local target = ARGV[i + 1]
  local known = redis.call('HMGET', KEYS[1], 'began:' .. target, 'end:' .. target)
  if not known[1] and not known[2] and redis.call('SISMEMBER', KEYS[3], target) == 0 then
    redis.call('ZADD', KEYS[2], ARGV[i], target)
  end
end
local answer = {}
for _, target in ipairs(redis.call('SMEMBERS', KEYS[3])) do
  local known = redis.call('HMGET', KEYS[1], 'began:' .. target, 'end:' .. target, 'job:' .. target)
  if known[2] then redis.call('SREM', KEYS[3], target)
  elseif not known[1] then
    table.insert(answer, target)
    table.insert(answer, known[3] or '0')
  end
end
return answer
`);

// Keys: run, ready, out, freeze. Arguments: most, maximum claimed. Answers left, certain, target, starts, …
const takeScript = script(`
local run = redis.call('HMGET', KEYS[1], 'left', 'counted', 'state')
local answer = { tonumber(run[1] or '0'), 1 }
if run[3] == 'superseded' or redis.call('EXISTS', KEYS[4]) == 1 then
  answer[2] = 0
  return answer
end
-- What becomes ready is not known; what was offered is.
if not run[2] then answer[2] = 0 end
local free = math.min(ARGV[1], ARGV[2] - redis.call('SCARD', KEYS[3]))
while free > 0 do
  local target = redis.call('ZPOPMIN', KEYS[2])[1]
  if not target then break end
  local known = redis.call('HMGET', KEYS[1], 'began:' .. target, 'end:' .. target, 'tries:' .. target)
  if not known[1] and not known[2] then
    redis.call('SADD', KEYS[3], target)
    if known[3] then redis.call('HSET', KEYS[1], 'job:' .. target, known[3]) end
    table.insert(answer, target)
    table.insert(answer, known[3] or '0')
    free = free - 1
  end
end
return answer
`);

// Keys: outbox…, run. Arguments: now, events, id, target, end, statuses, target, … A run that Redis has lost is not written any more: the next
// one of that number would start with leftovers.
const settleScript = script(`${SAY}
if redis.call('HEXISTS', KEYS[5], 'request') == 0 then return end
for i = 4, #ARGV, 3 do
  local waits = redis.call('HEXISTS', KEYS[5], 'began:' .. ARGV[i]) == 0
  if waits and redis.call('HSETNX', KEYS[5], 'end:' .. ARGV[i], ARGV[i + 1]) == 1 then
    redis.call('HINCRBY', KEYS[5], 'left', -1)
    say(ARGV[1], ARGV[i + 2])
  end
end
redis.call('PUBLISH', ARGV[2], ARGV[3])
`);

// Keys: outbox…, run. Arguments: now, statuses, events, id, target, …
const reopenScript = script(`${SAY}
if redis.call('HEXISTS', KEYS[5], 'request') == 0 then return end
for i = 5, #ARGV do
  local outcome = redis.call('HGET', KEYS[5], 'end:' .. ARGV[i]) or ''
  if string.find(outcome, '"outcome":"blocked"', 1, true) or string.find(outcome, '"outcome":"skipped"', 1, true) then
    redis.call('HDEL', KEYS[5], 'end:' .. ARGV[i], 'began:' .. ARGV[i], 'why:' .. ARGV[i])
    redis.call('HINCRBY', KEYS[5], 'left', 1)
  end
end
say(ARGV[1], ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[4])
`);

// Keys: run. Arguments: field, approval.
const approveScript = script(`
if redis.call('HEXISTS', KEYS[1], 'request') == 0 then return end
local given = redis.call('HGET', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[1], ARGV[1], given and given .. '\\n' .. ARGV[2] or ARGV[2])
`);

type Steps = Pick<
  Ledger,
  | 'startStep'
  | 'deferStep'
  | 'touch'
  | 'recordAction'
  | 'finishStep'
  | 'settleSteps'
  | 'endedOf'
  | 'offerSteps'
  | 'takeSteps'
  | 'setAside'
  | 'reopenSteps'
  | 'approve'
  | 'targets'
  | 'target'
>;

export function steps(redis: Connection, keys: Keys, now: () => number): Steps {
  return {
    async startStep({ target, token }, run, started) {
      return (
        (await startScript(redis, [keys.lease(target), keys.run(run)], [token, target, started, keys.events, run])) ===
        1
      );
    },
    async deferStep({ target, token }, run, { notBefore, failed, why, statuses }) {
      const args = [now(), statusList(statuses), token, target, notBefore, failed ? 1 : 0, keys.events, run, why];
      return (await deferScript(redis, [...outboxKeys(keys), keys.lease(target), keys.run(run)], args)) === 1;
    },
    async touch({ target, token }, run, { commit, statuses = [] }) {
      const all = [...outboxKeys(keys), keys.lease(target), keys.touched, keys.run(run)];
      return (await touchScript(redis, all, [now(), statusList(statuses), token, target, encode({ commit })])) === 1;
    },
    async recordAction({ target, token }, run, action) {
      const args = [token, target, JSON.stringify(action), keys.events, run];
      return (await actionScript(redis, [keys.lease(target), keys.run(run)], args)) === 1;
    },
    async finishStep({ target, token }, run, end) {
      const record = end.applied.kind === 'proved' ? encode(end.applied.record) : '';
      const args = [
        now(),
        statusList(end.statuses),
        token,
        target,
        endText(end),
        end.applied.kind,
        record,
        keys.events,
        run,
        end.release === true ? 1 : 0,
        ...(endedWell(end.outcome) ? (end.frees ?? []) : []).flatMap((each) => [each.place, each.target]),
      ];
      const own = [keys.lease(target), keys.run(run), keys.applied, keys.touched];
      const all = [...outboxKeys(keys), ...own, keys.ready(run), keys.out(run), keys.unmet(run)];
      return (await finishScript(redis, all, args)) === 1;
    },
    async settleSteps(run, ended, ends) {
      const args = [now(), keys.events, run, ...settledArguments(ends, ended)];
      if (ends.size > 0) await settleScript(redis, [...outboxKeys(keys), keys.run(run)], args);
    },
    async endedOf(run, targets) {
      const ends = await redis.hmget(keys.run(run), ...targets.map((target) => `end:${target}`));
      return new Set(targets.filter((_, index) => ends[index] !== null));
    },
    async offerSteps(run, offered) {
      const args = offered.flatMap(({ target, place }) => [place, target]);
      return parseHandedOut(
        (await offerScript(redis, [keys.run(run), keys.ready(run), keys.out(run)], args)) as string[],
      );
    },
    async takeSteps(run, { most, out }) {
      const all = [keys.run(run), keys.ready(run), keys.out(run), keys.freeze];
      const [left, certain, ...flat] = (await takeScript(redis, all, [most, out])) as [number, number, ...string[]];
      return { left, certain: certain === 1, steps: parseHandedOut(flat) };
    },
    async setAside(run, target) {
      await redis.srem(keys.out(run), target);
    },
    async reopenSteps(run, targets, statuses) {
      await reopenScript(
        redis,
        [...outboxKeys(keys), keys.run(run)],
        [now(), statusList(statuses), keys.events, run, ...targets],
      );
    },
    async approve(run, approval) {
      await approveScript(redis, [keys.run(run)], [`approval:${approval.target}`, encode(approval)]);
    },
    async targets() {
      const [applied, touched] = await Promise.all([redis.hgetall(keys.applied), redis.hgetall(keys.touched)]);
      return {
        applied: byTarget(applied, readApplied),
        touched: byTarget(touched, readTouched),
      };
    },
    async target(target) {
      const [applied, touched] = await Promise.all([
        redis.hget(keys.applied, target),
        redis.hget(keys.touched, target),
      ]);
      return {
        applied: applied === null ? null : readApplied(applied),
        touched: touched === null ? null : readTouched(touched),
      };
    },
  };
}

function parseHandedOut(flat: readonly string[]): ClaimedStep[] {
  return flat.flatMap((target, index) => {
    return index % 2 === 1 ? [] : [{ target: target as TargetId, attempt: Number(flat[index + 1]) }];
  });
}

const readApplied = (text: string) => decode<Applied>('an applied record', text);
const readTouched = (text: string) => decode<{ commit: string }>('a touched record', text);

function byTarget<T>(hash: Readonly<Record<string, string>>, read: (text: string) => T): Map<TargetId, T> {
  return new Map(Object.entries(hash).map(([target, text]) => [target as TargetId, read(text)]));
}
