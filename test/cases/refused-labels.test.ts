// Labels for which the real Traefik disables a router: refused at the label's line before the merge, while the service's other router works. Labels
// that Traefik accepts and that can never work get a warning at their line.

import { expect, test } from 'vitest';
import { derived, shopWith } from '../managers/routes/labelled.ts';

const GOOD = [
  'traefik.http.routers.good.rule=Host(`good.example.internal`)',
  'traefik.http.routers.good.service=shop',
  'traefik.http.services.shop.loadbalancer.server.port=80',
];
/** Of the compose file: GOOD starts there. */
const FIRST = 6;

const rule = (text: string): string => `!traefik.http.routers.bad.rule=${text}`;
const through = (...labels: readonly string[]): string[] => [
  'traefik.http.routers.bad.rule=Host(`bad.example.internal`)',
  'traefik.http.routers.bad.middlewares=m',
  ...labels.map((label) => label.replace(/^(!?)/, '$1traefik.http.middlewares.m.')),
];

/** An exclamation mark precedes the label at whose line the problem is reported. */
const DISABLED: Readonly<Record<string, readonly string[]>> = {
  'a lookahead': [rule('HostRegexp(`^(?!www).+[.]example[.]internal$$`)')],
  'a bracket left open': [rule('Host(`bad.example.internal`')],
  'two names in one matcher': [rule('Host(`bad.example.internal`, `www.example.internal`)')],
  'a path without a slash': [rule('Host(`bad.example.internal`) && PathPrefix(`api`)')],
  'a client that is no address': [rule('Host(`bad.example.internal`) && ClientIP(`nope`)')],
  'a matcher of TCP': [rule('HostSNI(`bad.example.internal`)')],
  'a network that is too long': through('!ipallowlist.sourcerange=10.0.0.0/33'),
  'a user without a colon': through('!basicauth.users=ann'),
  'an expression of a circuit breaker': through('!circuitbreaker.expression=NetworkErrorRatio() > 1'),
  'an expression of a retry': through('!buffering.retryexpression=Attempts() <'),
  'a chain that comes back to itself': through('!chain.middlewares=m'),
  'an encoding that is not there': through('!compress.encodings=lzma'),
  'no attempts': through('!retry.attempts=0'),
  'a status that is none': through('ipallowlist.sourcerange=10.0.0.0/8', '!ipallowlist.rejectstatuscode=9999'),
  'a redirect by a bad expression': through(
    '!redirectregex.regex=^https?://(www',
    'redirectregex.replacement=https://a',
  ),
  'a negative period': through('ratelimit.average=1', '!ratelimit.period=-1s'),
  'two kinds at once': through('addprefix.prefix=/a', '!stripprefix.prefixes=/b'),
  'a range of statuses': through('errors.service=shop', 'errors.query=/', '!errors.status=5xx'),
  'two ways of telling clients apart': through(
    'inflightreq.amount=1',
    '!inflightreq.sourcecriterion.requesthost=true',
    'inflightreq.sourcecriterion.requestheadername=X-A',
  ),
  'an origin by a bad expression': through('!headers.accesscontrolalloworiginlistregex=(?<!a)b'),
};

const NEVER: Readonly<Record<string, readonly string[]>> = {
  'a login without address': through('!forwardauth.authresponseheaders=X-User'),
  'no request at once': through('!inflightreq.amount=-5'),
  'dollar signs of a compose file, halved twice': through(
    'redirectregex.regex=^https?://(.*)$$',
    '!redirectregex.replacement=https://$$$${1}',
  ),
  'a name with a port': [rule('Host(`bad.example.internal:8080`)')],
  'a password that is no hash': through('!basicauth.users=ann:secret'),
  'a prefix without a slash': through('!stripprefix.prefixes=api'),
};

function said(labels: readonly string[]) {
  const all = [...GOOD, ...labels, 'traefik.http.routers.bad.service=shop'];
  const lines = ['labels:', ...all.map((label) => `  - ${JSON.stringify(label.replace(/^!/, ''))}`)];
  const found = derived({ compose: shopWith(...lines) });
  return { ...found, line: FIRST + all.findIndex((label) => label.startsWith('!')) };
}

test.each(Object.entries(DISABLED))('refused at its line: %s', (_, labels) => {
  const { problems, line, routers, names } = said(labels);
  const errors = problems.filter((problem) => problem.startsWith('error '));
  expect(errors).toEqual([expect.stringContaining(` docker-compose.yml:${line} `)]);
  expect(Object.keys(routers)).toEqual(['shop-good']);
  expect(names).toEqual(['good.example.internal']);
});

test.each(Object.entries(NEVER))('warned about at its line, and routed: %s', (_, labels) => {
  const { problems, line, routers } = said(labels);
  expect(problems.filter((problem) => problem.startsWith('error '))).toEqual([]);
  expect(problems).toContainEqual(expect.stringContaining(`NO_EFFECT docker-compose.yml:${line} `));
  expect(Object.keys(routers)).toContain('shop-good');
});

test('no message contains a password', () => {
  for (const user of ['ann', 'ann:secret', 'ann:s:ecret']) {
    expect(said(through(`!basicauth.users=${user}`)).problems.join()).not.toMatch(/secret|s:ecret/);
  }
});
