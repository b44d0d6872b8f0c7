// Differences of a gateway's file that somebody changed: each is named by its route, server or setting, and shows no password.

import { expect, test } from 'vitest';
import { comparedBy } from '../../../src/managers/comparison.ts';
import { nginxComparison } from '../../../src/managers/gateway/nginx/nginx-comparison.ts';
import type { NginxSpec } from '../../../src/managers/gateway/nginx/nginx-spec.ts';
import { renderNginx } from '../../../src/managers/gateway/nginx/render.ts';
import { gatewaySources } from '../../../src/managers/gateway/places.ts';
import { dynamicDifferences, staticDifferences } from '../../../src/managers/gateway/traefik/elements.ts';
import { renderStatic } from '../../../src/managers/gateway/traefik/static.ts';
import { renderTraefik } from '../../../src/managers/gateway/traefik/traefik-spec.ts';
import { textDigest } from '../../../src/managers/guest/digest.ts';
import { routesOf } from '../../../src/managers/routes/routes.ts';
import type { TargetId } from '../../../src/model/ids.ts';
import { environment, loadFiles } from '../../load/environment.ts';

const SITE = { own: false, chain: '/etc/a.crt', key: '/etc/a.key', source: '/srv/a.crt', late: false };
const SPEC: NginxSpec = {
  ...{ guest: 101, address: '10.0.0.10', domain: 'lan', proxy: '10.0.0.11', root: null },
  sites: [
    { ...SITE, names: ['a.lan', 'b.lan', 'c.lan', 'd.lan'] },
    { ...SITE, names: ['e.lan'] },
  ],
  hasIpv6: false,
  asked: { http: true, https: true },
};

/** The differences of nginx with this file in place of the declared one. */
function nginx(text: string) {
  const files = { current: textDigest(text), proven: textDigest(text), text, active: true };
  const inside = { kind: 'seen', files, digests: new Map(), rest: [], stderr: 'nginx version: nginx/1.26.0' } as const;
  const wanted = { target: 'gateway/nginx' as TargetId, spec: SPEC, before: undefined };
  return comparedBy(nginxComparison, wanted, { inside, there: new Set(['/srv/a.crt']) });
}

test('a server of nginx is named by its names and its port, with its text', () => {
  const { text } = renderNginx(SPEC, { version: '1.26.0', there: new Set(['/srv/a.crt']) });
  expect(nginx(text)).toEqual([]);
  const last = text.lastIndexOf('10.0.0.11');
  const edited = nginx(`${text.slice(0, last)}10.0.0.99${text.slice(last + 9)}server { listen 8443; }\n`);
  expect(edited.map(({ field }) => field)).toEqual(['server e.lan, port 443', 'server for other names, port 8443']);
  expect(edited[0]?.observed).toContain('10.0.0.99');
  expect(edited[0]?.declared).not.toContain('10.0.0.99');
  expect(nginx(text.replace('    d.lan;', '    x.lan;')).map(({ field }) => field)).toEqual([
    'server a.lan, b.lan, c.lan and 1 more, port 80',
  ]);
});

test('a file of nginx that is only laid out otherwise differs as a whole, and one that is no configuration too', () => {
  const { text } = renderNginx(SPEC, { version: '1.26.0', there: new Set(['/srv/a.crt']) });
  expect(nginx(`${text}\n\n`)).toMatchObject([{ observed: 'the same values, in another form' }]);
  expect(nginx(text.slice(0, text.length / 2)).length).toBeGreaterThan(0);
  expect(nginx(`${'{"'.repeat(50)}`).length).toBeGreaterThan(0);
});

const DYNAMIC = {
  http: {
    routers: { web: { rule: 'Host(`a.lan`)', service: 'web', middlewares: ['login'] } },
    services: { web: { loadBalancer: { servers: [{ url: 'http://10.0.0.5:80' }] } } },
    middlewares: { login: { basicAuth: { users: ['ada:$apr1$declared'] } }, slow: { rateLimit: { average: 10 } } },
  },
};

test('a router, a service and a middleware of Traefik are named with the field that differs', () => {
  const { text } = renderTraefik({ dynamic: DYNAMIC });
  expect(dynamicDifferences(DYNAMIC, text)).toEqual([]);
  const edited = text
    .replace('a.lan', 'b.lan')
    .replace('10.0.0.5:80', '10.0.0.6:80')
    .replace('average: 10', 'average: 99')
    .replace('declared', 'observed');
  const found = dynamicDifferences(DYNAMIC, `${edited}\nconstructor: {}\n`);
  expect(found.map(({ field, observed }) => [field, observed])).toEqual([
    ['router web.rule', 'Host(`b.lan`)'],
    ['service web.loadBalancer.servers', [{ url: 'http://10.0.0.6:80' }]],
    ['middleware login.basicAuth', 'another value'],
    ['middleware slow.rateLimit.average', 99],
    ['constructor', {}],
  ]);
  expect(JSON.stringify(found)).not.toContain('apr1');
});

test('a possible password is not shown, at any place and in any spelling that Traefik accepts', () => {
  const { text } = renderTraefik({ dynamic: DYNAMIC });
  const password = 'hunter2hunter2';
  const found = [
    `  middlewares:\n    other: { basicauth: { users: ["admin:${password}"] } }`,
    `  middlewares:\n    other: { Headers: { customRequestHeaders: { Authorization: "Basic ${password}" } } }`,
    `  services:\n    other: { loadBalancer: { healthCheck: { headers: { X-Key: ${password} } } } }`,
  ].flatMap((part) => dynamicDifferences(DYNAMIC, `http:\n${part}\n`));
  const started = staticDifferences(
    renderStatic('10.0.0.10'),
    `providers: { http: { headers: { X-K: ${password} }, redis: { password: ${password} } } }\ncertificatesResolvers: { a: { acme: { eab: { hmacEncoded: ${password} } } } }\n`,
  );
  expect(found.map(({ observed }) => observed)).toContain('another value');
  expect(started.map(({ observed }) => observed)).toContain('another value');
  expect(JSON.stringify([found, started])).not.toContain(password);
  expect(dynamicDifferences(DYNAMIC, text)).toEqual([]);
});

test('a line of nginx that the repository does not have is shown without what may be a password', () => {
  const { text } = renderNginx(SPEC, { version: '1.26.0', there: new Set(['/srv/a.crt']) });
  const password = 'hunter2hunter2';
  const lines = [
    `proxy_set_header Authorization "Basic ${password}";`,
    `add_header X-Api-Token ${password};`,
    `set $token ${password};`,
    `if ($arg_key = ${password}) { return 403; }`,
    `proxy_pass http://10.0.0.7/?key=${password};`,
    `client_max_body_size 7m; set $other ${password};`,
    `client_max_body_size 8m; # ${password}`,
    'proxy_pass http://10.0.0.99:80;',
  ];
  const found = nginx(`${text}server {\n  listen 8443;\n  ${lines.join('\n  ')}\n}\n`);
  expect(JSON.stringify(found)).not.toContain(password);
  for (const shown of ['listen 8443;', 'client_max_body_size 8m;', 'http://10.0.0.99:80', 'proxy_set_header ‹secret›'])
    expect(found[0]?.observed).toContain(shown);
});

test('a missing route and a route of others are reported as such', () => {
  const { text } = renderTraefik({
    dynamic: { http: { routers: { mine: { rule: 'Host(`m.lan`)', service: 'web' } } } },
  });
  expect(dynamicDifferences({ http: { routers: DYNAMIC.http.routers } }, text)).toMatchObject([
    { field: 'router mine', declared: null },
    { field: 'router web', observed: null },
  ]);
  expect(dynamicDifferences(DYNAMIC, 'a: [')).toMatchObject([{ field: 'routes', observed: 'not readable as YAML' }]);
});

test('what Traefik is started with is named by its settings', () => {
  expect(staticDifferences(renderStatic('10.0.0.10'), renderStatic('10.0.0.10'))).toEqual([]);
  const edited = renderStatic('10.0.0.10').replace('level: INFO', 'level: DEBUG');
  expect(staticDifferences(renderStatic('10.0.0.10'), edited)).toMatchObject([
    { field: 'log.level', declared: 'INFO', observed: 'DEBUG' },
  ]);
});

test('a router, a service, a middleware or a server leads to the lines that declare its route', () => {
  const files = environment();
  files['stacks/shop/phoenix.json'].environments.production.services = {
    shop: {
      traefik_labels: [
        'traefik.http.routers.shop.rule=Host(`shop.example.internal`)',
        'traefik.http.services.shop.loadbalancer.server.port=80',
        'traefik.http.routers.shop.middlewares=slow,pages',
        'traefik.http.middlewares.slow.rateLimit.burst=20',
        'traefik.http.middlewares.slow.rateLimit.average=10',
        'traefik.http.middlewares.pages.errors.status=500-599',
        'traefik.http.middlewares.pages.errors.service=shop',
        'traefik.http.middlewares.pages.errors.query=/',
      ],
    },
  };
  const { config } = loadFiles(files);
  if (config === null) throw new Error('the environment is wrong');
  const placeOf = (...way: string[]) => gatewaySources.placeOf?.(config, way);
  const { name = '' } = routesOf(config).routes.find(({ hosts }) => hosts.includes('shop.example.internal')) ?? {};
  const place = placeOf(`router ${name}`, 'rule');
  expect(place).toMatchObject({
    file: 'stacks/shop/phoenix.json',
    path: expect.stringMatching(/^\/environments\/production\/services\/shop\/traefik_labels/),
  });
  for (const element of [`router ${name}-secure`, `service ${name}`, 'server shop.example.internal, port 443'])
    expect(placeOf(element), element).toEqual(place);
  const label = (index: number) => `/environments/production/services/shop/traefik_labels/${index}`;
  const { middlewares } = routesOf(config);
  const [slow = ''] = [...middlewares.keys()].filter((each) => each.endsWith('slow'));
  for (const [way, index] of [
    [[`middleware ${slow}`], 4],
    [[`middleware ${slow}`, 'rateLimit', 'burst'], 3],
    [[`middleware ${slow}`, 'rateLimit', 'average'], 4],
    [[`middleware ${slow}-direct`, 'rateLimit', 'average'], 4],
    [[`middleware ${slow}`, 'rateLimit', 'period'], 4],
    [[`middleware ${slow.replace(/slow$/, 'pages')}`, 'errors', 'service'], 6],
    [[`service ${slow.replace(/slow$/, 'shop')}-errors`, 'loadBalancer', 'servers'], 1],
  ] as const)
    expect(placeOf(...way), way.join('.')).toEqual({
      file: 'stacks/shop/phoenix.json',
      path: label(index),
      line: null,
    });
  for (const element of ['router stranger', 'server for other names, port 80', 'traefik', 'middleware x'])
    expect(placeOf(element), element).toBeNull();
});
