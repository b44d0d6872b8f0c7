// Labels of compose files, compared with Docker Compose's own library.

import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCompose } from '../../src/compose/compose.ts';
import { interpolated } from '../../src/compose/interpolation.ts';
import type { BlobId } from '../../src/model/ids.ts';
import { findProgram } from '../support/programs.ts';
import { composeFiles } from './generated.ts';

const LOADER = findProgram('compose-loader', 'PHOENIX_TEST_COMPOSE_LOADER');

function labelsIn(text: string, variables: ReadonlyMap<string, string> = new Map()) {
  const { compose } = readCompose('docker-compose.yml', 'blob' as BlobId, new TextEncoder().encode(text));
  const services = new Map((compose?.services ?? []).map((name) => [name, {} as Record<string, string>]));
  for (const { service, key, value } of compose?.labels ?? []) {
    const text = interpolated(value, variables).text;
    const at = text.indexOf('=');
    const [name, said] = key !== null ? [key, text] : at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
    const labels = services.get(service);
    if (labels !== undefined) labels[name] = said;
  }
  return Object.fromEntries(services);
}

type Answer = { readonly model?: { services: Record<string, { labels?: Record<string, string> | null }> } };

function byCompose(texts: readonly string[]) {
  const answers: Answer[] = JSON.parse(
    execFileSync(LOADER ?? '', { input: JSON.stringify(texts), maxBuffer: 2 ** 28 }).toString(),
  );
  return answers.map(({ model }) =>
    model === undefined
      ? undefined
      : Object.fromEntries(Object.entries(model.services).map(([name, { labels }]) => [name, labels ?? {}])),
  );
}

test.skipIf(LOADER === undefined)('reads the labels of generated compose files as compose does', () => {
  const texts = fc.sample(composeFiles, { numRuns: 600, seed: 20261128 });
  let compared = 0;
  for (const [at, labels] of byCompose(texts).entries()) {
    if (labels === undefined) continue;
    compared += 1;
    expect(labelsIn(texts[at] ?? ''), texts[at]).toEqual(labels);
  }
  expect(compared).toBeGreaterThan(200);
});

const mention = fc.letrec((tie) => ({
  text: fc
    .array(fc.oneof({ maxDepth: 3 }, fc.constantFrom('x', '$$', 'a-b', '/', ' ', ':'), tie('variable')), {
      maxLength: 4,
    })
    .map((parts) => parts.join('')),
  variable: fc
    .tuple(fc.constantFrom('A', 'B_1'), fc.constantFrom(':-', '-', ':+', '+'), tie('text'))
    .map(([name, operator, otherwise]) => `\${${name}${operator}${otherwise}}`),
})).text as fc.Arbitrary<string>;

test.skipIf(LOADER === undefined)('interpolates variables in labels as compose does', () => {
  const values = fc.sample(mention, { numRuns: 600, seed: 20261128 });
  const texts = values.map(
    (value) => `services:\n  a:\n    image: x\n    labels:\n      own.a: ${JSON.stringify(value)}\n`,
  );
  for (const [at, labels] of byCompose(texts).entries()) expect(labelsIn(texts[at] ?? ''), values[at]).toEqual(labels);
});

const written = [
  '0440',
  '0o17',
  '1e9',
  '.5',
  '09',
  '-010',
  '0xFF',
  '0b11',
  '-0o7',
  '1_000',
  '+5',
  '22:22',
  'yes',
  'True',
  '~',
  'Null',
];
const numbers = [
  '1.10',
  '1.',
  '100.0',
  '1e-7',
  '12e03',
  '1E5',
  '1e21',
  '1234567.5',
  '685_230.15',
  '010.5',
  '0o8',
  '_1',
  '1e400',
  '0',
];

test.skipIf(LOADER === undefined)('writes numbers and other scalars as compose does', () => {
  const texts = [...written, ...numbers, '!!str 12', "'007'"].map(
    (value) => `services:\n  a:\n    image: x\n    labels:\n      own.a: ${value}\n`,
  );
  for (const [at, labels] of byCompose(texts).entries()) expect(labelsIn(texts[at] ?? ''), texts[at]).toEqual(labels);
});

test('counts a label once: the last of a list, the nearest of merged maps', () => {
  const text = `x-base: &base
  labels:
    traefik.a: base
    traefik.b: base
x-more: &more
  traefik.b: more
services:
  merged: { <<: *base }
  own:
    labels:
      <<: *more
      traefik.c: 0777
  list:
    labels: ["traefik.a=1", "traefik.a=\${WORD:-two}", traefik.flag]
  inherits:
    extends: { service: list }
    labels: { traefik.flag: own }
`;
  expect(labelsIn(text)).toEqual({
    merged: { 'traefik.a': 'base', 'traefik.b': 'base' },
    own: { 'traefik.b': 'more', 'traefik.c': '511' },
    list: { 'traefik.a': 'two', 'traefik.flag': '' },
    inherits: { 'traefik.a': 'two', 'traefik.flag': 'own' },
  });
});
