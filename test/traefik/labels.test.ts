// Decoding of labels, compared with Traefik's own decoder.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/model/json.ts';
import { decodeLabels } from '../../src/traefik/labels.ts';
import { findProgram } from '../support/programs.ts';
import { runs } from '../support/runs.ts';
import { complete } from './complete.ts';
import { EVERY_FIELD, labelSets } from './generated-labels.ts';

const DECODER = findProgram('traefik-labels', 'PHOENIX_TEST_TRAEFIK_LABELS');

type Answer = { readonly decoded?: JsonObject; readonly error?: string };

function byTraefik(sets: readonly Record<string, string>[]): Answer[] {
  return JSON.parse(execFileSync(DECODER ?? '', { input: JSON.stringify(sets), maxBuffer: 2 ** 28 }).toString());
}

const read = (labels: Record<string, string>) => decodeLabels(new Map(Object.entries(labels)));

test.skipIf(DECODER === undefined)('any labels say what Traefik reads in them, or are refused where it refuses', () => {
  const sets = fc.sample(labelSets, { numRuns: runs(2000), seed: 20261128 });
  const answers = byTraefik(sets);
  let refused = 0;
  for (const [at, labels] of sets.entries()) {
    const { dynamic, enabled, faults } = read(labels);
    const answer = answers[at];
    const shown = `${JSON.stringify(labels)}: ${answer?.error}`;
    if (answer?.decoded === undefined) refused += 1;
    expect(faults.length > 0, `${shown} ${JSON.stringify(faults)}`).toBe(answer?.decoded === undefined);
    if (answer?.decoded !== undefined) {
      expect({ ...complete(dynamic), enable: enabled ?? true }, shown).toEqual(answer.decoded);
    }
    for (const { key } of faults) expect(Object.keys(labels)).toContain(key);
  }
  expect(EVERY_FIELD).toBeGreaterThan(300);
  expect(refused).toBeGreaterThan(1000);
  expect(sets.length - refused).toBeGreaterThan(1000);
});

test.skipIf(DECODER === undefined)('the fields are those of Traefik', () => {
  const real = JSON.parse(execFileSync(DECODER ?? '', ['schema']).toString());
  expect(JSON.parse(readFileSync('src/traefik/schema.json', 'utf8'))).toEqual(real);
});
