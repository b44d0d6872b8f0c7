// Runs: recorded, planned, superseded and ended, each in one atomic step together with the statuses that report it.

import type { RunId, TargetId } from '../../model/ids.ts';
import { needCounts } from '../../model/plan-graph.ts';
import type { CommitStatus } from '../../model/report.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Approval, Head, Planned, RunDetail, RunRequest } from '../../ports/runs.ts';
import type { Connection } from './connect.ts';
import type { Keys } from './keys.ts';
import { outboxKeys, SAY, statusList } from './outbox.ts';
import { runReader } from './read-runs.ts';
import { decode, encode } from './record.ts';
import { publicRun, type SavedPlan, settledArguments } from './run-hash.ts';
import { script } from './script.ts';

/** Maximum number of runs; older ended ones are removed with their logs. */
const KEEP_RUNS = 500;

// Keys: outbox…, run, runs, open, head, unmet. Arguments: now, statuses, events, id, mode, fields, open, head, needs left.
const writeScript = script(`${SAY}
local id, mode = ARGV[4], ARGV[5]
if mode == 'plan' and (redis.call('HGET', KEYS[5], 'state') ~= 'planned' or redis.call('HEXISTS', KEYS[5], 'plan') == 1) then
  return 0
end
if mode == 'new' then redis.call('DEL', KEYS[5]) end
redis.call('HSET', KEYS[5], unpack(cjson.decode(ARGV[6])))
for target, count in pairs(cjson.decode(ARGV[9])) do redis.call('HSET', KEYS[9], target, count) end
redis.call('ZADD', KEYS[6], id, id)
if ARGV[7] == '1' then redis.call('ZADD', KEYS[7], id, id) else redis.call('ZREM', KEYS[7], id) end
if ARGV[8] ~= '' then redis.call('SET', KEYS[8], ARGV[8]) end
say(ARGV[1], ARGV[2])
redis.call('PUBLISH', ARGV[3], id)
return 1
`);

// Keys: outbox…, run, open, ready, out, unmet. Arguments: now, statuses, events, id, state, ended.
const endScript = script(`${SAY}
if not redis.call('ZSCORE', KEYS[6], ARGV[4]) or tonumber(redis.call('HGET', KEYS[5], 'left') or '0') > 0 then return 0 end
if redis.call('HEXISTS', KEYS[5], 'cut') == 0 then redis.call('HSET', KEYS[5], 'state', ARGV[5]) end
redis.call('HSET', KEYS[5], 'ended', ARGV[6])
redis.call('ZREM', KEYS[6], ARGV[4])
redis.call('UNLINK', KEYS[7], KEYS[8], KEYS[9])
say(ARGV[1], ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 1
`);

// Keys: outbox…, run, open. Arguments: now, statuses, events, id, state.
const markScript = script(`${SAY}
if not redis.call('ZSCORE', KEYS[6], ARGV[4]) or redis.call('HGET', KEYS[5], 'state') == 'superseded' then return end
redis.call('HSET', KEYS[5], 'state', ARGV[5])
say(ARGV[1], ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[4])
`);

// Keys: outbox…, run, open, ready, out, unmet. Arguments: now, statuses, events, id, by, ended, target, end, statuses, target, …
// A running step may finish; one that waits for a person ends. Answers the targets that are still running. If nothing was taken
// from it, the run reports its own end.
const supersedeScript = script(`${SAY}
if not redis.call('ZSCORE', KEYS[6], ARGV[4]) then return false end
local running, taken = {}, 0
for i = 7, #ARGV, 3 do
  local outcome = redis.call('HGET', KEYS[5], 'end:' .. ARGV[i])
  local waits = outcome and string.find(outcome, '"outcome":"blocked"', 1, true)
  if not outcome and redis.call('HEXISTS', KEYS[5], 'began:' .. ARGV[i]) == 1 then
    table.insert(running, ARGV[i])
  elseif not outcome or waits then
    redis.call('HSET', KEYS[5], 'end:' .. ARGV[i], ARGV[i + 1])
    say(ARGV[1], ARGV[i + 2])
    taken = taken + 1
  elseif string.find(outcome, '"outcome":"superseded"', 1, true) then
    taken = taken + 1
  end
end
local whole = #ARGV > 6 and taken == 0
if whole and #running == 0 then return running end
redis.call('HSET', KEYS[5], 'state', 'superseded', 'supersededBy', ARGV[5], 'left', #running)
redis.call('UNLINK', KEYS[7], KEYS[8], KEYS[9])
if #running == 0 then
  redis.call('HSET', KEYS[5], 'ended', ARGV[6])
  redis.call('ZREM', KEYS[6], ARGV[4])
end
if not whole then
  redis.call('HSET', KEYS[5], 'cut', 1)
  say(ARGV[1], ARGV[2])
end
redis.call('PUBLISH', ARGV[3], ARGV[4])
return running
`);

type Runs = Pick<
  Ledger,
  | 'head'
  | 'openRun'
  | 'planRun'
  | 'recordRun'
  | 'run'
  | 'runProgress'
  | 'runStep'
  | 'runRequest'
  | 'hasEnded'
  | 'runs'
  | 'forgetRun'
  | 'openRuns'
  | 'endRun'
  | 'markRun'
  | 'supersedeRun'
>;

function stateOf(planned: Planned | null) {
  return planned?.state ?? 'planned';
}

/** The fields of a run in Redis: each name, and its value. */
function runFields(request: RunRequest | null, planned: Planned | null, now: () => number): string[] {
  const state = stateOf(planned);
  const open = state === 'planned';
  return [
    'state',
    state,
    ...(request === null ? [] : ['request', encode(request)]),
    ...(planned === null ? [] : plannedFields(planned, open)),
    ...(open ? [] : ['ended', new Date(now()).toISOString()]),
  ];
}

function plannedFields(planned: Planned, open: boolean): string[] {
  const left = open ? (planned.plan?.steps.length ?? 0) : 0;
  const fields = ['plan', encode(savedPlan(planned)), 'left', String(left), 'counted', '1'];
  return [...fields, ...approvalFields(planned.approvals ?? [])];
}

export function runs(redis: Connection, keys: Keys, now: () => number): Runs {
  const scriptKeys = (run: RunId) => [...outboxKeys(keys), keys.run(run)];
  const common = (run: RunId, statuses: readonly CommitStatus[]) => [now(), statusList(statuses), keys.events, run];

  async function write(
    run: RunId,
    mode: 'new' | 'plan',
    request: RunRequest | null,
    planned: Planned | null,
    statuses: readonly CommitStatus[],
  ) {
    const open = stateOf(planned) === 'planned';
    const fields = runFields(request, planned, now);
    const head = planned?.followed === undefined ? '' : encode(planned.followed);
    const needs = open && planned?.plan != null ? needCounts(planned.plan) : [];
    const counts = JSON.stringify(Object.fromEntries(needs));
    const args = [...common(run, statuses), mode, JSON.stringify(fields), open ? '1' : '0', head, counts];
    const all = [...scriptKeys(run), keys.runs, keys.openRuns, keys.head, keys.unmet(run)];
    return (await writeScript(redis, all, args)) === 1;
  }

  const reader = runReader(redis, keys);
  async function read(ids: readonly string[], actions: boolean): Promise<RunDetail[]> {
    const found = await Promise.all(ids.map((id) => reader.whole(id as RunId, actions)));
    return found.filter((run) => run !== null);
  }

  async function forget(run: RunId): Promise<void> {
    if ((await redis.zscore(keys.openRuns, run)) !== null) return;
    const known = await reader.whole(run, false);
    await redis.unlink(
      keys.run(run),
      ...ofOpen(run),
      ...(known?.steps ?? []).map(({ target }) => keys.log(run, target)),
    );
    await redis.zrem(keys.runs, run);
  }

  async function prune(): Promise<void> {
    for (const run of await redis.zrange(keys.runs, 0, String(-KEEP_RUNS - 1))) await forget(run as RunId);
  }

  const ofOpen = (run: RunId) => [keys.ready(run), keys.out(run), keys.unmet(run)];
  const nextId = async () => String(await redis.incr(keys.runCounter)) as RunId;

  return {
    async head() {
      const text = await redis.get(keys.head);
      return text === null ? null : decode<Head>('the followed head', text);
    },
    async openRun(request, statuses) {
      const run = await nextId();
      await write(run, 'new', request, null, statuses(run));
      await prune();
      return run;
    },
    async planRun(run, planned) {
      if (!(await write(run, 'plan', null, planned, planned.statuses(run))))
        throw new Error(`run ${run} is planned already`);
    },
    async recordRun(request, planned) {
      const run = await nextId();
      await write(run, 'new', request, planned, planned.statuses(run));
      await prune();
      return run;
    },
    async run(run) {
      return reader.whole(run, true);
    },
    runProgress: (run) => reader.whole(run, false),
    async runRequest(run) {
      const text = await redis.hget(keys.run(run), 'request');
      return text === null ? null : decode<RunRequest>(`run ${run}`, text);
    },
    async hasEnded(run) {
      return (await redis.hexists(keys.run(run), 'ended')) === 1;
    },
    runStep: (run, target) => reader.step(run, target),
    async runs(limit, before) {
      // The score of a run is its id.
      const newest = before === undefined ? '+inf' : `(${before}`;
      const ids = await redis.zrevrangebyscore(keys.runs, newest, '-inf', 'LIMIT', 0, limit);
      return (await read(ids, true)).map(publicRun);
    },
    forgetRun: forget,
    async openRuns() {
      return read(await redis.zrange(keys.openRuns, 0, '-1'), false);
    },
    async endRun(run, state, ended, statuses) {
      const args = [...common(run, statuses), state, ended];
      return (await endScript(redis, [...scriptKeys(run), keys.openRuns, ...ofOpen(run)], args)) === 1;
    },
    async markRun(run, state, statuses) {
      await markScript(redis, [...scriptKeys(run), keys.openRuns], [...common(run, statuses), state]);
    },
    async supersedeRun(run, by, ended, ends, statuses) {
      const args = [...common(run, statuses), by, ended, ...settledArguments(ends, ended)];
      const all = [...scriptKeys(run), keys.openRuns, ...ofOpen(run)];
      return (await supersedeScript(redis, all, args)) as TargetId[] | null;
    },
  };
}

/** One field for each target, as `approve` writes it. */
function approvalFields(approvals: readonly Approval[]): string[] {
  const lines = new Map<TargetId, string[]>();
  for (const each of approvals) lines.set(each.target, [...(lines.get(each.target) ?? []), encode(each)]);
  return [...lines].flatMap(([target, encoded]) => [`approval:${target}`, encoded.join('\n')]);
}

function savedPlan({ plan, digests, reason, problems, held, missing = [], notes }: Planned): SavedPlan {
  return { plan, digests, reason, problems, held, notes, ...(missing.length === 0 ? {} : { missing }) };
}
