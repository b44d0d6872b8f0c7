// Every scenario, one line each, in the order of their names.

import type { Scenario } from './scenario.ts';
import { lostStore } from './scenarios/lost-store.ts';
import { randomRun } from './scenarios/random-run.ts';
import { soak } from './scenarios/soak.ts';
import { twoWorkers } from './scenarios/two-workers.ts';

export const SCENARIOS: readonly Scenario[] = [lostStore, randomRun, soak, twoWorkers];
