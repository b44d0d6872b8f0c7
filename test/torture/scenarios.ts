// Every scenario, one line each, in the order of their names.

import type { Scenario } from './scenario.ts';
import { killedClone } from './scenarios/killed-clone.ts';
import { lostStore } from './scenarios/lost-store.ts';

export const SCENARIOS: readonly Scenario[] = [killedClone, lostStore];
