// Label texts that are expensive to parse: each is parsed or refused in a number of steps linear in its length.

import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/model/json.ts';
import { isMediaType } from '../../../src/traefik/media-type.ts';
import { outOfUse, refused } from '../../../src/traefik/refused.ts';
import { parseRule } from '../../../src/traefik/rule.ts';
import { isUrl, serverFault } from '../../../src/traefik/url.ts';

const LONG = 200_000;

// With quadratic or worse work, the test would not end within its time limit.
test.each<[string, (text: string) => unknown, string]>([
  ['blanks before what is no parameter of a media type', isMediaType, `a${' '.repeat(LONG)}x`],
  ['parameters of a media type', isMediaType, `a${'; b=c'.repeat(LONG / 5)}"`],
  ['brackets of a rule', parseRule, '('.repeat(LONG)],
  ['exclamation marks of a rule', parseRule, `${'!'.repeat(LONG)}Host(\`a\`)`],
  ['calls in calls', parseRule, 'Host('.repeat(LONG / 5)],
  ['matchers of a rule', parseRule, `Path(\`/\`)${'||Path(`/`)'.repeat(LONG / 11)}`],
  ['brackets of a path', parseRule, `Path(\`/${'{a:'.repeat(LONG / 3)}\`)`],
  ['a comment that does not close', parseRule, `/*${'*'.repeat(LONG)}`],
  ['an expression that repeats', parseRule, `PathRegexp(\`${'[a-z]{1000}'.repeat(LONG / 11)}\`)`],
  ['an expression with classes that do not close', parseRule, `PathRegexp(\`${'[:'.repeat(LONG / 2)}\`)`],
  ['slashes of a server', (text) => serverFault(text, ['http']), `http:${'/'.repeat(LONG)}@`],
  ['at signs of a server', isUrl, `http://${'@'.repeat(LONG)}`],
])('%s', (_, read, text) => {
  expect(read(text)).toBeDefined();
});

test('a configuration in which every element uses all previous ones is checked within bounds', () => {
  const middlewares: Record<string, JsonObject> = {};
  for (let at = 0; at < 5000; at += 1) {
    const names = [at + 1, at + 2, at - 1].filter((each) => each >= 0 && each < 5000).map((each) => `m${each}`);
    middlewares[`m${at}`] = { chain: { middlewares: names } };
  }
  const dynamic: JsonObject = { http: { middlewares } };
  const refusals = refused(dynamic);
  expect(refusals.length).toBeGreaterThan(0);
  expect(outOfUse(dynamic, refusals).size).toBe(5000);
});
