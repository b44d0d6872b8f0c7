// The environment as reported in metrics: the same data as the pages, from an observation that is at most a minute old, since metrics are collected
// every few seconds.

import type { EnvironmentSeen } from '../../model/environment.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Agent } from '../deps.ts';
import { HOST_WITHIN_MS, orNull } from './outside.ts';
import { overviewOf } from './overview.ts';
import { targetsJson } from './run-json.ts';

const LOOK_EVERY_MS = 60_000;
/** Number of runs that are searched for the newest step and observation of each target. */
const RUNS_LOOKED_AT = 100;

export interface MetricsDeps {
  readonly ledger: Pick<Ledger, 'targets' | 'runs' | 'openRuns' | 'head'>;
  readonly agent: Pick<Agent, 'known' | 'orphans' | 'certificates'>;
  readonly clock: Clock;
}

export function metricsView({ ledger, agent, clock }: MetricsDeps): () => Promise<EnvironmentSeen> {
  const look = atMostEvery(LOOK_EVERY_MS, () =>
    Promise.all([orNull(agent.known(HOST_WITHIN_MS)), orNull(agent.orphans()), orNull(agent.certificates())]),
  );
  return async () => {
    const [records, runs, open, head, [known, orphans, certificates]] = await Promise.all([
      ledger.targets(),
      ledger.runs(RUNS_LOOKED_AT),
      ledger.openRuns(),
      ledger.head(),
      look(),
    ]);
    const targets = targetsJson(records, runs, known);
    // Faults have metrics of their own.
    const overview = overviewOf({ head, open, targets, orphans, certificates, faults: [], now: clock.now() });
    const drifted = new Set(overview.drifted.map(({ target }) => target));
    return {
      targets: targets.map(({ target, state, proved, outcome, look: looked }) => ({
        target,
        state,
        proved,
        failed: outcome === 'failed',
        drifted: looked === null ? null : drifted.has(target),
      })),
      approvals: overview.approvals.length,
      headRefused: overview.refused !== null,
      orphans: orphans?.length ?? null,
      certificates,
      lookedAt: overview.observedAt,
    };
  };
}

/** Caches the last answer for a time, by a monotonic clock. */
function atMostEvery<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let known: { readonly at: number; readonly answer: Promise<T> } | null = null;
  return () => {
    const now = performance.now();
    if (known === null || now - known.at > ms) known = { at: now, answer: ask() };
    return known.answer;
  };
}
