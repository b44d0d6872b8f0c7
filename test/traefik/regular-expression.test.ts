// Regular expressions: their replacements, and the cost of parsing them.

import { expect, test } from 'vitest';
import { weightOf } from '../../src/traefik/expression-weight.ts';
import { compiled, expressionFault, replacementFault } from '../../src/traefik/regular-expression.ts';

const of = (text: string) => {
  const expression = compiled(text);
  if ('message' in expression) throw new Error(expression.message);
  return expression;
};

test.each([
  ['^https?://(.*)', `https://${'$'}{1}/a`],
  ['^https?://(.*)', 'https://$1/a'],
  ['^https?://(?P<host>.*)', `https://${'$'}{host}`],
  ['^https?://(?<host>.*)', 'https://$host/a'],
  ['(?P<a>a)(?P<a>b)', '$a'],
  ['a', '$0'],
  ['a', 'costs $ 5'],
  ['a', 'nothing'],
])('%s by %s says what it should', (expression, replacement) => {
  expect(replacementFault(of(expression), replacement)).toBeNull();
});

test.each([
  ['^(.*)$', '$1x', `Write ${'$'}{1}x.`],
  ['^(.*)$', '$2', 'The expression has 1 groups.'],
  ['^(.*)$', `$${'$'}{1}`, `Write ${'$'}{1}`],
  ['^(.*)$', '$host', 'groups'],
])('%s by %s becomes nothing', (expression, replacement, hint) => {
  expect(replacementFault(of(expression), replacement)?.hint).toContain(hint);
});

test.each([
  ['a', 1],
  ['abc', 3],
  ['[a-z]{3}', 3],
  ['(ab){10}', 30],
  ['((a{2}){3}){4}', 40],
  ['[()]{5}', 5],
  ['\\({5}', 5],
  ['\\Q(((\\E{2}', 14],
  ['a{2,}', 2],
  ['a{,3}', 5],
])('%s weighs about %i', (text, weight) => {
  expect(weightOf(text)).toBe(weight);
});

test('an expression that would keep whoever reads it for seconds is refused without being compiled', () => {
  expect(expressionFault('[a-z]{1000}'.repeat(2000))?.message).toContain('unfolds to more than');
  expect(expressionFault(`(?:${'a'.repeat(500)}){1000}`)?.message).toContain('unfolds to more than');
  expect(expressionFault('([a-z0-9-]{1,63}[.]){1,10}[a-z]{2,63}')).toBeNull();
});
