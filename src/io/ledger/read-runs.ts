// Reads runs. A run's plan never changes and may be large, so it is read once; of its steps only what is needed is read, so that a step of a run of
// thousands costs no more than one of a few.

import type { RunId, TargetId } from '../../model/ids.ts';
import type { RunDetail } from '../../ports/runs.ts';
import type { Connection } from './connect.ts';
import type { Keys } from './keys.ts';
import { decode } from './record.ts';
import { NO_PLAN, type RunHash, readRun, type SavedPlan, stepFields } from './run-hash.ts';
import { script } from './script.ts';

/** Number of cached plans, of the last runs that were read. */
const KEEP_PLANS = 8;

// Keys: run. Arguments: request whose plan is known, 1 to leave out the actions. Answers field, value, …
const readScript = script(`
local known = ARGV[1] ~= '' and redis.call('HGET', KEYS[1], 'request') == ARGV[1]
local all = redis.call('HGETALL', KEYS[1])
local answer = {}
for i = 1, #all, 2 do
  local skip = (known and all[i] == 'plan') or (ARGV[2] == '1' and string.sub(all[i], 1, 8) == 'actions:')
  if not skip then
    table.insert(answer, all[i])
    table.insert(answer, all[i + 1])
  end
end
return answer
`);

export interface RunReader {
  /** @param actions whether the steps' actions are read too */
  whole(run: RunId, actions: boolean): Promise<RunDetail | null>;
  /** The run with only that step and its approvals. */
  step(run: RunId, target: TargetId): Promise<RunDetail | null>;
}

export function runReader(redis: Connection, keys: Keys): RunReader {
  /** By run; the request distinguishes runs with the same number after Redis was emptied. */
  const plans = new Map<RunId, { readonly request: string; readonly saved: SavedPlan }>();

  function planOf(run: RunId, request: string, text: string | null | undefined): SavedPlan | undefined {
    const known = plans.get(run);
    if (known?.request === request) return known.saved;
    if (text === null || text === undefined) return undefined;
    const saved = decode<SavedPlan>(`run ${run}`, text);
    plans.set(run, { request, saved });
    const [oldest] = plans.keys();
    if (plans.size > KEEP_PLANS && oldest !== undefined) plans.delete(oldest);
    return saved;
  }

  return {
    async whole(run, actions) {
      // Held in a local variable, since concurrent reads may evict it from the cache.
      const known = plans.get(run);
      const args = [known?.request ?? '', actions ? '0' : '1'];
      const flat = (await readScript(redis, [keys.run(run)], args)) as string[];
      const hash = pairs(flat);
      const request = hash['request'];
      if (request === undefined) return null;
      const saved = known?.request === request ? known.saved : planOf(run, request, hash['plan']);
      return readRun(run, hash, saved ?? notPlanned(run, hash));
    },
    async step(run, target) {
      const fields = stepFields(target);
      const values = await redis.hmget(keys.run(run), ...fields);
      const hash = pairs(fields.flatMap((field, index) => (values[index] == null ? [] : [field, values[index]])));
      const request = hash['request'];
      if (request === undefined) return null;
      const saved = planOf(run, request, null) ?? planOf(run, request, await redis.hget(keys.run(run), 'plan'));
      return readRun(run, hash, saved ?? notPlanned(run, hash), target);
    },
  };
}

/**
 * Only a run that waits for its plan has none. @throws when fields written with the plan exist and the plan does not
 */
function notPlanned(run: RunId, hash: RunHash): SavedPlan {
  if (hash['state'] === 'planned' && hash['started'] === undefined) return NO_PLAN;
  throw new Error(`the ledger holds run ${run} in part only: it has no plan`);
}

function pairs(flat: readonly string[]): RunHash {
  const hash: Record<string, string> = {};
  for (let index = 0; index < flat.length; index += 2) hash[flat[index] ?? ''] = flat[index + 1] ?? '';
  return hash;
}
