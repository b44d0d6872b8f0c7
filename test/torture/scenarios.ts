// Every scenario, one line each, in the order of their names.

import type { Scenario } from './scenario.ts';
import { changedHostKey } from './scenarios/changed-host-key.ts';
import { killedAgent } from './scenarios/killed-agent.ts';
import { killedWithRollback } from './scenarios/killed-with-rollback.ts';
import { lostConnection } from './scenarios/lost-connection.ts';
import { lostStore } from './scenarios/lost-store.ts';
import { nodeAway } from './scenarios/node-away.ts';
import { sharedHostFile } from './scenarios/shared-host-file.ts';

export const SCENARIOS: readonly Scenario[] = [
  changedHostKey,
  killedAgent,
  killedWithRollback,
  lostConnection,
  lostStore,
  nodeAway,
  sharedHostFile,
];
