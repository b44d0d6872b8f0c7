// Metrics: they cover all that is known and nothing else, follow Prometheus' conventions, and include all that the alert rules and the dashboard in
// deploy/ use.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type MetricsLedger, openMetrics } from '../../src/io/metrics.ts';
import type { EnvironmentSeen } from '../../src/model/environment.ts';
import type { TargetId } from '../../src/model/ids.ts';
import type { Forge } from '../../src/ports/forge.ts';
import type { Channel } from '../../src/ports/notifications.ts';
import { LONG_TEST } from '../support/long.ts';
import { findProgram } from '../support/programs.ts';

const PROMTOOL = findProgram('promtool', 'PHOENIX_TEST_PROMTOOL');
const DEPLOY = join(import.meta.dirname, '../../deploy');
const RULES = readFileSync(join(DEPLOY, 'prometheus/alerts.yml'), 'utf8');
const RULE_TESTS = readFileSync(join(DEPLOY, 'prometheus/alerts.test.yml'), 'utf8');
const DASHBOARD = readFileSync(join(DEPLOY, 'grafana/phoenix.json'), 'utf8');

const NOW = '2026-01-02T03:00:00.000Z';
const at = (iso: string) => Date.parse(iso) / 1_000;
const QUIET: MetricsLedger = {
  hasEnded: async () => false,
  installation: async () => null,
  runProgress: async () => null,
  openRuns: async () => [],
  frozen: async () => null,
  reportsWaiting: async () => 0,
  reportsHeld: async () => null,
  nextReport: async () => null,
  nodesAway: async () => new Map(),
  faults: async () => new Map(),
  channelStates: async () => new Map(),
};
const LATE: MetricsLedger = {
  ...QUIET,
  reportsHeld: async () => ({ failed: 1, waiting: 2, since: '2026-01-02T02:30:00.000Z', why: 'no' }),
  nodesAway: async () => new Map([['pve', { since: '2026-01-02T02:00:00.000Z', why: 'no' }]]),
  faults: async () => new Map([['repository', { since: '2026-01-02T02:10:00.000Z', why: 'no' }]]),
  channelStates: async () =>
    new Map([
      ['ops', { waiting: 3, failing: { since: '2026-01-02T01:00:00.000Z', why: 'no' } }],
      ['night', { waiting: 0, failing: null }],
    ]),
};
const SEEN: EnvironmentSeen = {
  targets: [
    {
      target: 'lxc/101' as TargetId,
      state: 'applied',
      proved: '2026-01-01T00:00:00.000Z',
      failed: false,
      drifted: true,
    },
    { target: 'vm/9' as TargetId, state: 'declared', proved: null, failed: true, drifted: null },
  ],
  ...{ approvals: 2, headRefused: false, orphans: 1, lookedAt: '2026-01-01T12:00:00.000Z' },
  certificates: [
    { target: 'certificate/a' as TargetId, validity: { from: NOW, until: '2026-02-01T00:00:00.000Z' } },
    { target: 'certificate/b' as TargetId, validity: null },
  ],
};
const UNKNOWN: EnvironmentSeen = { ...SEEN, targets: [], orphans: null, certificates: null, lookedAt: null };

const HOME = { repository: 'git/home', branch: 'main', node: 'pve' };

/** Lines of Phoenix's own metrics, without their descriptions. */
const ours = (text: string) => text.split('\n').filter((line) => line.startsWith('phoenix_'));

function metricsOf(ledger: MetricsLedger) {
  return openMetrics(ledger, { clock: { now: () => new Date(NOW) }, version: '1.2.3' });
}

test('they tell each target, certificate, queue and limit; what is not known has no series', async () => {
  const metrics = metricsOf(LATE);
  metrics.forge({ limit: () => ({ remaining: 4_000, limit: 5_000, resets: 1_767_326_400 }) } as Forge);
  const { text } = await metrics.text(SEEN);
  expect(ours(text)).toEqual(
    expect.arrayContaining([
      'phoenix_target_state{target="lxc/101",kind="lxc",state="applied"} 1',
      'phoenix_target_state{target="vm/9",kind="vm",state="declared"} 1',
      `phoenix_target_last_success_timestamp_seconds{target="lxc/101",kind="lxc"} ${at('2026-01-01T00:00:00Z')}`,
      'phoenix_target_failed{target="vm/9",kind="vm"} 1',
      'phoenix_target_drifted{target="lxc/101",kind="lxc"} 1',
      `phoenix_certificate_expiry_timestamp_seconds{target="certificate/a"} ${at('2026-02-01T00:00:00Z')}`,
      `phoenix_last_look_timestamp_seconds ${at('2026-01-01T12:00:00Z')}`,
      'phoenix_approvals_waiting 2',
      'phoenix_orphans 1',
      'phoenix_outbox_age_seconds 1800',
      'phoenix_queue_age_seconds 0',
      `phoenix_node_away_timestamp_seconds{node="pve"} ${at('2026-01-02T02:00:00Z')}`,
      `phoenix_fault_timestamp_seconds{subject="repository"} ${at('2026-01-02T02:10:00Z')}`,
      'phoenix_notifications_waiting{channel="ops"} 3',
      `phoenix_notifications_failing_timestamp_seconds{channel="ops"} ${at('2026-01-02T01:00:00Z')}`,
      'phoenix_forge_requests_remaining 4000',
      'phoenix_forge_requests_limit 5000',
      `phoenix_build_info{version="1.2.3",node_version="${process.versions.node}"} 1`,
    ]),
  );
  expect(text).not.toMatch(
    /^phoenix_target_(drifted|last_success\w+)\{target="vm\/9"|certificate\/b|failing\w+\{channel="night"/m,
  );

  const after = (await metrics.text(UNKNOWN)).text;
  for (const name of ['target_state', 'target_drifted', 'certificate_expiry', 'orphans', 'last_look'])
    expect(ours(after).filter((line) => line.startsWith(`phoenix_${name}`))).toEqual([]);
  const quiet = (await metricsOf(QUIET).text(null)).text;
  expect(ours(quiet).filter((line) => /^phoenix_(forge|node_away|fault|target)/.test(line))).toEqual([]);
});

test('rules and dashboard ask only for metrics that there are, the docs name each, and every rule has its tests', async () => {
  const metrics = metricsOf({ ...LATE, installation: async () => HOME });
  metrics.forge({ limit: () => ({ remaining: 4_000, limit: 5_000, resets: 1_767_326_400 }) } as Forge);
  metrics.channels([{ name: 'ops' } as Channel]);
  metrics.delivery('accepted');
  const { text } = await metrics.text(SEEN);
  // Before anything was sent: the rules ask for an increase, which a first value is not.
  const sends = ours(text).filter((line) => line.startsWith('phoenix_notifications_total{'));
  expect(sends).toHaveLength(3);
  expect(sends.filter((line) => !/channel="ops",result="(sent|refused|later)".* 0$/.test(line))).toEqual([]);
  const known = new Set([...text.matchAll(/^# HELP (\w+)/gm)].map(([, name]) => name));
  const asked = [RULES, DASHBOARD].flatMap((file) => [...file.matchAll(/\bphoenix_\w+/g)].map(([name]) => name));
  expect(asked.length).toBeGreaterThan(30);
  expect(asked.filter((name) => !known.has(name.replace(/_(bucket|count|sum)$/, '')))).toEqual([]);
  // Each process reports them: a query takes those of one installation as one, or an alert fires for each process.
  const labelled = ours(text).flatMap((line) => /^(\w+)\{.*installation="git\/home#main@pve"/.exec(line)?.[1] ?? []);
  expect(labelled).toEqual(expect.arrayContaining(['phoenix_deliveries_total']));
  const shared = labelled.filter((name) => !/_(total|bucket|sum|count)$/.test(name));
  expect(shared).toEqual(expect.arrayContaining(['phoenix_target_failed', 'phoenix_frozen', 'phoenix_orphans']));
  expect(shared).not.toContain('phoenix_build_info');
  const queries = [RULES, DASHBOARD].flatMap((file) =>
    [...file.matchAll(/"?expr"?: (.*)/g)].map(([, query]) => query ?? ''),
  );
  const alone = queries.flatMap((query) => [
    ...query
      .replaceAll(/\b(?:max|min)( without \(instance\) )?\((phoenix_[^()]*|phoenix_[^()]* time\(\))\)/g, '')
      .matchAll(/phoenix_\w+/g),
  ]);
  expect(alone.map(([name]) => name).filter((name) => shared.includes(name))).toEqual([]);
  // A process keeps what the forge told it last, also when that period is over: it says nothing of what is left now.
  const left = queries.filter((query) => query.includes('phoenix_forge_requests_remaining'));
  expect(left).toHaveLength(2);
  expect(left.filter((query) => !/phoenix_forge_limit_reset_timestamp_seconds > time\(\)/.test(query))).toEqual([]);
  const told = readFileSync(join(DEPLOY, '../docs/agent.md'), 'utf8');
  expect([...known].filter((name) => name?.startsWith('phoenix_') && !told.includes(`\`${name}\``))).toEqual([]);
  const alerts = [...RULES.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  expect(alerts.filter((name) => !RULE_TESTS.includes(`name: ${name} fires`))).toEqual([]);
});

test.skipIf(PROMTOOL === undefined)(
  'promtool finds nothing in metrics and rules (needs promtool, see test/README.md)',
  LONG_TEST,
  async () => {
    const run = (args: readonly string[], input = '') => {
      const { status, stdout, stderr } = spawnSync(PROMTOOL ?? '', args, { input, encoding: 'utf8' });
      return { status, said: `${stdout}${stderr}` };
    };
    expect(run(['check', 'metrics'], (await metricsOf(LATE).text(SEEN)).text)).toEqual({ status: 0, said: '' });
    expect(run(['check', 'rules', join(DEPLOY, 'prometheus/alerts.yml')])).toMatchObject({ status: 0 });
    expect(run(['test', 'rules', join(DEPLOY, 'prometheus/alerts.test.yml')])).toMatchObject({ status: 0 });
  },
);
