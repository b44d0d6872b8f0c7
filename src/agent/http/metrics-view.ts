// What metrics tell of the environment: the same as the pages, from a look at the host that is a minute old at most, since whoever
// collects metrics comes every few seconds.

import type { EnvironmentSeen } from '../../model/environment.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Agent } from '../deps.ts';
import { HOST_WITHIN_MS, orNull } from './outside.ts';
import { overviewOf } from './overview.ts';
import { targetsJson } from './run-json.ts';

const LOOK_EVERY_MS = 60_000;
/** How far back the newest step and look of each target are looked for. */
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
    const overview = overviewOf({ head, open, targets, orphans, certificates, now: clock.now() });
    const drifted = new Set(overview.drifted.map(({ target }) => target));
    return {
      targets: targets.map(({ target, state, proved, outcome, look: looked }) => ({
        ...{ target, state, proved },
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

/** The last answer for as long as it is fresh, by a clock that nobody sets. */
function atMostEvery<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let known: { readonly at: number; readonly answer: Promise<T> } | null = null;
  return () => {
    const now = performance.now();
    if (known === null || now - known.at > ms) known = { at: now, answer: ask() };
    return known.answer;
  };
}
