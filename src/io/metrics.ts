// Prometheus metrics of Phoenix: counters of this process since its start, and gauges of the whole installation that are read when they are requested
// (`metrics-ledger.ts`, `metrics-environment.ts`). All have the label `installation`, so that queries never mix two of them. Every process of an
// installation reports the same gauges: queries take them as one (`max without (instance)`), and add up its counters (`sum without (instance)`).

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { EnvironmentSeen } from '../model/environment.ts';
import type { RunId } from '../model/ids.ts';
import { kindOf } from '../model/ids.ts';
import { installationText } from '../model/installation.ts';
import type { Clock } from '../ports/clock.ts';
import type { Forge, ForgeLimit, SendResult } from '../ports/forge.ts';
import type { Host } from '../ports/host.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Channel } from '../ports/notifications.ts';
import { environmentGauges } from './metrics-environment.ts';
import { type GaugedLedger, ledgerGauges } from './metrics-ledger.ts';

/** Histogram buckets: Proxmox's programs take from half a second to minutes. */
const COMMAND_SECONDS = [0.05, 0.1, 0.5, 1, 2, 5, 15, 60, 300];
/** What a channel answers to a message. */
const SEND_RESULTS = ['sent', 'refused', 'later'] as const;

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

export type MetricsLedger = Pick<Ledger, 'hasEnded' | 'runProgress' | 'installation'> & GaugedLedger;

export interface MetricsOptions {
  readonly clock: Clock;
  /** Version of Phoenix. */
  readonly version: string;
}

/** Gauges of Node's default metrics that are named like counters; they duplicate the numbers by type. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

export function openMetrics(ledger: MetricsLedger, { clock, version }: MetricsOptions): Metrics {
  const registry = new Registry();
  const own = new Registry();
  const registers = [own];
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const shared = new Registry();
  const showEnvironment = environmentGauges(shared);
  const showLedger = ledgerGauges(shared, ledger, clock);
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
  let channelNames: readonly string[] = [];
  const commands = new Histogram({
    name: 'phoenix_host_command_seconds',
    help: 'Commands run on the host: how many, how long, how they ended.',
    labelNames: ['program', 'ended'],
    buckets: COMMAND_SECONDS,
    registers,
  });
  const build = new Gauge({
    name: 'phoenix_build_info',
    help: 'Always 1; the labels say which Phoenix runs on which Node.',
    labelNames: ['version', 'node_version'],
    registers: [registry],
  });
  build.set({ version, node_version: process.versions.node }, 1);
  let forgeLimit = (): ForgeLimit | null => null;
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
      // From 0 on: increase() does not count the first value of a series, which would be the first refusal.
      for (const channel of channelNames) for (const result of SEND_RESULTS) sends.inc({ channel, result }, 0);
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
      if (seen !== null) showEnvironment(seen);
      const [installation] = await Promise.all([
        ledger.installation(),
        showLedger({ channels: channelNames, limit: forgeLimit() }),
      ]);
      const labels = installation === null ? {} : { installation: installationText(installation) };
      for (const each of [own, shared]) each.setDefaultLabels(labels);
      const texts = await Promise.all([registry, own, shared].map((each) => each.metrics()));
      return { contentType: registry.contentType, text: texts.join('') };
    },
  };
}
