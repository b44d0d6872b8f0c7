// Every scenario, one line each, in the order of their names.

import type { Scenario } from './scenario.ts';
import { changedHostKey } from './scenarios/changed-host-key.ts';
import { killedAgent } from './scenarios/killed-agent.ts';
import { lostConnection } from './scenarios/lost-connection.ts';
import { lostStore } from './scenarios/lost-store.ts';
import { nodeAway } from './scenarios/node-away.ts';

export const SCENARIOS: readonly Scenario[] = [changedHostKey, killedAgent, lostConnection, lostStore, nodeAway];
