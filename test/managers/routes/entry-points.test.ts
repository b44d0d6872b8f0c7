// Routers that labels separate by entry points: clients connect over TLS only, and get what Traefik itself would serve over TLS.

import { expect, test } from 'vitest';
import { derived } from './labelled.ts';

interface Router {
  readonly rule?: string;
  readonly entryPoints?: string;
  readonly tls?: true;
  readonly middlewares?: string;
  readonly priority?: number;
}

const HOST = 'Host(`shop.example.internal`)';

function withRouters(routers: Readonly<Record<string, Router>>, ...more: readonly string[]) {
  const labels = Object.entries(routers).flatMap(([name, { rule = HOST, entryPoints, tls, middlewares, priority }]) =>
    [
      `rule=${rule}`,
      ...(entryPoints === undefined ? [] : [`entrypoints=${entryPoints}`]),
      ...(tls === undefined ? [] : ['tls=true']),
      ...(middlewares === undefined ? [] : [`middlewares=${middlewares}`]),
      ...(priority === undefined ? [] : [`priority=${priority}`]),
    ].map((label) => `traefik.http.routers.${name}.${label}`),
  );
  return derived({
    manifest: [
      ...labels,
      'traefik.http.services.shop.loadbalancer.server.port=80',
      'traefik.http.middlewares.to-https.redirectscheme.scheme=https',
      'traefik.http.middlewares.by-chain.chain.middlewares=to-https',
      'traefik.http.middlewares.by-regex.redirectregex.regex=^http://(.*)',
      `traefik.http.middlewares.by-regex.redirectregex.replacement=https://\${1}`,
      'traefik.http.middlewares.zip.compress=true',
      'traefik.http.middlewares.auth.basicauth.users=ann:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/',
      ...more,
    ],
  });
}

test.each<[title: string, routers: Readonly<Record<string, Router>>]>([
  [
    'by their usual names',
    {
      plain: { entryPoints: 'web', middlewares: 'to-https' },
      serves: { entryPoints: 'websecure', middlewares: 'zip' },
    },
  ],
  [
    'by TLS, whatever they are called',
    { plain: { entryPoints: 'lan' }, serves: { entryPoints: 'wan', tls: true, middlewares: 'zip' } },
  ],
  [
    'by TLS on names that say the opposite',
    { plain: { entryPoints: 'https', middlewares: 'to-https' }, serves: { entryPoints: 'http', tls: true } },
  ],
  [
    'by what redirects, whatever they are called',
    { plain: { entryPoints: 'e1', middlewares: 'to-https' }, serves: { entryPoints: 'e2', middlewares: 'zip' } },
  ],
  [
    'by what redirects through a chain',
    { plain: { entryPoints: 'e1', middlewares: 'by-chain' }, serves: { entryPoints: 'e2' } },
  ],
  [
    'by what redirects by a pattern',
    { plain: { entryPoints: 'e1', middlewares: 'by-regex' }, serves: { entryPoints: 'e2' } },
  ],
  [
    'by what redirects in a file of others',
    { plain: { entryPoints: 'e1', middlewares: 'redirect-to-https@file' }, serves: { entryPoints: 'e2' } },
  ],
  [
    'by a TLS router elsewhere on the same entry point',
    {
      plain: { entryPoints: 'one' },
      serves: { entryPoints: 'two' },
      other: { rule: 'Host(`other.example.internal`)', entryPoints: 'two', tls: true },
    },
  ],
  [
    'though the plain one goes first',
    { plain: { entryPoints: 'web', priority: 100 }, serves: { entryPoints: 'websecure' } },
  ],
  [
    'where one has no entry point and the other one for TLS',
    { plain: {}, serves: { entryPoints: 'websecure', tls: true, middlewares: 'auth' } },
  ],
])('of two with one rule the one for TLS serves, told %s', (_, routers) => {
  const { problems, routers: found } = withRouters(routers);
  expect(problems).toEqual([]);
  expect(Object.keys(found)).toEqual(
    Object.keys(routers)
      .filter((name) => name !== 'plain')
      .map((name) => `shop-${name}`)
      .sort(),
  );
});

test('a redirect for any name in labels is done by the gateway, and affects no other route', () => {
  const any = { rule: 'HostRegexp(`.+`)', entryPoints: 'web', middlewares: 'to-https', priority: 1000 };
  const { problems, routers, names } = withRouters({ any, serves: { entryPoints: 'websecure' } });
  expect(problems).toEqual([]);
  expect(Object.keys(routers)).toEqual(['shop-serves']);
  expect(names).toEqual(['shop.example.internal']);
});

test('a redirect of several names never lets a client past what guards one of them', () => {
  const longer = { rule: `${HOST} || Host(\`www.example.internal\`)`, entryPoints: 'web', middlewares: 'to-https' };
  const { routers, names } = withRouters({ longer, serves: { entryPoints: 'websecure', middlewares: 'auth' } });
  expect(Object.keys(routers)).toEqual(['shop-serves']);
  expect(names).toEqual(['shop.example.internal']);
});

test('what plain HTTP alone has comes after all that is for TLS, in its own order', () => {
  const { problems, routers } = withRouters({
    all: { entryPoints: 'web' },
    deep: { rule: `${HOST} && PathPrefix(\`/deep/down\`)`, entryPoints: 'web' },
    admin: { rule: `${HOST} && PathPrefix(\`/admin\`)`, entryPoints: 'websecure', middlewares: 'auth' },
  });
  expect(problems).toEqual([]);
  expect(routers['shop-admin']).not.toHaveProperty('priority');
  expect(routers['shop-all']).toMatchObject({ priority: -2 });
  expect(routers['shop-deep']).toMatchObject({ priority: -1 });
});

test.each<[title: string, routers: Readonly<Record<string, Router>>]>([
  ['alone on an entry point for plain HTTP', { one: { entryPoints: 'web' } }],
  [
    'alone and redirecting, which a client over TLS does not notice',
    { one: { entryPoints: 'web', middlewares: 'to-https' } },
  ],
  ['for TLS with a redirect', { one: { entryPoints: 'websecure', tls: true, middlewares: 'to-https' } }],
  [
    'beside one for another name',
    { one: { entryPoints: 'web' }, two: { rule: 'Host(`b.example.internal`)', entryPoints: 'websecure' } },
  ],
  ['beside one without entry points', { one: { entryPoints: 'web', rule: `${HOST} && PathPrefix(\`/a\`)` }, two: {} }],
])('a router stays as it is %s', (_, routers) => {
  const found = withRouters(routers);
  expect(found.problems).toEqual([]);
  expect(Object.keys(found.routers)).toEqual(Object.keys(routers).map((name) => `shop-${name}`));
  for (const router of Object.values(found.routers)) expect(router).not.toHaveProperty('priority');
});

test('two that do the same on two entry points are one', () => {
  const { problems, routers } = withRouters({ a: { entryPoints: 'lan' }, b: { entryPoints: 'wan' } });
  expect(problems).toEqual([]);
  expect(Object.keys(routers)).toEqual(['shop-a']);
});

test('two that do different things on two entry points, of which neither is for TLS, cannot both be had', () => {
  const { problems } = withRouters({ a: { entryPoints: 'lan' }, b: { entryPoints: 'wan', middlewares: 'zip' } });
  expect(problems).toEqual([
    expect.stringMatching(/^error DUPLICATE_SERVICE .* is also the rule of a router of stack shop/),
  ]);
});

test('two of one rule without entry points are a mistake', () => {
  expect(withRouters({ a: {}, b: {} }).problems).toEqual([expect.stringContaining('error DUPLICATE_SERVICE')]);
});
