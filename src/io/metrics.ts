// Prometheus metrics of Phoenix. Counters cover this process since its start; gauges are read from the ledger when requested.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { EnvironmentSeen } from '../model/environment.ts';
import type { RunId } from '../model/ids.ts';
import { kindOf } from '../model/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { Forge, ForgeLimit, SendResult } from '../ports/forge.ts';
import type { Host } from '../ports/host.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Channel } from '../ports/notifications.ts';
import { environmentGauges, seconds, setOrNone } from './metrics-environment.ts';

/** Histogram buckets: Proxmox's programs take from half a second to minutes. */
const COMMAND_SECONDS = [0.05, 0.1, 0.5, 1, 2, 5, 15, 60, 300];

export interface Metrics {
  delivery(end: string): void;
  /** Counts a run and its steps once it has ended; to be called whenever a run changed. */
  runChanged(run: RunId): void;
  /** Wraps a host to count its commands. */
  host(host: Host): Host;
  /** Wraps a forge to count its reports. */
  forge(forge: Forge): Forge;
  /** Wraps channels to count their messages. */
  channels(channels: readonly Channel[]): readonly Channel[];
  /** @param seen the observed environment; null where unknown */
  text(seen: EnvironmentSeen | null): Promise<{ readonly contentType: string; readonly text: string }>;
}

export type MetricsLedger = Pick<
  Ledger,
  | 'hasEnded'
  | 'runProgress'
  | 'openRuns'
  | 'frozen'
  | 'reportsWaiting'
  | 'reportsHeld'
  | 'nextReport'
  | 'nodesAway'
  | 'faults'
  | 'channelStates'
>;

export interface MetricsOptions {
  readonly clock: Clock;
  /** Version of Phoenix. */
  readonly version: string;
}

/** Gauges of Node's default metrics that are named like counters; they duplicate the numbers by type. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

export function openMetrics(ledger: MetricsLedger, { clock, version }: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const showEnvironment = environmentGauges(registry);
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name, help, labelNames: [...labelNames], registers });
  const deliveries = counter('phoenix_deliveries_total', 'Webhook deliveries by how they ended.', ['end']);
  const runs = counter('phoenix_runs_total', 'Runs that ended, by state.', ['state', 'trigger']);
  const steps = counter('phoenix_steps_total', 'Steps of runs that ended, by kind and outcome.', ['kind', 'outcome']);
  const heals = counter('phoenix_drift_heals_total', 'Targets that were healed after a look, by kind and outcome.', [
    'kind',
    'outcome',
  ]);
  const reports = counter('phoenix_reports_total', 'Statuses, checks and comments offered to the forge, by result.', [
    'result',
  ]);
  const sends = counter('phoenix_notifications_total', 'Messages offered to each channel, by result.', [
    'channel',
    'result',
  ]);
  const news = new Gauge({
    name: 'phoenix_notifications_waiting',
    help: 'What each channel is still to be told.',
    labelNames: ['channel'],
    registers,
  });
  const failing = new Gauge({
    name: 'phoenix_notifications_failing_timestamp_seconds',
    help: 'Since when a channel takes nothing that it is told; none while it does.',
    labelNames: ['channel'],
    registers,
  });
  let channelNames: readonly string[] = [];
  const commands = new Histogram({
    name: 'phoenix_host_command_seconds',
    help: 'Commands run on the host: how many, how long, how they ended.',
    labelNames: ['program', 'ended'],
    buckets: COMMAND_SECONDS,
    registers,
  });
  const queued = new Gauge({
    name: 'phoenix_steps_open',
    help: 'Steps of open runs: waiting to start, or running.',
    labelNames: ['state'],
    registers,
  });
  const openRuns = new Gauge({ name: 'phoenix_runs_open', help: 'Runs that have not ended.', registers });
  const outbox = new Gauge({ name: 'phoenix_outbox_reports', help: 'Reports still to be sent.', registers });
  const unsent = new Gauge({
    name: 'phoenix_outbox_failed',
    help: 'Reports that the forge has not taken so far: its login, its right, or the forge itself fails.',
    registers,
  });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const queueAge = gauge(
    'phoenix_queue_age_seconds',
    'How long the oldest open run with a step that has not started has been there; 0 without one.',
  );
  const outboxAge = gauge(
    'phoenix_outbox_age_seconds',
    'How long the oldest report is late, or the forge takes none; 0 while all are taken in time.',
  );
  const away = new Gauge({
    name: 'phoenix_node_away_timestamp_seconds',
    help: 'Since when a node does not answer; none for one that does.',
    labelNames: ['node'],
    registers,
  });
  const faulty = new Gauge({
    name: 'phoenix_fault_timestamp_seconds',
    help: 'Since when something that Phoenix needs is at fault, such as the repository; none for what works.',
    labelNames: ['subject'],
    registers,
  });
  const limits = {
    remaining: gauge('phoenix_forge_requests_remaining', 'Requests that the forge still takes, as it said last.'),
    limit: gauge('phoenix_forge_requests_limit', 'Requests that the forge takes in one period, as it said last.'),
    resets: gauge('phoenix_forge_limit_reset_timestamp_seconds', 'When the next period of the forge begins.'),
  };
  const build = new Gauge({
    name: 'phoenix_build_info',
    help: 'Always 1; the labels say which Phoenix runs on which Node.',
    labelNames: ['version', 'node_version'],
    registers,
  });
  build.set({ version, node_version: process.versions.node }, 1);
  let forgeLimit = (): ForgeLimit | null => null;
  const frozen = new Gauge({ name: 'phoenix_frozen', help: '1 while Phoenix is frozen.', registers });
  const ended = new Set<RunId>();

  async function countRun(id: RunId): Promise<void> {
    // Called with every change of every run, so it must be cheap.
    if (ended.has(id) || !(await ledger.hasEnded(id))) return;
    const run = await ledger.runProgress(id);
    if (run === null || ended.has(id)) return;
    ended.add(id);
    runs.inc({ state: run.state, trigger: run.trigger });
    for (const { target, outcome } of run.steps) {
      if (outcome === null) continue;
      steps.inc({ kind: kindOf(target), outcome });
      if (run.request.heal === true) heals.inc({ kind: kindOf(target), outcome });
    }
  }

  return {
    delivery: (end) => deliveries.inc({ end }),
    runChanged(run) {
      // A missed count must not stop anything.
      countRun(run).catch(() => {});
    },
    host: (host) => ({
      ...host,
      async run(command, options) {
        const result = await host.run(command, options);
        const how = result.ended === 'exited' ? `exit ${result.exit === 0 ? '0' : 'other'}` : result.ended;
        commands.observe({ program: command.program, ended: how }, result.ms / 1_000);
        return result;
      },
    }),
    forge: (forge) => {
      const counted = async (sending: Promise<SendResult>) => {
        const result = await sending;
        reports.inc({ result: result.sent ? 'sent' : result.retryAfterSeconds === null ? 'refused' : 'later' });
        return result;
      };
      forgeLimit = () => forge.limit();
      return {
        ...forge,
        setStatus: (...report) => counted(forge.setStatus(...report)),
        setComment: (...report) => counted(forge.setComment(...report)),
      };
    },
    channels: (channels) => {
      channelNames = channels.map(({ name }) => name);
      return channels.map((channel) => ({
        ...channel,
        async send(message) {
          const answer = await channel.send(message);
          const result = answer.sent ? 'sent' : answer.retryAfterSeconds === null ? 'refused' : 'later';
          sends.inc({ channel: channel.name, result });
          return answer;
        },
      }));
    },
    async text(seen) {
      const [open, freeze, waiting, held, next, nodes, faults, states] = await Promise.all([
        ledger.openRuns(),
        ledger.frozen(),
        ledger.reportsWaiting(),
        ledger.reportsHeld(),
        ledger.nextReport(),
        ledger.nodesAway(),
        ledger.faults(),
        ledger.channelStates(channelNames),
      ]);
      failing.reset();
      for (const [channel, state] of states) {
        news.set({ channel }, state.waiting);
        if (state.failing !== null) failing.set({ channel }, seconds(state.failing.since));
      }
      const now = clock.now().getTime();
      if (seen !== null) showEnvironment(seen);
      const unstarted = open.filter(({ steps: all }) =>
        all.some((step) => step.started === null && step.outcome === null),
      );
      queueAge.set(
        ageAt(
          now,
          unstarted.map(({ created }) => Date.parse(created)),
        ),
      );
      outboxAge.set(ageAt(now, [...(next === null ? [] : [next]), ...(held === null ? [] : [Date.parse(held.since)])]));
      away.reset();
      for (const [node, { since }] of nodes) away.set({ node }, seconds(since));
      faulty.reset();
      for (const [subject, { since }] of faults) faulty.set({ subject }, seconds(since));
      const limit = forgeLimit();
      for (const [name, of] of Object.entries(limits)) setOrNone(of, limit?.[name as keyof ForgeLimit] ?? null);
      const todo = open.flatMap((run) => run.steps).filter(({ outcome }) => outcome === null);
      const running = todo.filter(({ started }) => started !== null).length;
      openRuns.set(open.length);
      queued.set({ state: 'waiting' }, todo.length - running);
      queued.set({ state: 'running' }, running);
      outbox.set(waiting);
      unsent.set(held?.failed ?? 0);
      frozen.set(freeze === null ? 0 : 1);
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

/** Seconds since the earliest of these times (in milliseconds); 0 where none is past. */
function ageAt(now: number, times: readonly number[]): number {
  return Math.max(0, ...times.map((time) => (now - time) / 1_000));
}
