// All targets as the API and the pages show them.

import type { Ledger } from '../../ports/ledger.ts';
import type { Agent } from '../deps.ts';
import { type TargetJson, targetsJson } from './run-json.ts';

/** How far back a target's newest step is looked for. */
const RUNS_LOOKED_AT = 100;

export interface TargetDeps {
  readonly ledger: Pick<Ledger, 'targets' | 'runs'>;
  readonly agent: Pick<Agent, 'known'>;
}

/** What is recorded and what is declared; where the repository cannot be read, only the former. */
export async function allTargets({ ledger, agent }: TargetDeps): Promise<readonly TargetJson[]> {
  const known = agent.known().catch(() => null);
  const [records, runs] = await Promise.all([ledger.targets(), ledger.runs(RUNS_LOOKED_AT)]);
  return targetsJson(records, runs, await known);
}
