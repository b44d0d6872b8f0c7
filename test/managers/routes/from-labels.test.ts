// Routes from labels: paths, names and rules as Traefik's provider for Docker would create them, or refused with an alternative.

import { describe, expect, test } from 'vitest';
import { derived, ROUTER, shopWith } from './labelled.ts';

const RULE = 'traefik.http.routers.shop.rule=Host(`shop.example.internal`)';
const PORT = 'traefik.http.services.shop.loadbalancer.server.port=80';

test.each<[title: string, labels: readonly string[], middleware: object]>([
  [
    'an empty value takes a header away',
    ['headers.customResponseHeaders.Server='],
    { headers: { customResponseHeaders: { Server: '' } } },
  ],
  ['compress with nothing in it', ['compress=true'], { compress: {} }],
  [
    'a list with blanks',
    ['ipallowlist.sourcerange= 10.0.0.0/8 , 127.0.0.1'],
    { ipAllowList: { sourceRange: ['10.0.0.0/8', '127.0.0.1'] } },
  ],
  ['keys in any case', ['HEADERS.STSseconds=60'], { headers: { stsSeconds: 60 } }],
  ['a time in bare seconds', ['ratelimit.period=5', 'ratelimit.average=1'], { rateLimit: { period: '5', average: 1 } }],
  [
    'true and false as Go writes them',
    ['redirectscheme.scheme=https', 'redirectscheme.permanent=T'],
    { redirectScheme: { scheme: 'https', permanent: true } },
  ],
])('middleware: %s', (_, labels, middleware) => {
  const own = labels.map((label) => `traefik.http.middlewares.m.${label}`);
  const { problems, middlewares, routers } = derived({
    manifest: [...ROUTER, ...own, 'traefik.http.routers.shop.middlewares=m'],
  });
  expect(problems).toEqual([]);
  expect(middlewares).toEqual({ 'shop-m': middleware });
  expect(routers['shop']).toMatchObject({ middlewares: ['shop-m'] });
});

test.each<[title: string, labels: readonly string[], loadBalancer: object]>([
  ['a negative time', ['responseforwarding.flushinterval=-1'], { responseForwarding: { flushInterval: '-1' } }],
  ['sticky by a cookie with nothing said', ['sticky.cookie=true'], { sticky: { cookie: {} } }],
  ['a transport of another file', ['serverstransport=insecure@file'], { serversTransport: 'insecure@file' }],
  ['a URL in place of a port', ['server.url=http://10.0.0.77:9'], { servers: [{ url: 'http://10.0.0.77:9' }] }],
  ['the weight of a server', ['server.weight=3'], { servers: [{ url: 'http://10.0.0.111:8000', weight: 3 }] }],
  ['nothing said of a port: the lowest that is published', [], { servers: [{ url: 'http://10.0.0.111:8000' }] }],
  ['a port with a blank', ['server.port= 80'], { servers: [{ url: 'http://10.0.0.111:8000' }] }],
])('service: %s', (_, labels, loadBalancer) => {
  const own = labels.map((label) => `traefik.http.services.shop.loadbalancer.${label}`);
  const { problems, services } = derived({ manifest: [RULE, ...own] });
  expect(problems).toEqual([]);
  expect(services['shop']?.['loadBalancer']).toMatchObject(loadBalancer);
});

test('an https backend by a transport of another file gets none of ours', () => {
  const manifest = [
    ...ROUTER,
    'traefik.http.services.shop.loadbalancer.server.scheme=https',
    'traefik.http.services.shop.loadbalancer.serverstransport=t@file',
  ];
  expect(derived({ manifest }).services['shop']).toEqual({
    loadBalancer: { servers: [{ url: 'https://10.0.0.111:8000' }], serversTransport: 't@file' },
  });
});

test('pages for errors come from the service that is named', () => {
  const { problems, services, middlewares } = derived({
    manifest: [
      ...ROUTER,
      'traefik.http.routers.shop.middlewares=pages',
      'traefik.http.middlewares.pages.errors.status=500-599',
      'traefik.http.middlewares.pages.errors.service=shop',
      'traefik.http.middlewares.pages.errors.query=/{status}.html',
    ],
  });
  expect(problems).toEqual([]);
  const pages = middlewares['shop-pages']?.['errors'] as { service: string } | undefined;
  expect(services[pages?.service ?? '']).toEqual({ loadBalancer: { servers: [{ url: 'http://10.0.0.111:8000' }] } });
});

test('pages from an https service are asked for by its name', () => {
  const found = derived({
    manifest: [
      RULE,
      'traefik.http.services.shop.loadbalancer.server.scheme=https',
      'traefik.http.services.shop.middlewares=zip',
      'traefik.http.middlewares.zip.compress=true',
      'traefik.http.routers.shop.middlewares=pages',
      'traefik.http.middlewares.pages.errors.status=500-599',
      'traefik.http.middlewares.pages.errors.service=shop',
    ],
  });
  expect(found.problems).toEqual([]);
  expect(Object.values(found.services)).toMatchObject([
    { middlewares: ['shop-zip'], loadBalancer: { serversTransport: 'shop' } },
    { middlewares: ['shop-zip'], loadBalancer: { serversTransport: 'shop-shop-errors' } },
  ]);
  expect(Object.keys(found.middlewares)).toEqual(['shop-pages', 'shop-zip']);
});

test.each(['api@internal', 'noop@internal', 'other@file'])(
  'a router leads to %s, which is there without us',
  (service) => {
    const { problems, routers, services } = derived({
      manifest: [RULE, `traefik.http.routers.shop.service=${service}`],
    });
    expect(problems).toEqual([]);
    expect(routers['shop']).toMatchObject({ service });
    expect(services).toEqual({});
  },
);

test('a rule of version 2 is kept as one', () => {
  const rule = 'traefik.http.routers.shop.rule=Host(`a.example.internal`,`b.example.internal`)';
  const { problems, routers, names } = derived({ manifest: [rule, PORT, 'traefik.http.routers.shop.ruleSyntax=v2'] });
  expect(problems).toEqual([]);
  expect(routers['shop']).toMatchObject({ ruleSyntax: 'v2' });
  expect(names).toEqual(['a.example.internal', 'b.example.internal']);
});

test('labels of others, and what only a provider would ask, say nothing', () => {
  const others = [
    'com.centurylinklabs.watchtower.enable=true',
    'traefik.docker.lbswarm=true',
    'traefik.docker.network=proxy',
    'traefik.constraint-label=public',
    'traefik.tags=a',
  ];
  expect(derived({ manifest: [...ROUTER, ...others] })).toEqual(derived({ manifest: ROUTER }));
});

test('of two labels that differ in case, the later one in Traefik’s order counts, and one router follows', () => {
  const { routers } = derived({
    manifest: ['traefik.http.routers.shop.Rule=Host(`upper.example.internal`)', RULE, PORT],
  });
  expect(Object.values(routers)).toMatchObject([{ rule: 'Host(`shop.example.internal`)' }]);
});

test.each<[labels: readonly string[], problem: string]>([
  [
    ['traefik.http.routers.shop.rules=Host(`a`)'],
    'error UNKNOWN_KEY phoenix.json:3 traefik.http.routers.shop.rules is no label that is known',
  ],
  [
    ['traefik.http.routers.shop.priority=high'],
    'error INVALID_VALUE phoenix.json:3 traefik.http.routers.shop.priority must be a whole number',
  ],
  [
    ['Traefik.http.routers.b.rule=Host(`b`)'],
    'error INVALID_VALUE phoenix.json:3 Traefik.http.routers.b.rule begins with "Traefik"',
  ],
  [['traefik.enable=yes'], 'error INVALID_VALUE phoenix.json:3 traefik.enable must be true or false'],
  [
    ['traefik.http.routers.shop.rule=Host(`{{env "A"}}`)'],
    'error INVALID_VALUE phoenix.json:3 traefik.http.routers.shop.rule holds "{{"',
  ],
  [
    ['traefik.http.routers.shop.middlewares=m', 'traefik.http.middlewares.m.plugin.b.c=1'],
    'error INVALID_VALUE phoenix.json:4 middleware m: plugins',
  ],
  [
    ['traefik.http.routers.shop.middlewares=gone@docker'],
    'error UNKNOWN_REFERENCE phoenix.json:3 middleware gone@docker is not defined',
  ],
  [
    ['traefik.http.routers.shop.middlewares=a,', 'traefik.http.middlewares.a.compress=true'],
    'error UNKNOWN_REFERENCE phoenix.json:3 middleware "" is not defined',
  ],
  [
    ['traefik.http.services.shop.loadbalancer.serverstransport=mine'],
    'error UNKNOWN_REFERENCE phoenix.json:3 transport mine is not there',
  ],
  [
    ['traefik.http.routers.shop.service=rest@internal'],
    'error UNKNOWN_REFERENCE phoenix.json:3 router shop leads to service rest@internal',
  ],
  [
    ['traefik.tcp.routers.db.rule=HostSNI(`*`)', 'traefik.tcp.services.db.loadbalancer.server.port=5432'],
    'error INVALID_VALUE phoenix.json:3 router db is for TCP',
  ],
  [
    ['traefik.udp.services.dns.loadbalancer.server.port=53'],
    'error INVALID_VALUE phoenix.json:3 service dns is for UDP',
  ],
  [
    ['traefik.http.services.shop.loadbalancer.server.url=http://10.0.0.9'],
    'error INVALID_VALUE phoenix.json:3 service shop has a URL and a port',
  ],
  [
    ['traefik.http.services.shop.loadbalancer.server.port=eighty'],
    'error INVALID_VALUE phoenix.json:3 the port of service shop must be a number',
  ],
  [
    ['traefik.http.services.shop.loadbalancer.server.scheme=ftp'],
    'error INVALID_VALUE phoenix.json:3 scheme ftp of service shop',
  ],
  [
    ['traefik.http.services.b.weighted.services[0].name=shop', 'traefik.http.routers.shop.service=shop'],
    'error INVALID_VALUE phoenix.json:3 service b has no load balancer',
  ],
  [
    ['traefik.http.services.b.loadbalancer.server.port=80'],
    'error INVALID_VALUE phoenix.json:1 router shop must say which service',
  ],
  [['traefik.http.middlewares.m.ipallowlist.sourcerange=nowhere'], 'error INVALID_VALUE phoenix.json:3 middleware m:'],
  [
    ['traefik.http.serverstransports.t.insecureskipverify=true'],
    'warning NO_EFFECT phoenix.json:3 traefik.http.serverstransports.t.insecureskipverify says nothing',
  ],
  [['traefik.frontend.rule=Host:a'], 'warning NO_EFFECT phoenix.json:3 traefik.frontend.rule is a label of Traefik 1'],
  [
    ['traefik.htp.routers.b.rule=Host(`b`)'],
    'warning NO_EFFECT phoenix.json:3 traefik.htp.routers.b.rule is no label that Traefik reads',
  ],
  [
    [
      'traefik.http.middlewares.m.redirectregex.regex=^a',
      'traefik.http.middlewares.m.redirectregex.replacement=https://$${1}',
    ],
    'warning DOLLAR_SIGNS phoenix.json:4 ',
  ],
])('%j', (labels, problem) => {
  const { problems } = derived({ manifest: [...ROUTER, ...labels] });
  // Lines from the first label on.
  const lines = problems.map((each) => each.replace(/:(\d+) /, (_, line) => `:${Number(line) - FIRST_LINE + 1} `));
  expect(lines.join('\n')).toContain(problem);
});

/** Of the first label, in phoenix.json as the tests write it. */
const FIRST_LINE = Number(
  /:(\d+) /.exec(derived({ manifest: ['traefik.http.routers.shop.rule=Host(', PORT] }).problems[0] ?? '')?.[1],
);

test('each problem is reported once, and no other', () => {
  const { problems } = derived({
    manifest: [...ROUTER, 'traefik.http.routers.shop.middlewares=m', 'traefik.http.middlewares.m.plugin.b.c=1'],
  });
  expect(problems).toHaveLength(1);
});

describe('one that is refused never holds back others', () => {
  const good = [
    'traefik.http.routers.good.rule=Host(`good.example.internal`)',
    'traefik.http.routers.good.service=shop',
    PORT,
  ];
  test.each<[title: string, labels: readonly string[]]>([
    ['a rule that cannot be read', ['traefik.http.routers.bad.rule=Host(']],
    ['a pattern that is none', ['traefik.http.routers.bad.rule=HostRegexp(`(?=a)`)']],
    [
      'a middleware that is not there',
      ['traefik.http.routers.bad.rule=Host(`bad.example.internal`)', 'traefik.http.routers.bad.middlewares=none'],
    ],
    [
      'a middleware that Traefik refuses, which may be all that guards it',
      [
        'traefik.http.routers.bad.rule=Host(`bad.example.internal`)',
        'traefik.http.routers.bad.middlewares=m',
        'traefik.http.middlewares.m.basicauth.users=ann',
      ],
    ],
    [
      'a chain that comes back to itself',
      [
        'traefik.http.routers.bad.rule=Host(`bad.example.internal`)',
        'traefik.http.routers.bad.middlewares=m',
        'traefik.http.middlewares.m.chain.middlewares=m',
      ],
    ],
    [
      'a service that is not there',
      ['traefik.http.routers.bad.rule=Host(`bad.example.internal`)', 'traefik.http.routers.bad.service=none'],
    ],
  ])('%s', (_, bad) => {
    const { problems, routers, middlewares, names } = derived({ manifest: [...good, ...bad] });
    expect(problems.length).toBeGreaterThan(0);
    expect(Object.keys(routers)).toEqual(['shop-good']);
    expect(middlewares).toEqual({});
    expect(names).toEqual(['good.example.internal']);
  });

  test('a service whose labels cannot be read leaves those of another service alone', () => {
    const compose = `${shopWith()}  other:\n    image: other\n    ports: ["9000:90"]\n    labels:\n      traefik.http.routers.other.rule: Host(\`other.example.internal\`)\n`;
    const { routers } = derived({ manifest: [...ROUTER, 'traefik.http.nothing.a=b'], compose });
    expect(Object.keys(routers)).toEqual(['shop-other']);
  });
});

describe('without a router', () => {
  test('a service is reached under the name that Traefik gives it below the domain, which is reported', () => {
    const { problems, routers, names } = derived({ manifest: ['traefik.enable=true', PORT] });
    expect(Object.values(routers)).toMatchObject([{ rule: 'Host(`shop-shop.example.internal`)' }]);
    expect(names).toEqual(['shop-shop.example.internal']);
    expect(problems).toEqual([
      expect.stringMatching(
        /^warning NO_ROUTE .* service shop says no rule and is reached as shop-shop\.example\.internal/,
      ),
    ]);
  });

  test('so is a router without a rule, by its own middlewares', () => {
    const { routers } = derived({
      manifest: ['traefik.http.routers.x.middlewares=c', 'traefik.http.middlewares.c.compress=true', PORT],
    });
    expect(Object.values(routers)).toMatchObject([
      { rule: 'Host(`shop-shop.example.internal`)', middlewares: ['shop-c'] },
    ]);
  });

  test('of several services Traefik uses none, which is reported', () => {
    const { problems, routers } = derived({ manifest: [PORT, 'traefik.http.services.b.loadbalancer.server.port=80'] });
    expect(routers).toEqual({});
    expect(problems).toEqual([
      expect.stringMatching(/^warning NO_ROUTE .* Traefik makes none for one with several services: shop, b/),
    ]);
  });

  test('a service without labels for HTTP that is not enabled gets no route', () => {
    expect(derived({ manifest: ['traefik.docker.network=proxy'] })).toMatchObject({
      problems: [],
      routers: {},
      names: [],
    });
    expect(derived({ manifest: ['traefik.http.middlewares.c.compress=true'] })).toMatchObject({
      problems: [],
      routers: {},
    });
  });
});

test('a service that is not enabled has no route and no name, whatever its other labels', () => {
  const { problems, routers, names } = derived({
    manifest: [...ROUTER, 'traefik.enable=false', 'traefik.http.nothing=1'],
  });
  expect({ problems, routers, names }).toEqual({ problems: [], routers: {}, names: [] });
});

test('labels in capitals have a way and a name', () => {
  const { problems, names, routers } = derived({
    manifest: ['traefik.HTTP.ROUTERS.shop.RULE=Host(`Loud.example.internal`)', PORT],
  });
  expect(problems).toEqual([]);
  expect(names).toEqual(['loud.example.internal']);
  expect(Object.keys(routers)).toEqual(['shop']);
});

test('blanks around the equals sign mean nothing', () => {
  const spaced = derived({ manifest: ['traefik.enable = true', ...ROUTER.map((label) => label.replace('=', ' = '))] });
  expect(spaced).toEqual(derived({ manifest: ['traefik.enable=true', ...ROUTER] }));
});

describe('services of one stack', () => {
  const two = (...labels: readonly string[]) =>
    `${shopWith()}  other:\n    image: other\n    ports: ["9000:90"]\n    labels:\n${labels.map((label) => `      - ${label}\n`).join('')}`;

  test('use the middlewares and services of each other, with and without @docker', () => {
    const { problems, routers, services } = derived({
      manifest: [...ROUTER, 'traefik.http.middlewares.c.compress=true'],
      compose: two(
        'traefik.http.routers.other.rule=Host(`other.example.internal`)',
        'traefik.http.routers.other.service=shop@docker',
        'traefik.http.routers.other.middlewares=c@docker',
      ),
    });
    expect(problems).toEqual([]);
    expect(routers['shop-other']).toMatchObject({ middlewares: ['shop-c'] });
    expect(services['shop-other']).toEqual(services['shop']);
  });

  test('share the requests of a service that both say', () => {
    const { services } = derived({
      manifest: [...ROUTER, 'traefik.http.routers.shop.service=shop'],
      compose: two(
        'traefik.http.services.shop.loadbalancer.server.port=90',
        'traefik.http.routers.shop.rule=Host(`shop.example.internal`)',
        'traefik.http.routers.shop.service=shop',
      ),
    });
    expect(services['shop']).toEqual({
      loadBalancer: { servers: [{ url: 'http://10.0.0.111:8000' }, { url: 'http://10.0.0.111:9000' }] },
    });
  });

  test('that contradict each other under one name are reported, and neither counts', () => {
    const { problems, routers } = derived({
      manifest: ROUTER,
      compose: two(
        'traefik.http.routers.shop.rule=Host(`else.example.internal`)',
        'traefik.http.services.other.loadbalancer.server.port=90',
      ),
    });
    expect(problems).toEqual([expect.stringMatching(/^error DUPLICATE_SERVICE .* router shop stands at service/)]);
    expect(routers).toEqual({});
  });
});

test('who is asked whether a request may pass is asked where the VM publishes it', () => {
  const guard = (host: string) => [
    ...ROUTER,
    'traefik.http.routers.shop.middlewares=auth',
    `traefik.http.middlewares.auth.forwardauth.address=http://${host}/verify?to=a`,
  ];
  const compose = `${shopWith()}  guard:\n    image: guard\n    ports: ["9091:91"]\n`;
  expect(derived({ manifest: guard('guard:91'), compose })).toMatchObject({
    problems: [],
    middlewares: { 'shop-auth': { forwardAuth: { address: 'http://10.0.0.111:9091/verify?to=a' } } },
  });
  expect(derived({ manifest: guard('auth.example.internal:91'), compose }).problems).toEqual([]);
  expect(derived({ manifest: guard('guard:92'), compose }).problems).toEqual([
    expect.stringMatching(/^warning NO_ROUTE .*nothing publishes port 92 of service guard/),
  ]);
  expect(derived({ manifest: guard('elsewhere:91'), compose }).problems).toEqual([
    expect.stringMatching(/^warning NO_ROUTE .*elsewhere is a name without a domain/),
  ]);
});

test('a VM without a fixed address gets no route, which is reported', () => {
  const { problems, routers } = derived({
    manifest: ROUTER,
    change: (files) => {
      files['etc/phoenix_vm_configs.json'].vms[1].network_config.ip = 'dhcp';
    },
  });
  expect(routers).toEqual({});
  expect(problems).toContainEqual(
    expect.stringMatching(/^warning NO_ROUTE phoenix.json:.* no VM that runs stack shop has a fixed address/),
  );
});
