// Random rules and regular expressions: Phoenix accepts those that Traefik accepts, which is compared where it is installed.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/model/json.ts';
import { weightOf } from '../../src/traefik/expression-weight.ts';
import { refused } from '../../src/traefik/refused.ts';
import { parseRule } from '../../src/traefik/rule.ts';
import { addresses, conditions, expressions, mediaTypes, ranges, rules, urls, users } from './generated.ts';
import { elementsOf, openTraefik, TRAEFIK } from './real-traefik.ts';

const COUNT = 1500;
const SEED = 20261128;

const SERVICE: JsonObject = { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }] } };

/** Of each configuration, whether the real one takes its router `r` out of use: its words, or null. */
async function outOf(configurations: readonly JsonObject[]): Promise<(string | null)[]> {
  const all = configurations.map(named);
  const sections = [...new Set(all.flatMap((http) => Object.keys(http)))];
  const merged = sections.map((section) => [section, Object.assign({}, ...all.map((http) => http[section]))] as const);
  const traefik = await openTraefik({ 'all.yml': { http: Object.fromEntries(merged) } });
  try {
    const elements = await elementsOf(traefik.api, 'routers/r0');
    return configurations.map((_, at) => {
      const told = elements.get(`routers/r${at}`);
      if (told === undefined) throw new Error(`no word of router r${at}:\n${traefik.log().slice(-2000)}`);
      return told.status === 'disabled' ? (told.error ?? []).join('; ') : null;
    });
  } finally {
    await traefik.close();
  }
}

/** Each has names of its own. */
function named(http: JsonObject, at: number): JsonObject {
  const sections = Object.entries(http).map(([section, elements]) => {
    const own = Object.entries(elements as JsonObject).map(([name, value]) => [`${name}${at}`, value] as const);
    return [section, Object.fromEntries(own)] as const;
  });
  const own = Object.fromEntries(sections) as { routers: Record<string, Record<string, unknown>> };
  const router = own.routers[`r${at}`];
  const names = { service: `s${at}`, ...(http['middlewares'] === undefined ? {} : { middlewares: [`m${at}`] }) };
  return { ...own, routers: { [`r${at}`]: { ...router, ...names } } } as JsonObject;
}

const withMiddleware = (config: JsonObject): JsonObject => ({
  routers: { r: { rule: 'Host(`a.example`)', service: 's', middlewares: ['m'] } },
  services: { s: SERVICE },
  middlewares: { m: config },
});

interface Kind {
  readonly name: string;
  readonly texts: fc.Arbitrary<string>;
  readonly in: (text: string) => JsonObject;
}

const rule = (ruleSyntax: string) => (text: string) => ({
  routers: { r: { rule: text, ruleSyntax, service: 's' } },
  services: { s: SERVICE },
});

const KINDS: readonly Kind[] = [
  { name: 'a rule of version 2', texts: rules, in: rule('v2') },
  { name: 'a rule of version 3', texts: rules, in: rule('v3') },
  {
    name: 'a regular expression',
    // What unfolds to more than we compile is refused by us alone.
    texts: expressions.filter((text) => weightOf(text) < 10_000),
    in: (regex) => withMiddleware({ redirectRegex: { regex, replacement: 'b' } }),
  },
  {
    name: 'an address',
    texts: addresses,
    in: (address) => withMiddleware({ ipAllowList: { sourceRange: [address] } }),
  },
  {
    name: 'a circuit breaker',
    texts: conditions,
    in: (expression) => withMiddleware({ circuitBreaker: { expression } }),
  },
  { name: 'a retry', texts: conditions, in: (retryExpression) => withMiddleware({ buffering: { retryExpression } }) },
  {
    name: 'a range of statuses',
    texts: ranges,
    in: (range) => withMiddleware({ errors: { status: [range], service: 'noop@internal', query: '/' } }),
  },
  {
    name: 'a media type',
    texts: mediaTypes,
    in: (type) => withMiddleware({ compress: { excludedContentTypes: [type] } }),
  },
  { name: 'a user', texts: users, in: (user) => withMiddleware({ basicAuth: { users: [user] } }) },
  { name: 'a user of digests', texts: users, in: (user) => withMiddleware({ digestAuth: { users: [user] } }) },
  {
    name: 'a server',
    texts: urls,
    in: (url) => ({
      routers: { r: { rule: 'Host(`a.example`)', service: 's' } },
      services: { s: { loadBalancer: { servers: [{ url }] } } },
    }),
  },
];

test.skipIf(TRAEFIK === undefined).each(KINDS)(
  '$name is read as Traefik reads it',
  async ({ texts, in: configured }) => {
    // Two brackets in a row start a template of the file, which is tested elsewhere.
    const all = fc.sample(
      texts.filter((text) => !text.includes('{{')),
      { numRuns: COUNT, seed: SEED },
    );
    const theirs = await outOf(all.map(configured));
    const wrong = all.flatMap((text, at) => {
      const ours = refused({ http: configured(text) }).filter(({ disables }) => disables);
      return ours.length > 0 === (theirs[at] !== null) ? [] : [{ text, ours: ours[0]?.message, theirs: theirs[at] }];
    });
    expect(wrong).toEqual([]);
    expect(theirs.filter((each) => each === null).length).toBeGreaterThan(COUNT / 60);
    expect(theirs.filter((each) => each !== null).length).toBeGreaterThan(COUNT / 60);
  },
);

test('reading ends for any text, and says why it was refused', () => {
  fc.assert(
    fc.property(
      fc.oneof(rules, fc.string({ unit: 'binary', maxLength: 60 })),
      fc.constantFrom('v2' as const, 'v3' as const),
      (text, syntax) => {
        const read = parseRule(text, syntax);
        if ('fault' in read) expect(read.fault).not.toBe('');
        else for (const host of read.hosts) expect(host).toMatch(/^[a-z0-9.-]+$/);
      },
    ),
    { numRuns: 500 },
  );
});
