// What pages are read from, and how long they wait for what is outside the ledger.

import type { Agent } from '../agent/deps.ts';
import { orNull } from '../agent/http/outside.ts';
import type { CommitSha, TargetId } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { CommitInfo } from '../ports/repository.ts';

/** Runs looked at for the newest step of each target, its history, and for the run that took another's place. */
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
  readonly agent: Pick<Agent, 'known' | 'orphans' | 'environment' | 'declaration' | 'certificates' | 'commits'>;
  readonly clock: Clock;
}

/** Null where the repository cannot be asked in time. */
export function commitsOf(
  { agent }: PageSources,
  runs: readonly Run[],
): Promise<ReadonlyMap<string, CommitInfo> | null> {
  return orNull(agent.commits(runs.map(({ commit }) => commit as CommitSha)));
}

/** What guests are called; nothing where that cannot be read in time. */
export async function namesOf(agent: PageSources['agent']): Promise<ReadonlyMap<TargetId, string>> {
  const environment = await orNull(agent.environment());
  return new Map(environment?.guests.map(({ target, name }) => [target, name]));
}
