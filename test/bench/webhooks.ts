// Signed webhooks per second that Phoenix accepts and records, compared with receivers that record nothing. The receivers take turns under the same
// load, so that other load of the machine affects them alike.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectRedis } from '../../src/io/ledger/connect.ts';
import { openLedger } from '../../src/io/ledger/ledger.ts';
import { startRedis } from '../../src/io/redis-server.ts';
import { runProgram } from './program.ts';
import { bareReceiver, debianReceiver, phoenixReceiver, probotReceiver, type Receiver } from './receivers.ts';
import { type Line, type Measurement, median, spread } from './report.ts';
import type { LoadResult } from './webhook-load.ts';

const SECRET = 'the secret of the webhook';
const ROUNDS = 5;
const REQUESTS = 6_000;
const CONNECTIONS = 64;
const MIN_RATIO = 0.9;
/** Of receivers that do more than check. */
const AHEAD = 1;

export async function measureWebhooks(): Promise<Measurement> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-bench-'));
  const redis = await startRedis(join(folder, 'redis'), { ended() {}, full() {}, lost() {} });
  const receivers: Receiver[] = [];
  try {
    receivers.push(await phoenixReceiver(folder, SECRET, redis.url), await bareReceiver(SECRET));
    const { PHOENIX_BENCH_PROBOT: probot, PHOENIX_BENCH_WEBHOOK: debian } = process.env;
    if (probot !== undefined) receivers.push(await probotReceiver(probot, SECRET));
    if (debian !== undefined) receivers.push(await debianReceiver(debian, folder, SECRET));
    const taken = await takeTurns(receivers);
    const recorded = await deliveriesIn(redis.url);
    const expected = (ROUNDS + 1) * REQUESTS;
    if (recorded !== expected) throw new Error(`${recorded} of ${expected} accepted deliveries are in the ledger`);
    return report(taken, [
      ...(probot === undefined ? [['probot', 'PHOENIX_BENCH_PROBOT to the folder of its package'] as const] : []),
      ...(debian === undefined ? [['webhook (Debian)', 'PHOENIX_BENCH_WEBHOOK to the program'] as const] : []),
    ]);
  } finally {
    for (const receiver of receivers) await receiver.stop();
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of one receiver, by round. */
interface Taken {
  /** Requests per second. */
  readonly rates: number[];
  /** Processor time of the receiver's own process for each request, in microseconds; empty where the system does not say. */
  readonly cpu: number[];
}

/** The first round, in which programs warm up, is left out. */
async function takeTurns(receivers: readonly Receiver[]): Promise<Map<string, Taken>> {
  const taken = new Map<string, Taken>(receivers.map(({ name }) => [name, { rates: [], cpu: [] }]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const receiver of round % 2 === 0 ? receivers : receivers.toReversed()) {
      const load = [receiver.url, SECRET, String(REQUESTS), String(CONNECTIONS)];
      const before = receiver.cpuMs();
      const { ms, statuses } = await runProgram<LoadResult>('webhook-load.ts', ...load);
      const accepted = (statuses['200'] ?? 0) + (statuses['202'] ?? 0);
      if (accepted !== REQUESTS) throw new Error(`${receiver.name} answered ${JSON.stringify(statuses)}`);
      const after = receiver.cpuMs();
      if (round === 0) continue;
      taken.get(receiver.name)?.rates.push((REQUESTS / ms) * 1_000);
      if (before !== null && after !== null) taken.get(receiver.name)?.cpu.push(((after - before) / REQUESTS) * 1_000);
    }
  }
  return taken;
}

async function deliveriesIn(redisUrl: string): Promise<number> {
  const ledger = openLedger(
    connectRedis(redisUrl, () => {}),
    { clock: { now: () => new Date() } },
  );
  const { length } = await ledger.unsettledDeliveries();
  await ledger.close();
  return length;
}

/** @param missing with what to set, to have it measured */
function report(
  taken: ReadonlyMap<string, Taken>,
  missing: readonly (readonly [name: string, set: string])[],
): Measurement {
  const [[, ours = { rates: [], cpu: [] }] = [], ...peers] = [...taken];
  return {
    title: 'Signed webhooks per second',
    about: [
      'Phoenix: `serve --roles receive`, which verifies, parses, records in Redis on disk (fsync) and asks for a reconcile',
      'before or with its 202. Bare express: checks the signature and nothing else. Probot parses and calls an empty handler;',
      `webhook also starts /bin/true. ${CONNECTIONS} connections, 7 kB each, ${ROUNDS} rounds of ${REQUESTS} in turn. The load and Redis`,
      'need processors of their own: with fewer than three idle ones the rates also measure who waits for whom, and the',
      "processor time of the receiver's own process says more.",
    ].join('\n  '),
    lines: [
      ...[...taken].map(([name, { rates, cpu }]) => ({
        what: name,
        measured: `${spread(rates, 0, '/s')}${cpu.length === 0 ? '' : `, processor time ${spread(cpu, 0, ' µs')} each`}`,
        goal: null,
      })),
      ...missing.map(([what, set]) => ({ what, measured: `not measured: set ${set}`, goal: null })),
      ...peers.flatMap(([name, theirs]) => against(name, ours, theirs)),
    ],
  };
}

function against(name: string, ours: Taken, theirs: Taken): Line[] {
  const rates = ours.rates.map((rate, round) => rate / (theirs.rates[round] ?? Number.NaN));
  const cpu = ours.cpu.map((time, round) => (theirs.cpu[round] ?? Number.NaN) / time);
  const least = name === 'bare express' ? MIN_RATIO : AHEAD;
  const goal = { text: `≥ ${least}`, met: median(rates) >= least };
  const line = { what: `Phoenix against ${name}`, measured: spread(rates, 2), goal };
  if (cpu.length === 0) return [line];
  return [line, { what: `${name} against Phoenix, processor time`, measured: spread(cpu, 2), goal: null }];
}
