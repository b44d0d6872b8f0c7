// Labels in the compose file itself: they count like those of phoenix.json, and errors are reported at their line.

import { describe, expect, test } from 'vitest';
import { derived, ROUTER, shopWith } from './labelled.ts';

const RULE = 'traefik.http.routers.shop.rule=Host(`shop.example.internal`)';

test.each<[form: string, lines: readonly string[]]>([
  ['a list', ['labels:', `  - "${RULE}"`]],
  ['a map', ['labels:', '  traefik.http.routers.shop.rule: Host(`shop.example.internal`)']],
  ['one line', [`labels: ["${RULE}"]`]],
])('%s has ways and names', (_, lines) => {
  const { problems, routers, names, services } = derived({ compose: shopWith(...lines) });
  expect(problems).toEqual([]);
  expect(routers).toEqual({ shop: { rule: 'Host(`shop.example.internal`)', entryPoints: ['web'], service: 'shop' } });
  expect(services).toEqual({ shop: { loadBalancer: { servers: [{ url: 'http://10.0.0.111:8000' }] } } });
  expect(names).toEqual(['shop.example.internal']);
});

test('so has what comes by a merged anchor', () => {
  const compose = `x-web: &web\n  labels:\n    traefik.enable: true\n    traefik.http.routers.shop.rule: Host(\`shop.example.internal\`)\nservices:\n  shop:\n    <<: *web\n    image: shop:1\n    ports: ["8000:80"]\n`;
  expect(derived({ compose })).toMatchObject({ problems: [], names: ['shop.example.internal'] });
});

test('dollar signs and variables are read as compose reads them', () => {
  const compose = shopWith(
    'labels:',
    `  - "traefik.http.routers.shop.rule=Host(\`\${NAME:-shop}.\${ZONE}\`)"`,
    '  - traefik.http.routers.shop.middlewares=a',
    '  - "traefik.http.middlewares.a.basicauth.users=ann:$$apr1$$H6uskkkW$$IgXLP6ewTrSuBkTrqE8wj/"',
  );
  const { problems, middlewares, names } = derived({
    compose,
    variables: [{ name: 'ZONE', value: 'example.internal' }],
  });
  expect(problems.filter((each) => !each.includes('PLAINTEXT_SECRET'))).toEqual([]);
  expect(names).toEqual(['shop.example.internal']);
  expect(middlewares['shop-a']).toEqual({ basicAuth: { users: ['ann:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/'] } });
});

test('for one key phoenix.json wins, as in the text that is deployed', () => {
  const { routers, names } = derived({
    compose: shopWith('labels:', `  - ${RULE}`, '  - traefik.http.routers.shop.priority=7'),
    manifest: ['traefik.http.routers.shop.rule=Host(`mine.example.internal`)'],
  });
  expect(routers['shop']).toMatchObject({ rule: 'Host(`mine.example.internal`)', priority: 7 });
  expect(names).toEqual(['mine.example.internal']);
});

test('phoenix.json switches them off', () => {
  const compose = shopWith('labels:', `  - ${RULE}`, '  - traefik.enable=true');
  expect(derived({ compose, manifest: ['traefik.enable=false'] })).toMatchObject({
    problems: [],
    routers: {},
    names: [],
  });
});

test.each<[labels: readonly string[], problem: string]>([
  [
    [RULE, 'traefik.http.routers.shop.rul=x'],
    'error UNKNOWN_KEY docker-compose.yml:7 traefik.http.routers.shop.rul is no label that is known',
  ],
  [
    ['traefik.http.routers.shop.rule=Host('],
    'error INVALID_VALUE docker-compose.yml:6 router shop: the rule cannot be read',
  ],
  [
    ['traefik.enable=true', 'traefik.tcp.routers.db.rule=HostSNI(`*`)'],
    'error INVALID_VALUE docker-compose.yml:7 router db is for TCP',
  ],
  [
    [RULE, 'traefik.http.routers.shop.middlewares=auth@docker'],
    'error UNKNOWN_REFERENCE docker-compose.yml:7 middleware auth@docker is not defined',
  ],
])('%j is told at its line', (labels, problem) => {
  const compose = shopWith('labels:', ...labels.map((label) => `  - ${label}`));
  expect(derived({ compose }).problems).toEqual([expect.stringContaining(problem)]);
});

describe('a secret', () => {
  const variables = [
    { name: 'HASH', value: { $secret: 'env:PHOENIX_SECRET_HASH' } },
    { name: 'PASSWORD', value: 'hunter2' },
  ];

  test.each(['HASH', 'PASSWORD'])('in a label by the variable %s is refused at its line, and shown nowhere', (name) => {
    const found = derived({
      compose: shopWith(
        'labels:',
        `  - ${RULE}`,
        '  - traefik.http.routers.shop.middlewares=a',
        `  - "traefik.http.middlewares.a.basicauth.users=ann:\${${name}}"`,
      ),
      variables,
    });
    expect(found.problems).toContainEqual(
      expect.stringMatching(
        new RegExp(`^error SECRET_NOT_ALLOWED docker-compose.yml:8 the label .* holds the variable ${name}`),
      ),
    );
    expect(found.routers).toEqual({});
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  test('is refused too beside a default that it would override', () => {
    const compose = shopWith(
      'labels:',
      `  - "traefik.http.routers.shop.rule=Host(\`\${PASSWORD:-shop.example.internal}\`)"`,
    );
    const { problems, routers } = derived({ compose, variables });
    expect(problems).toContainEqual(expect.stringContaining('error SECRET_NOT_ALLOWED docker-compose.yml:6'));
    expect(routers).toEqual({});
  });

  test('is no matter where phoenix.json says the label otherwise, or the service is not enabled', () => {
    const compose = shopWith('labels:', `  - "traefik.http.routers.shop.rule=Host(\`\${PASSWORD}\`)"`);
    for (const manifest of [[RULE], ['traefik.enable=false']]) {
      const { problems } = derived({ compose, variables, manifest });
      expect(problems.filter((each) => each.includes('SECRET_NOT_ALLOWED'))).toEqual([]);
    }
  });

  test('elsewhere in the file, or in labels that Traefik does not read, is no matter of ours', () => {
    const compose = shopWith(
      'environment:',
      `  - "P=\${PASSWORD}"`,
      'labels:',
      `  - ${RULE}`,
      `  - "backup.key=\${HASH}"`,
    );
    const { problems, names } = derived({ compose, variables });
    expect(problems.filter((each) => each.includes('SECRET_NOT_ALLOWED'))).toEqual([]);
    expect(names).toEqual(['shop.example.internal']);
  });
});

describe('where the proxy cannot come', () => {
  const compose = (...lines: readonly string[]) =>
    `services:\n  shop:\n    image: shop:1\n${lines.map((line) => `    ${line}\n`).join('')}    labels:\n      - ${RULE}\n`;
  const labelled = 'traefik.http.services.shop.loadbalancer.server.port=80';

  test.each<[title: string, lines: readonly string[], why: string]>([
    ['nothing is published', ['expose: ["80"]'], 'publishes no port'],
    ['it is published for the VM alone', ['ports: ["127.0.0.1:8000:80"]'], 'published for the VM itself alone'],
    ['Docker chooses the port', ['ports: ["80"]'], 'Docker chooses where port 80 is published'],
    ['it is published for udp', ['ports: ["8000:80/udp"]'], 'publishes no port'],
  ])('because %s, there is neither way nor name, and that is said', (_, lines, why) => {
    const { problems, routers, names } = derived({ compose: compose(...lines) });
    expect(problems).toEqual([
      expect.stringMatching(
        new RegExp(`^warning NO_ROUTE docker-compose.yml:\\d+ the proxy does not reach service .*${why}`),
      ),
    ]);
    expect({ routers, names }).toEqual({ routers: {}, names: [] });
  });

  test('a port that nothing publishes is reported at the label that names it', () => {
    const { problems } = derived({
      compose: `${compose('ports: ["8000:80"]')}      - ${labelled.replace('=80', '=81')}\n`,
    });
    expect(problems).toEqual([
      expect.stringMatching(/^warning NO_ROUTE docker-compose.yml:7 .*nothing publishes port 81/),
    ]);
  });

  test.each<[title: string, lines: readonly string[], url: string]>([
    ['the network is that of the host', ['network_mode: host'], 'http://10.0.0.111:80'],
    ['the port is one of a published range', ['ports: ["8000-8009:80-89"]'], 'http://10.0.0.111:8000'],
    ['the label names the port of the VM', ['ports: ["80:8080"]'], 'http://10.0.0.111:80'],
    [
      'the port is published in the long form',
      ['ports: [{ target: 80, published: "8000" }]'],
      'http://10.0.0.111:8000',
    ],
  ])('it comes where %s', (_, lines, url) => {
    const { problems, services } = derived({ compose: `${compose(...lines)}      - ${labelled}\n` });
    expect(problems).toEqual([]);
    expect(services['shop']).toEqual({ loadBalancer: { servers: [{ url }] } });
  });

  test('it comes by the service whose network it shares', () => {
    const shared = `services:\n  vpn:\n    image: vpn\n    ports: ["8000:80"]\n  shop:\n    image: shop:1\n    network_mode: service:vpn\n    labels:\n      - ${RULE}\n      - ${labelled}\n`;
    expect(derived({ compose: shared })).toMatchObject({
      problems: [],
      services: { shop: { loadBalancer: { servers: [{ url: 'http://10.0.0.111:8000' }] } } },
    });
  });

  test('what phoenix.json asks for is led there, with a word', () => {
    const { problems, routers } = derived({
      compose: 'services:\n  shop:\n    image: shop:1\n',
      manifest: [RULE, labelled],
    });
    expect(problems).toEqual([expect.stringMatching(/^warning NO_ROUTE phoenix.json:\d+ .*nothing publishes port 80/)]);
    expect(Object.keys(routers)).toEqual(['shop']);
  });
});

test('names with underscores lead to the gateway; addresses and names that are each machine’s own do not', () => {
  const hosts = ['my_shop.example.internal', 'localhost', 'shop.localhost', '10.0.0.9'];
  const rule = hosts.map((host) => `Host(\`${host}\`)`).join(' || ');
  const manifest = ['traefik.enable=true', `traefik.http.routers.shop.rule=${rule}`, ...ROUTER.slice(1)];
  const { problems, routers, names } = derived({ manifest });
  expect(problems).toEqual([]);
  expect(routers).toHaveProperty('shop.rule', rule);
  expect(names).toEqual(['my_shop.example.internal']);
});
