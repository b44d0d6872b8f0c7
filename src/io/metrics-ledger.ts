// Prometheus metrics of the ledger and of the forge's rate limit. An unknown value is left out: an absent series is not zero.

import { Gauge, type Registry } from 'prom-client';
import type { Clock } from '../ports/clock.ts';
import type { ForgeLimit } from '../ports/forge.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { RunDetail } from '../ports/runs.ts';
import { seconds, setOrNone } from './metrics-environment.ts';

export type GaugedLedger = Pick<
  Ledger,
  'openRuns' | 'frozen' | 'reportsWaiting' | 'reportsHeld' | 'nextReport' | 'nodesAway' | 'faults' | 'channelStates'
>;

interface Beside {
  /** Names of the channels. */
  readonly channels: readonly string[];
  /** What the forge said last; null when it said nothing. */
  readonly limit: ForgeLimit | null;
}

/** Creates the gauges; returns a function that reads the ledger and sets them. */
export function ledgerGauges(
  registry: Registry,
  ledger: GaugedLedger,
  clock: Clock,
): (beside: Beside) => Promise<void> {
  const registers = [registry];
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers });
  const news = gauge('phoenix_notifications_waiting', 'What each channel is still to be told.', ['channel']);
  const failing = gauge(
    'phoenix_notifications_failing_timestamp_seconds',
    'Since when a channel takes nothing that it is told; none while it does.',
    ['channel'],
  );
  const queued = gauge('phoenix_steps_open', 'Steps of open runs: waiting to start, or running.', ['state']);
  const openRuns = gauge('phoenix_runs_open', 'Runs that have not ended.');
  const outbox = gauge('phoenix_outbox_reports', 'Reports still to be sent.');
  const unsent = gauge(
    'phoenix_outbox_failed',
    'Reports that the forge has not taken so far: its login, its right, or the forge itself fails.',
  );
  const queueAge = gauge(
    'phoenix_queue_age_seconds',
    'How long the oldest open run with a step that has not started has been there; 0 without one.',
  );
  const outboxAge = gauge(
    'phoenix_outbox_age_seconds',
    'How long the oldest report is late, or the forge takes none; 0 while all are taken in time.',
  );
  const away = gauge(
    'phoenix_node_away_timestamp_seconds',
    'Since when a node does not answer; none for one that does.',
    ['node'],
  );
  const faulty = gauge(
    'phoenix_fault_timestamp_seconds',
    'Since when something that Phoenix needs is at fault, such as the repository; none for what works.',
    ['subject'],
  );
  const limits = {
    remaining: gauge('phoenix_forge_requests_remaining', 'Requests that the forge still takes, as it said last.'),
    limit: gauge('phoenix_forge_requests_limit', 'Requests that the forge takes in one period, as it said last.'),
    resets: gauge('phoenix_forge_limit_reset_timestamp_seconds', 'When the next period of the forge begins.'),
  };
  const frozen = gauge('phoenix_frozen', '1 while Phoenix is frozen.');

  function setRuns(open: readonly RunDetail[], now: number): void {
    const unstarted = open.filter(({ steps }) => steps.some((step) => step.started === null && step.outcome === null));
    const todo = open.flatMap((run) => run.steps).filter(({ outcome }) => outcome === null);
    const running = todo.filter(({ started }) => started !== null).length;
    queueAge.set(
      ageAt(
        now,
        unstarted.map(({ created }) => Date.parse(created)),
      ),
    );
    openRuns.set(open.length);
    queued.set({ state: 'waiting' }, todo.length - running);
    queued.set({ state: 'running' }, running);
  }

  async function setReports(now: number): Promise<void> {
    const [waiting, held, next] = await Promise.all([
      ledger.reportsWaiting(),
      ledger.reportsHeld(),
      ledger.nextReport(),
    ]);
    outbox.set(waiting);
    unsent.set(held?.failed ?? 0);
    outboxAge.set(ageAt(now, [...(next === null ? [] : [next]), ...(held === null ? [] : [Date.parse(held.since)])]));
  }

  async function setChannels(channels: readonly string[]): Promise<void> {
    const states = await ledger.channelStates(channels);
    failing.reset();
    for (const [channel, state] of states) {
      news.set({ channel }, state.waiting);
      if (state.failing !== null) failing.set({ channel }, seconds(state.failing.since));
    }
  }

  async function setFaults(): Promise<void> {
    const [nodes, faults] = await Promise.all([ledger.nodesAway(), ledger.faults()]);
    away.reset();
    for (const [node, { since }] of nodes) away.set({ node }, seconds(since));
    faulty.reset();
    for (const [subject, { since }] of faults) faulty.set({ subject }, seconds(since));
  }

  return async ({ channels, limit }) => {
    const now = clock.now().getTime();
    for (const [name, of] of Object.entries(limits)) setOrNone(of, limit?.[name as keyof ForgeLimit] ?? null);
    await Promise.all([
      ledger.openRuns().then((open) => setRuns(open, now)),
      ledger.frozen().then((freeze) => frozen.set(freeze === null ? 0 : 1)),
      setReports(now),
      setChannels(channels),
      setFaults(),
    ]);
  };
}

/** Seconds since the earliest of these times (in milliseconds); 0 where none is past. */
function ageAt(now: number, times: readonly number[]): number {
  return Math.max(0, ...times.map((time) => (now - time) / 1_000));
}
