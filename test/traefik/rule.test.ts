// Router rules, parsed like Traefik in both of its syntaxes.

import { describe, expect, test } from 'vitest';
import { parseRule } from '../../src/traefik/rule.ts';

describe('the names that a rule lets in', () => {
  test.each([
    ['Host(`a.example`)', ['a.example'], true],
    ['Host("A.Example")', ['a.example'], true],
    ['Host(`a.example.`)', ['a.example'], true],
    [String.raw`Host("a\x2eexample")`, ['a.example'], true],
    ['Host(`My_App.a.example`)', ['my_app.a.example'], true],
    ['HOST(`a.example`) || host(`b.example`)', ['a.example', 'b.example'], false],
    ['Host(`a.example`)&&PathPrefix(`/api`)', ['a.example'], false],
    ['!Host(`a.example`) && Host(`b.example`)', ['b.example'], false],
    ['!(!Host(`a.example`))', ['a.example'], true],
    ['!(Host(`a.example`) || !Host(`b.example`))', ['b.example'], false],
    ['Host(`*.example`) || Host(`*`)', [], false],
    ['Host(`a.example`) /* why */ && Path(`/`) // and so on', ['a.example'], false],
    ['Host(`a.example`) &&\n  (PathPrefix(`/a`) ||\n  PathPrefix(`/b`))\n', ['a.example'], false],
    ['HostRegexp(`^.+\\.example$`) && (Header(`X-A`, `1`) || Query(`a`, `b`))', [], false],
  ])('%s', (text, hosts, plain) => {
    expect(parseRule(text)).toEqual({ hosts, plain, neverMatches: [] });
  });

  test('of version 2', () => {
    expect(parseRule('Host(`a.example`, `B.example`) && Path(`/{id:[0-9]+}`)', 'v2')).toMatchObject({
      hosts: ['a.example', 'b.example'],
      plain: false,
    });
    expect(parseRule('Host(`a.example`, `b.example`)', 'v2')).toMatchObject({ plain: false });
    expect(parseRule('HostHeader(`a.example`)', 'v2')).toMatchObject({ hosts: ['a.example'], plain: true });
  });
});

test.each([
  ['nothing', '', 'it is empty'],
  ['values of version 2', 'Host(`a`, `b`)', 'Host takes one value'],
  ['a single quote', "Host('a')", 'backticks'],
  ['the quotes of a word processor', 'Host(“a”)', 'backticks'],
  ['a bracket left open', 'Host(`a`', 'not closed'],
  ['no operator', 'Host(`a`) Host(`b`)', 'after its end'],
  ['a matcher that is not there', 'Hosts(`a`)', 'Hosts is no matcher'],
  ['a name of JavaScript', 'toString(`x`)', 'no matcher'],
  ['an operator at the end', 'Host(`a`) ||', 'where a call'],
  ['a line that ends before its operator', 'Host(`a`)\n&& Path(`/`)', 'a line ends before &&'],
  ['a line that ends inside brackets', 'Host(\n`a`\n)', 'the end of a line stands inside a bracket'],
  ['no value', 'Host()', 'takes a value'],
  ['an empty value', 'Host(``)', 'empty value'],
  ['a value too few', 'Header(`X`)', 'two values'],
  ['a number', 'Host(1)', 'backticks'],
  ['an escape that Go does not know', String.raw`PathRegexp("\d")`, 'escape'],
  ['a path without slash', 'PathPrefix(`api`)', 'start with /'],
  ['another operator', 'Host(`a`) & Path(`/`)', 'not understood'],
  ['a comparison', 'Host(`a`) == Host(`b`)', '== is not known'],
  ['a matcher of TCP', 'HostSNI(`a`)', 'no matcher'],
  ['a name outside ASCII', 'Host(`bücher.example`)', 'not ASCII'],
  ['a client that is no address', 'ClientIP(`nope`)', 'no address'],
  ['brackets without end', '('.repeat(5000), 'nested'],
])('refused: %s', (_, text, why) => {
  expect(parseRule(text)).toMatchObject({ fault: expect.stringContaining(why) });
});

test.each([
  ['a port', 'Host(`a.example:8080`)', 'Write a.example,'],
  ['a scheme', 'Host(`https://a.example/x`)', 'Write a.example,'],
  ['two names in one value', 'Host(`a.example, b.example`)', 'Write a name'],
  ['a template of version 2', 'HostRegexp(`{sub:[a-z]+}.example`)', 'version 2'],
  ['a template in a path', 'PathPrefix(`/users/{id}`)', 'PathRegexp'],
  ['a query in a path', 'Path(`/a?b=c`)', 'Query'],
  ['a query of version 2', 'Query(`a=b`)', 'Query(`a`, `b`)'],
  ['several methods', 'Method(`GET,POST`)', '||'],
])('taken by Traefik, and no request fits: %s', (_, text, hint) => {
  expect(parseRule(text)).toMatchObject({ hosts: [], neverMatches: [{ hint: expect.stringContaining(hint) }] });
});

test.each([
  ['Host(`a.example`) and Path(`/`)', '&&'],
  ['Host(`a.example`) | Host(`b.example`)', '||'],
  ['Host:a.example', 'Host(`name`)'],
  ['Host(`a`, `b`)', 'Write Host(`a`) || Host(`b`).'],
  ['Headers(`X`, `1`)', 'Header(`name`, `value`)'],
  ['hostsni(`a`)', 'write Host'],
  ['hOST(`a`)', 'It is Host.'],
  ['Host(`bücher.example`)', 'xn--bcher-kva.example'],
  ['PathPrefix(`api`)', 'Write /api.'],
  ['HostRegexp(`^(?!a)`)', 'no lookahead'],
  ['Host(`a`)\n|| Host(`b`)', 'A line may end after'],
])('%s is told the way out', (text, hint) => {
  expect(parseRule(text)).toMatchObject({ hint: expect.stringContaining(hint) });
});

test('what no request fits is no fault when it is turned round', () => {
  expect(parseRule('!Host(`a.example:8080`) && Host(`b.example`)')).toMatchObject({
    hosts: ['b.example'],
    neverMatches: [],
  });
});

test('a rule of many matchers is read in one pass', () => {
  const names = Array.from({ length: 20_000 }, (_, index) => `n${index}.example`);
  expect(parseRule(names.map((name) => `Host(\`${name}\`)`).join(' || '))).toMatchObject({ hosts: names });
});
