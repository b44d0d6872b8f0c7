// What pages are read from, and how long they wait for what is outside the ledger.

import type { Agent } from '../agent/parts.ts';
import type { CommitSha } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Clock, CommitInfo } from '../ports.ts';

/** Runs looked at for the newest step of each target, its history, and for the run that took another's place. */
export const RUNS_LOOKED_AT = 100;
/** Host and repository are asked; a page does not wait longer for them. */
export const OUTSIDE_WITHIN_MS = 1_500;

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

/** What is not there in time is not known. */
export function orNull<T>(asked: Promise<T>): Promise<T | null> {
  return within(OUTSIDE_WITHIN_MS, asked).catch(() => null);
}

/** @throws when the promise takes longer; it goes on, unheard */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
