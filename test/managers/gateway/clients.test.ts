// Middlewares that depend on the client's address: what the gateway sends to `web`, and the client at `websecure`.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { byClient } from '../../../src/managers/gateway/traefik/clients.ts';
import type { JsonObject } from '../../../src/model/json.ts';

const LIST = { ipAllowList: { sourceRange: ['10.0.0.0/24'] } };
const BEHIND = { ipAllowList: { sourceRange: ['10.0.0.0/24'], ipStrategy: { depth: 1 } } };

function httpOf(
  middlewares: JsonObject,
  routers: Readonly<Record<string, readonly [entryPoint: string, ...through: string[]]>>,
) {
  const written = Object.entries(routers).map(([name, [entryPoint, ...through]]) => [
    name,
    { rule: 'Host(`x`)', service: 's', entryPoints: [entryPoint], middlewares: through },
  ]);
  const http = { routers: Object.fromEntries(written) as JsonObject, middlewares };
  return byClient({ http })['http'] as { routers: JsonObject; middlewares: JsonObject };
}

describe('an allow-list', () => {
  test('applies to the client address that the gateway passes', () => {
    expect(httpOf({ list: LIST }, { a: ['web', 'list'] }).middlewares).toEqual({ list: BEHIND });
  });

  test('with its own criterion is not changed', () => {
    for (const ipStrategy of [{ depth: 2 }, { excludedIPs: ['10.0.0.1'] }, {}]) {
      const own = { ipAllowList: { ...LIST.ipAllowList, ipStrategy } };
      expect(httpOf({ list: own }, { a: ['web', 'list'], b: ['websecure', 'list'] }).middlewares).toEqual({
        list: own,
      });
    }
  });

  test('applies to the client’s own address without a proxy in between, also through a chain', () => {
    const { routers, middlewares } = httpOf(
      { list: LIST, all: { chain: { middlewares: ['pack', 'list'] } }, pack: { compress: {} } },
      { a: ['web', 'all'], 'a-secure': ['websecure', 'pack', 'all'] },
    );
    expect(routers).toMatchObject({ a: { middlewares: ['all'] }, 'a-secure': { middlewares: ['pack', 'all-direct'] } });
    expect(middlewares).toEqual({
      list: BEHIND,
      'list-direct': LIST,
      all: { chain: { middlewares: ['pack', 'list'] } },
      'all-direct': { chain: { middlewares: ['pack', 'list-direct'] } },
      pack: { compress: {} },
    });
  });

  test('gets a name that is not in use', () => {
    const { middlewares } = httpOf({ list: LIST, 'list-direct': { compress: {} } }, { a: ['websecure', 'list'] });
    expect(middlewares).toEqual({ list: BEHIND, 'list-direct': { compress: {} }, 'list-direct-direct': LIST });
  });
});

test('a rate limit counts each client separately, unless it declares its criterion', () => {
  const limit = { rateLimit: { average: 10 } };
  expect(httpOf({ limit }, { a: ['web', 'limit'] }).middlewares).toEqual({
    limit: { rateLimit: { average: 10, sourceCriterion: { ipStrategy: { depth: 1 } } } },
  });
  const own = { rateLimit: { average: 10, sourceCriterion: { requestHost: true } } };
  expect(httpOf({ own }, { a: ['web', 'own'] }).middlewares).toEqual({ own });
});

test('changes nothing else, and leaves no router with a missing middleware', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'a-direct');
  const middleware = fc.oneof(
    fc.constant(LIST),
    fc.constant({ compress: {} }),
    fc.array(name, { maxLength: 2 }).map((middlewares) => ({ chain: { middlewares } })),
  );
  const router = fc.record({
    entryPoints: fc.constantFrom(['web'], ['websecure']),
    middlewares: fc.array(name, { maxLength: 3 }),
  });
  fc.assert(
    fc.property(
      fc.dictionary(name, middleware),
      fc.dictionary(fc.constantFrom('r', 's'), router),
      (middlewares, routers) => {
        const http = { routers, middlewares, services: { s: {} } } as unknown as JsonObject;
        const after = byClient({ http, tls: {} });
        const written = after['http'] as {
          routers: Record<string, { middlewares: string[] }>;
          middlewares: JsonObject;
        };
        expect(Object.keys(written.routers)).toEqual(Object.keys(routers));
        for (const [key, { middlewares: through }] of Object.entries(written.routers)) {
          const before = routers[key]?.middlewares ?? [];
          expect(through).toHaveLength(before.length);
          for (const [index, each] of through.entries()) {
            const was = before[index] ?? '';
            if (Object.hasOwn(middlewares, was)) expect(Object.hasOwn(written.middlewares, each)).toBe(true);
            else expect(each).toBe(was);
          }
        }
        // It is idempotent.
        const plain = Object.values(routers).every(({ entryPoints }) => entryPoints[0] === 'web');
        if (plain) expect(byClient(after)).toEqual(after);
      },
    ),
  );
});
