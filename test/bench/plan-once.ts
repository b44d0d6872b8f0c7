// One plan between two folders in a fresh process: `node plan-once.ts BEFORE AFTER` prints its cost.

import { Known } from '../../src/config/known.ts';
import { folderPaths, folderSnapshot } from '../../src/io/folder.ts';
import { load } from '../../src/load/load.ts';
import { READING } from '../../src/load/reading.ts';
import { allTargets, impactOf } from '../../src/managers/index.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { DEFAULT_BOUNDS } from '../../src/settings/secret-bounds.ts';

export interface Cost {
  readonly ms: number;
  /** Processor time, to which other work on the machine does not add. */
  readonly cpuMs: number;
  /** Peak memory of the process, in MB. */
  readonly peakMb: number;
}

export interface PlanCost {
  readonly load: Cost;
  readonly plan: Cost;
  readonly steps: number;
}

const [before = '', after = ''] = process.argv.slice(2);
const known = new Known();

async function configOf(folder: string) {
  const snapshot = await folderSnapshot(folder, '', await folderPaths(folder), READING);
  const { config, problems } = load(snapshot, { strictSecrets: false, secrets: DEFAULT_BOUNDS, known });
  if (config === null) throw new Error(`the configuration is refused: ${problems[0]?.message}`);
  return config;
}

async function cost<Result>(work: () => Result | Promise<Result>): Promise<[Result, Cost]> {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  const peakMb = process.resourceUsage().maxRSS / 1024;
  return [result, { ms: performance.now() - began, cpuMs: (user + system) / 1000, peakMb }];
}

const [[from, to], loading] = await cost(async () => [await configOf(before), await configOf(after)] as const);
const [planned, planning] = await cost(() =>
  makePlan({ from: null, to: '', before: allTargets(from), after: allTargets(to), impact: impactOf }),
);
const steps = planned.kind === 'plan' ? planned.plan.steps.length : 0;
process.stdout.write(JSON.stringify({ load: loading, plan: planning, steps } satisfies PlanCost));
