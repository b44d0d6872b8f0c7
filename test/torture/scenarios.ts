// Every scenario, one line each, in the order of their names.

import type { Scenario } from './scenario.ts';
import { clockSetBack } from './scenarios/clock-set-back.ts';
import { diskFull } from './scenarios/disk-full.ts';
import { emptiedBeforeDelete } from './scenarios/emptied-before-delete.ts';
import { forgeRefuses } from './scenarios/forge-refuses.ts';
import { killedRedis } from './scenarios/killed-redis.ts';
import { lateRequest } from './scenarios/late-request.ts';
import { lostStore } from './scenarios/lost-store.ts';
import { overtakenHeads } from './scenarios/overtaken-heads.ts';
import { redisFull } from './scenarios/redis-full.ts';
import { slowForge } from './scenarios/slow-forge.ts';

export const SCENARIOS: readonly Scenario[] = [
  clockSetBack,
  diskFull,
  emptiedBeforeDelete,
  forgeRefuses,
  killedRedis,
  lateRequest,
  lostStore,
  overtakenHeads,
  redisFull,
  slowForge,
];
