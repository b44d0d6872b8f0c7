// Generated rules and regular expressions: whether we read them is asked of Traefik itself, where it is.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/model/json.ts';
import { expressionFault } from '../../src/traefik/regular-expression.ts';
import { parseRule } from '../../src/traefik/rule.ts';
import { expressions, rules } from './generated.ts';
import { elementsOf, openTraefik, TRAEFIK } from './real-traefik.ts';

const COUNT = 1500;
const SEED = 20261128;

/** The places in the list at which the real one took a router out of use, with its words. */
async function outOf(routers: readonly JsonObject[], middlewares: readonly JsonObject[]): Promise<(string | null)[]> {
  const service: JsonObject = { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }] } };
  const named = <T>(list: readonly T[]) => Object.fromEntries(list.map((each, index) => [`n${index}`, each]));
  const http = {
    routers: named(routers),
    services: { s: service },
    ...(middlewares.length > 0 ? { middlewares: named(middlewares) } : {}),
  };
  const traefik = await openTraefik({ 'all.yml': { http } as JsonObject });
  try {
    const elements = await elementsOf(traefik.api, 'routers/n0');
    return routers.map((_, index) => {
      const told = elements.get(`routers/n${index}`);
      if (told === undefined) throw new Error(`no word of router n${index}:\n${traefik.log().slice(-2000)}`);
      return told.status === 'disabled' ? (told.error ?? []).join('; ') : null;
    });
  } finally {
    await traefik.close();
  }
}

test.skipIf(TRAEFIK === undefined).each(['v2', 'v3'] as const)(
  'a rule of %s is read as Traefik reads it',
  async (syntax) => {
    const texts = fc.sample(rules, { numRuns: COUNT, seed: SEED });
    const theirs = await outOf(
      texts.map((rule) => ({ rule, ruleSyntax: syntax, service: 's' })),
      [],
    );
    const wrong = texts.flatMap((text, index) => {
      const ours = parseRule(text, syntax);
      const fault = 'fault' in ours ? ours.fault : null;
      return (fault === null) === (theirs[index] === null) ? [] : [{ text, ours: fault, theirs: theirs[index] }];
    });
    expect(wrong).toEqual([]);
    expect(theirs.filter((each) => each === null).length).toBeGreaterThan(COUNT / 20);
  },
);

test.skipIf(TRAEFIK === undefined)('a regular expression is read as Go reads it', async () => {
  // Two brackets in a row start a template of the file, which is another matter.
  const texts = fc.sample(
    expressions.filter((each) => !each.includes('{{')),
    { numRuns: 2 * COUNT, seed: SEED },
  );
  const theirs = await outOf(
    texts.map((_, index) => ({ rule: 'Host(`a`)', service: 's', middlewares: [`n${index}`] })),
    texts.map((regex) => ({ redirectRegex: { regex, replacement: 'b' } })),
  );
  const wrong = texts.flatMap((text, index) => {
    const fault = expressionFault(text);
    return (fault === null) === (theirs[index] === null)
      ? []
      : [{ text, ours: fault?.message ?? null, theirs: theirs[index] }];
  });
  expect(wrong).toEqual([]);
  expect(theirs.filter((each) => each === null).length).toBeGreaterThan(COUNT / 5);
});

test('whatever is written, reading it ends and tells why', () => {
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
