// What a plan costs over 100, 1,000 and 10,000 guests of which one changed, each in processes of their own.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Files } from '../support/environment.ts';
import { manyGuests } from './guests.ts';
import type { PlanCost } from './plan-once.ts';
import { runProgram } from './program.ts';
import { type Line, type Measurement, median, spread } from './report.ts';

const SIZES = [100, 1_000, 10_000] as const;
const REPEATS = 5;
const MAX_MS = 1_000;
const MAX_LOADING_MS = 1_000;
const MAX_MB = 250;
/** Ten times the guests may cost ten times the time, and a half for what grows with a heap. */
const LINEAR = 1.5;

export async function measurePlan(): Promise<Measurement> {
  const costs = new Map<number, readonly PlanCost[]>();
  for (const size of SIZES) costs.set(size, await costsOf(size));
  const largest = costs.get(10_000) ?? [];
  const perGuest = (size: number) => median((costs.get(size) ?? []).map(({ plan }) => plan.cpuMs)) / size;
  const growth = perGuest(10_000) / perGuest(1_000);
  const time = largest.map(({ plan }) => plan.ms);
  const cpu = largest.map(({ plan }) => plan.cpuMs);
  const loading = largest.map(({ load }) => load.ms);
  const peak = largest.map(({ plan }) => plan.peakMb);
  const added = largest.map(({ load, plan }) => plan.peakMb - load.peakMb);
  return {
    title: 'Plan with one changed guest',
    about: [
      'Plan: targets of both commits, diff, impact and order, once in a fresh process. Loading: reading, parsing and',
      'validating both configurations before it. Peak: the most that the whole process took, Node itself included.',
    ].join('\n  '),
    lines: [
      ...SIZES.map((size) => lineOf(size, costs.get(size) ?? [])),
      {
        what: 'processor time per guest, 10,000 against 1,000',
        measured: growth.toFixed(2),
        goal: { text: `≤ ${LINEAR} (linear)`, met: growth <= LINEAR },
      },
      {
        what: 'plan of 10,000 guests',
        measured: `${spread(time, 0, ' ms')}, processor time ${spread(cpu, 0, ' ms')}`,
        goal: { text: `< ${MAX_MS} ms`, met: median(time) < MAX_MS },
      },
      {
        what: 'loading 10,000 guests, both commits',
        measured: spread(loading, 0, ' ms'),
        goal: { text: `≤ ${MAX_LOADING_MS} ms`, met: median(loading) <= MAX_LOADING_MS },
      },
      {
        what: 'peak memory at 10,000 guests, loading included',
        measured: `${spread(peak, 0, ' MB')}, of which the plan ${median(added).toFixed(0)} MB`,
        goal: { text: `≤ ${MAX_MB} MB`, met: median(peak) <= MAX_MB },
      },
    ],
  };
}

async function costsOf(size: number): Promise<PlanCost[]> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-bench-'));
  try {
    await writeFiles(join(folder, 'before'), manyGuests(size));
    await writeFiles(join(folder, 'after'), manyGuests(size, { memory_mb: 1_024 }));
    const costs: PlanCost[] = [];
    while (costs.length < REPEATS) {
      const cost = await runProgram<PlanCost>('plan-once.ts', join(folder, 'before'), join(folder, 'after'));
      if (cost.steps !== 1) throw new Error(`the plan has ${cost.steps} steps instead of one`);
      costs.push(cost);
    }
    return costs;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

function lineOf(size: number, costs: readonly PlanCost[]): Line {
  const plan = spread(
    costs.map((cost) => cost.plan.ms),
    0,
    ' ms',
  );
  const loading = median(costs.map(({ load }) => load.ms)).toFixed(0);
  const loaded = median(costs.map(({ load }) => load.peakMb)).toFixed(0);
  const peak = median(costs.map((cost) => cost.plan.peakMb)).toFixed(0);
  return {
    what: `${size.toLocaleString('en')} guests`,
    measured: `plan ${plan}, loading ${loading} ms; peak ${loaded} MB loaded, ${peak} MB planned`,
    goal: null,
  };
}
