// Every scenario, one line each, in the order of their names.

import type { Scenario } from './scenario.ts';
import { clockSetBack } from './scenarios/clock-set-back.ts';
import { forgeRefuses } from './scenarios/forge-refuses.ts';
import { lostStore } from './scenarios/lost-store.ts';
import { overtakenHeads } from './scenarios/overtaken-heads.ts';
import { randomRun } from './scenarios/random-run.ts';
import { redisFull } from './scenarios/redis-full.ts';
import { soak } from './scenarios/soak.ts';
import { twoWorkers } from './scenarios/two-workers.ts';

export const SCENARIOS: readonly Scenario[] = [
  clockSetBack,
  forgeRefuses,
  lostStore,
  overtakenHeads,
  randomRun,
  redisFull,
  soak,
  twoWorkers,
];
