// Lists all targets for the API and the pages.

import type { Ledger } from '../../ports/ledger.ts';
import type { Agent } from '../deps.ts';
import { type TargetJson, targetsJson } from './run-json.ts';

/** Number of runs that are searched for a target's newest step. */
const RUNS_LOOKED_AT = 100;

export interface TargetDeps {
  readonly ledger: Pick<Ledger, 'targets' | 'runs'>;
  readonly agent: Pick<Agent, 'known'>;
}

/** Recorded and declared targets; only recorded ones where the repository cannot be read. */
export async function allTargets({ ledger, agent }: TargetDeps): Promise<readonly TargetJson[]> {
  const known = agent.known().catch(() => null);
  const [records, runs] = await Promise.all([ledger.targets(), ledger.runs(RUNS_LOOKED_AT)]);
  return targetsJson(records, runs, await known);
}
