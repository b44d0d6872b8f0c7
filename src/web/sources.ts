// Data sources of the pages and their timeouts.

import type { Agent } from '../agent/deps.ts';
import { orNull } from '../agent/http/outside.ts';
import type { CommitSha, TargetId } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { CommitInfo } from '../ports/repository.ts';

/** Number of runs that are searched for the newest step of a target, its history, and a superseding run. */
export const RUNS_LOOKED_AT = 100;

export interface PageSources {
  readonly ledger: Pick<
    Ledger,
    | 'run'
    | 'runStep'
    | 'runs'
    | 'openRuns'
    | 'targets'
    | 'readLog'
    | 'head'
    | 'frozen'
    | 'pullPlan'
    | 'reportsHeld'
    | 'nodesAway'
    | 'asked'
  >;
  readonly agent: Pick<
    Agent,
    'known' | 'orphans' | 'faults' | 'environment' | 'declaration' | 'certificates' | 'commits' | 'root'
  >;
  readonly clock: Clock;
}

/** Null if the repository does not respond in time. */
export function commitsOf(
  { agent }: PageSources,
  runs: readonly Run[],
): Promise<ReadonlyMap<string, CommitInfo> | null> {
  return orNull(agent.commits(runs.map(({ commit }) => commit as CommitSha)));
}

/** Display names of guests; empty if not readable in time. */
export async function namesOf(agent: PageSources['agent']): Promise<ReadonlyMap<TargetId, string>> {
  const environment = await orNull(agent.environment());
  return new Map(environment?.guests.map(({ target, name }) => [target, name]));
}
