// Every scenario, one line each, in the order of their names.

import type { Scenario } from './scenario.ts';
import { clockSetBack } from './scenarios/clock-set-back.ts';
import { forgeRefuses } from './scenarios/forge-refuses.ts';
import { killedClone } from './scenarios/killed-clone.ts';
import { lostStore } from './scenarios/lost-store.ts';
import { overtakenHeads } from './scenarios/overtaken-heads.ts';
import { redisFull } from './scenarios/redis-full.ts';

export const SCENARIOS: readonly Scenario[] = [
  clockSetBack,
  forgeRefuses,
  killedClone,
  lostStore,
  overtakenHeads,
  redisFull,
];
