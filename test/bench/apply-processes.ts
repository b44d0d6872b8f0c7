// Commands of the host each second with one, two and three processes that carry out steps.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPhoenix } from '../support/agent/phoenix.ts';
import { BOXES, openBoxHost } from '../support/host/boxes.ts';
import { until } from '../support/until.ts';
import { agentProcess, endProcess } from '../torture/random-boxes.ts';
import { manyGuests } from './guests.ts';
import type { Measurement } from './report.ts';

const STEPS = 120;
const COMMAND_MS = 300;
const TIMES = [1, 2, 3] as const;
const MORE = 1.8;

export async function measureApplyProcesses(): Promise<Measurement> {
  const speeds: number[] = [];
  for (const processes of TIMES) speeds.push(await commandsPerSecond(processes));
  const [one = Number.NaN] = speeds;
  return {
    title: 'Processes that apply',
    about: `${STEPS} boxes, each command ${COMMAND_MS} ms; four steps at a time in each process, as where PHOENIX_APPLY_STEPS is not set.`,
    lines: speeds.map((speed, index) => ({
      what: index === 0 ? 'one process' : `${index + 1} processes`,
      measured: `${speed.toFixed(1)} commands/s${index === 0 ? '' : `, ${(speed / one).toFixed(2)}×`}`,
      goal: index === 1 ? { text: `≥ ${MORE}×`, met: speed >= MORE * one } : null,
    })),
  };
}

async function commandsPerSecond(processes: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-bench-'));
  const host = await openBoxHost(folder);
  const phoenix = await startPhoenix({
    host,
    managers: BOXES,
    options: { roles: ['reconcile'], pollSeconds: 1, stepsOnNode: 16 },
  });
  const options = { roles: ['apply'], concurrency: 4, stepsOnNode: 16, leaseSeconds: 15 } as const;
  const agents = Array.from({ length: processes }, (_, n) => {
    return agentProcess(phoenix, folder, String(n), options, { commandMs: COMMAND_MS });
  });
  const all = async () => (await host.commands(true)).length;
  try {
    await phoenix.repo.commit(manyGuests(STEPS));
    await phoenix.repo.push();
    await until(async () => (await all()) > 0, 'the first command', 120);
    const began = performance.now();
    const before = await all();
    const done = async () => (await host.commands()).filter((line) => line.startsWith('box start')).length === STEPS;
    await until(done, 'every box to be started', 120);
    return ((await all()) - before) / ((performance.now() - began) / 1_000);
  } finally {
    for (const agent of agents) await endProcess(agent, 'kill');
    await phoenix.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
