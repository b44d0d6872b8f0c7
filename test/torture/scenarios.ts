// Every scenario, one line each, in the order of their names.

import type { Scenario } from './scenario.ts';
import { lostStore } from './scenarios/lost-store.ts';

export const SCENARIOS: readonly Scenario[] = [lostStore];
