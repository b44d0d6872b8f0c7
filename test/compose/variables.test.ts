// Values in an env file are parsed back unchanged: by the lab's parser, and by compose's own where it is built.

import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { variablesIn } from 'phoenix-lab/state';
import { expect, test } from 'vitest';
import { dotenvValue } from '../../src/model/dotenv.ts';
import { findProgram } from '../support/programs.ts';

const LOADER = findProgram('compose-loader', 'PHOENIX_TEST_COMPOSE_LOADER');

const TRICKY = [
  'me:$apr1$jehiwm58$11qv4fpacj1',
  'a # b',
  '# first',
  ' blanks around ',
  "it's",
  'say "no"',
  `both ' and "`,
  'C:\\dir\\',
  "\\'",
  '\\$HOME',
  `$${'{HOME:-x}'}`,
  '$$',
  'line one\nLEVEL=other',
  'back\\nslash',
  '`id`',
  '',
  'https://u:p@host/?a=b&c=%20#top',
  '\u00a0nbsp\u00a0',
  '\t',
];
const value = fc.oneof(
  fc.constantFrom(...TRICKY),
  fc.string({ unit: fc.constantFrom(...`ab0 $'"\\#\`\n={}é`), maxLength: 12 }),
);
const file = (values: readonly string[]): string =>
  values.map((each, index) => `V${index}=${dotenvValue(each)}\n`).join('');
const expected = (values: readonly string[]) => Object.fromEntries(values.map((each, index) => [`V${index}`, each]));

test('every value in an env file is parsed back unchanged', () => {
  expect(variablesIn(file(TRICKY))).toEqual(expected(TRICKY));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 5 }), (values) => {
      expect(variablesIn(file(values))).toEqual(expected(values));
    }),
    { numRuns: 1000 },
  );
});

test('a value that needs no quotes has none, so that deployed files do not change', () => {
  for (const plain of ['info', '8080', 'https://a.example/b?c=d', 'one two', 'a=b,c', '-x', ''])
    expect(dotenvValue(plain)).toBe(plain);
});

test.skipIf(LOADER === undefined)('compose and the lab read any env file alike', () => {
  const written = fc.oneof(
    fc.array(value, { maxLength: 5 }).map(file),
    fc
      .array(fc.tuple(fc.constantFrom('A', 'B', 'export C'), value), { maxLength: 4 })
      .map((pairs) => pairs.map(([name, text]) => `${name}=${text.replaceAll('\n', ' ')}\n`).join('')),
  );
  const texts = fc.sample(written, { numRuns: 500, seed: 20261128 });
  const answers = JSON.parse(
    execFileSync(LOADER ?? '', ['variables'], {
      input: JSON.stringify(texts),
      stdio: ['pipe', 'pipe', 'ignore'],
    }).toString(),
  ) as { model?: object; error?: string }[];
  for (const [at, text] of texts.entries()) {
    // What compose refuses, for the form of a ${…}, the lab need not.
    if (answers[at]?.error !== undefined) continue;
    expect(variablesIn(text), text).toEqual(answers[at]?.model);
  }
  expect(answers.filter(({ error }) => error === undefined).length).toBeGreaterThan(300);
});
