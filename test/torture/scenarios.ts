// Every scenario, one line each, in the order of their names.

import type { Scenario } from './scenario.ts';
import { changedHostKey } from './scenarios/changed-host-key.ts';
import { clockSetBack } from './scenarios/clock-set-back.ts';
import { diskFull } from './scenarios/disk-full.ts';
import { emptiedBeforeDelete } from './scenarios/emptied-before-delete.ts';
import { forgeRefuses } from './scenarios/forge-refuses.ts';
import { killedAgent } from './scenarios/killed-agent.ts';
import { killedClone } from './scenarios/killed-clone.ts';
import { killedRedis } from './scenarios/killed-redis.ts';
import { killedWithRollback } from './scenarios/killed-with-rollback.ts';
import { lateRequest } from './scenarios/late-request.ts';
import { lostConnection } from './scenarios/lost-connection.ts';
import { lostStore } from './scenarios/lost-store.ts';
import { nodeAway } from './scenarios/node-away.ts';
import { overtakenHeads } from './scenarios/overtaken-heads.ts';
import { randomRun } from './scenarios/random-run.ts';
import { redisFull } from './scenarios/redis-full.ts';
import { sharedHostFile } from './scenarios/shared-host-file.ts';
import { slowForge } from './scenarios/slow-forge.ts';
import { soak } from './scenarios/soak.ts';
import { twoWorkers } from './scenarios/two-workers.ts';

export const SCENARIOS: readonly Scenario[] = [
  changedHostKey,
  clockSetBack,
  diskFull,
  emptiedBeforeDelete,
  forgeRefuses,
  killedAgent,
  killedClone,
  killedRedis,
  killedWithRollback,
  lateRequest,
  lostConnection,
  lostStore,
  nodeAway,
  overtakenHeads,
  randomRun,
  redisFull,
  sharedHostFile,
  slowForge,
  soak,
  twoWorkers,
];
