// A few tries of each scenario with faults at random points; `npm run torture` makes many.
// @module-tag long

import { describe, test } from 'vitest';
import { inputsOf } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

const SEED = Number(process.env['PHOENIX_TEST_SEED'] ?? 1);

for (const scenario of SCENARIOS) {
  describe.skipIf(scenario.missing != null)(`${scenario.name}: ${scenario.missing ?? scenario.about}`, () => {
    test.for(inputsOf(scenario, scenario.tries.short, SEED))('%j', { timeout: 120_000 }, (input) => {
      return scenario.attempt(input);
    });
  });
}
