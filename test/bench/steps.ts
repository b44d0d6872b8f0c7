// The cost per step of a run with many steps, on a host within this process with a fixed response time.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { openTestServer } from '../agent/test-server.ts';
import { startPhoenix } from '../support/agent/phoenix.ts';
import { BOXES, openBoxHost } from '../support/host/boxes.ts';
import { countCalls } from '../support/redis/redis-calls.ts';
import { until } from '../support/until.ts';
import { manyGuests } from './guests.ts';
import type { Line, Measurement } from './report.ts';

const SIZES = [100, 1_000, 5_000] as const;
const ANSWER_MS = 20;
const AT_ONCE = 4;
const MAX_CALLS = 30;
const MAX_BYTES = 2_000;
const WITHIN = 0.2;
const BUSY = 0.9;
const MAX_SECONDS = 1_200;

interface Cost {
  readonly steps: number;
  readonly perSecond: number;
  /** Share of the time in which a command was on its way. */
  readonly busy: number;
  readonly calls: number;
  /** With what scripts do inside Redis. */
  readonly commands: number;
  readonly bytes: number;
}

export async function measureSteps(): Promise<Measurement> {
  const costs: Cost[] = [];
  for (const size of SIZES) costs.push(await run(size));
  const speeds = costs.map(({ perSecond }) => perSecond);
  const [slowest, fastest] = [Math.min(...speeds), Math.max(...speeds)];
  const isConstant = slowest >= (1 - WITHIN) * fastest;
  return {
    title: 'Steps of one run',
    about: [
      `Each box is looked at, made, started and looked at again by commands of ${ANSWER_MS} ms; ${AT_ONCE} steps at a time. Counted from the`,
      'first command to the last. Calls are what Redis is asked; in parentheses with what its scripts do.',
    ].join('\n  '),
    lines: costs.flatMap(({ steps, perSecond, busy, calls, commands, bytes }): Line[] => {
      const size = `${steps.toLocaleString('en')} steps`;
      return [
        {
          what: `${size}: each second`,
          measured: perSecond.toFixed(1),
          goal: { text: 'the same within 20 %', met: isConstant },
        },
        {
          what: `${size}: host busy`,
          measured: `${(100 * busy).toFixed(0)} %`,
          goal: { text: '≥ 90 %', met: busy >= BUSY },
        },
        {
          what: `${size}: calls to Redis per outcome`,
          measured: `${calls.toFixed(1)} (${commands.toFixed(0)})`,
          goal: { text: `≤ ${MAX_CALLS}`, met: calls <= MAX_CALLS },
        },
        {
          what: `${size}: bytes per outcome to one event stream`,
          measured: bytes.toFixed(0),
          goal: { text: `≤ ${MAX_BYTES}`, met: bytes <= MAX_BYTES },
        },
      ];
    }),
  };
}

async function run(steps: number): Promise<Cost> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-bench-'));
  const host = await openBoxHost(folder);
  const options = { roles: ['reconcile', 'apply'], concurrency: AT_ONCE } as const;
  const phoenix = await startPhoenix({ host, managers: BOXES, options });
  const server = await openTestServer(phoenix.redis.url);
  const calls = await countCalls(phoenix.redis.socket);
  const gone = new AbortController();
  try {
    let [began, ended, started, active, idle, since] = [0, 0, 0, 0, 0, 0];
    let first = { asked: 0, run: 0 };
    let last = first;
    const count = () => ({ asked: calls.asked(), run: calls.run() });
    host.before = async (line) => {
      const now = performance.now();
      if (began === 0) [began, first] = [now, count()];
      else if (active === 0) idle += now - since;
      active += 1;
      await pause(ANSWER_MS);
      active -= 1;
      [since, ended, last] = [performance.now(), performance.now(), count()];
      if (line.startsWith('box start')) started += 1;
    };
    await phoenix.repo.commit(manyGuests(steps));
    await phoenix.repo.push();
    await until(() => began > 0, 'the first command', MAX_SECONDS);
    const bytes = readEvents(server.url, gone.signal);
    await until(() => started === steps, 'every box to be started', MAX_SECONDS);
    const seconds = (ended - began) / 1_000;
    return {
      steps,
      perSecond: steps / seconds,
      busy: 1 - idle / (ended - began),
      calls: (last.asked - first.asked) / steps,
      commands: (last.run - first.run) / steps,
      bytes: bytes.sent() / steps,
    };
  } finally {
    gone.abort();
    calls.stop();
    await server.close();
    await phoenix.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Bytes of the event stream of the first run, without the whole run that is sent at the start. */
function readEvents(url: string, signal: AbortSignal): { sent(): number } {
  let sent = 0;
  const onEvent = ({ event = '', data, id = '' }: EventSourceMessage) => {
    if (event !== 'run' && event !== 'end') sent += event.length + data.length + id.length;
  };
  const read = async () => {
    const response = await fetch(`${url}/api/runs/1/events?logs=new`, { signal });
    const parser = createParser({ onEvent });
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) parser.feed(chunk);
  };
  read().catch(() => {});
  return { sent: () => sent };
}
