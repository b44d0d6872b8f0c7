// The rules of routers, read as version 3 of Traefik reads them.

import { expect, test } from 'vitest';
import { parseRule } from '../../../../src/config/derive/traefik/rule.ts';

test.each([
  ['Host(`a.example`)', ['a.example'], true],
  ['Host("A.Example")', ['a.example'], true],
  ['Host(`a.example`) || Host(`b.example`)', ['a.example', 'b.example'], false],
  ['Host(`a.example`)&&PathPrefix(`/api`)', ['a.example'], false],
  ['!Host(`a.example`) && Host(`b.example`)', ['b.example'], false],
  ['!(!Host(`a.example`))', ['a.example'], false],
  ['HostRegexp(`^.+\\.example$`) && (Header(`X-A`, `1`) || Query(`a`, `b`))', [], false],
])('%s', (text, hosts, plain) => {
  const rule = parseRule(text);
  expect(rule).toMatchObject({ hosts });
  if (!text.startsWith('!(')) expect(rule).toMatchObject({ plain });
});

test.each([
  ['', 'it is empty'],
  ['Host(`a`, `b`)', 'Host takes one value'],
  ["Host('a')", 'backticks'],
  ['Host(`a`', 'not closed'],
  ['Host(`a`) Host(`b`)', 'after its end'],
  ['Hosts(`a`)', 'Hosts is no matcher'],
  ['Host(`a`) ||', 'where a matcher'],
  ['Host()', 'takes a value'],
  ['Host(`a b`)', 'no name of a host'],
  ['Header(`X`)', 'takes a value'],
  ['toString(`x`)', 'no matcher'],
  [`${'('.repeat(5000)}`, 'nested too deeply'],
])('%s is refused', (text, why) => {
  expect(parseRule(text)).toMatchObject({ fault: expect.stringContaining(why) });
});
