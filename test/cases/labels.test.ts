// Labels from published compose files and Traefik's documentation: a client gets what Traefik beside the containers would serve, or the label is
// refused at its line. The real Traefik, where installed, confirms that it serves all of it.

import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/model/json.ts';
import { derived } from '../managers/routes/labelled.ts';
import { elementsOf, openTraefik, TRAEFIK } from '../traefik/real-traefik.ts';

interface Case {
  /** A compose file of one service at least; label lists hang below. */
  readonly compose: string;
  /** Names with their backends, or the expected message. */
  readonly routed?: Readonly<Record<string, object>>;
  readonly names?: readonly string[];
  readonly said?: readonly RegExp[];
}

const service = (name: string, ports: string, labels: readonly string[]): string =>
  `  ${name}:\n    image: ${name}:1\n    ports: [${ports}]\n    labels:\n${labels.map((label) => `      - ${JSON.stringify(label)}\n`).join('')}`;
const file = (...services: readonly string[]): string => `services:\n${services.join('')}`;

const CASES: Readonly<Record<string, Case>> = {
  'one router sends plain HTTP to https, another serves': {
    compose: file(
      service('notes', '"3000:3000"', [
        'traefik.enable=true',
        'traefik.http.routers.http-0-notes.entryPoints=http',
        'traefik.http.routers.http-0-notes.rule=Host(`notes.example.internal`) && PathPrefix(`/`)',
        'traefik.http.routers.http-0-notes.middlewares=redirect-to-https',
        'traefik.http.routers.https-0-notes.entryPoints=https',
        'traefik.http.routers.https-0-notes.rule=Host(`notes.example.internal`) && PathPrefix(`/`)',
        'traefik.http.routers.https-0-notes.tls=true',
        'traefik.http.routers.https-0-notes.tls.certresolver=letsencrypt',
        'traefik.http.routers.https-0-notes.middlewares=gzip',
        'traefik.http.middlewares.gzip.compress=true',
        'traefik.http.middlewares.redirect-to-https.redirectscheme.scheme=https',
      ]),
    ),
    routed: { 'shop-https-0-notes': { middlewares: ['shop-gzip'] } },
    names: ['notes.example.internal'],
  },
  'calendars are found by a redirect whose dollar signs compose halves': {
    compose: file(
      service('cloud', '"8080:80"', [
        'traefik.http.routers.cloud.rule=Host(`cloud.example.internal`)',
        'traefik.http.routers.cloud.middlewares=dav,sts',
        'traefik.http.middlewares.dav.redirectregex.regex=https://(.*)/.well-known/(?:card|cal)dav',
        'traefik.http.middlewares.dav.redirectregex.replacement=https://$${1}/remote.php/dav',
        'traefik.http.middlewares.sts.headers.stsSeconds=15552000',
        'traefik.http.middlewares.sts.headers.customResponseHeaders.X-Powered-By=',
      ]),
    ),
    routed: { 'shop-cloud': { middlewares: ['shop-dav', 'shop-sts'] } },
    names: ['cloud.example.internal'],
  },
  'a login in front of another service of the file': {
    compose: file(
      service('login', '"9091:9091"', [
        'traefik.http.routers.login.rule=Host(`login.example.internal`)',
        'traefik.http.middlewares.login.forwardauth.address=http://login:9091/api/verify?rd=https://login.example.internal/',
        'traefik.http.middlewares.login.forwardauth.authResponseHeaders=Remote-User, Remote-Groups',
      ]),
      service('wiki', '"8081:80"', [
        'traefik.http.routers.wiki.rule=Host(`wiki.example.internal`)',
        'traefik.http.routers.wiki.middlewares=login@docker',
      ]),
    ),
    routed: { 'shop-login': {}, 'shop-wiki': { middlewares: ['shop-login'] } },
    names: ['login.example.internal', 'wiki.example.internal'],
  },
  'the dashboard of the proxy itself': {
    compose: file(
      service('dash', '"81:80"', [
        'traefik.http.routers.dash.rule=Host(`proxy.example.internal`) && (PathPrefix(`/api`) || PathPrefix(`/dashboard`))',
        'traefik.http.routers.dash.service=api@internal',
      ]),
    ),
    routed: { 'shop-dash': { service: 'api@internal' } },
    names: ['proxy.example.internal'],
  },
  'a service that is only enabled': {
    compose: file(service('whoami', '"82:80"', ['traefik.enable=true'])),
    routed: { 'shop-whoami': { rule: 'Host(`whoami-shop.example.internal`)' } },
    names: ['whoami-shop.example.internal'],
    said: [/warning NO_ROUTE docker-compose.yml:6 service whoami says no rule/],
  },
  'an answer flushed at once, health by bare seconds, a cookie with nothing said, another transport': {
    compose: file(
      service('stream', '"83:83"', [
        'traefik.http.routers.stream.rule=Host(`stream.example.internal`)',
        'traefik.http.services.stream.loadbalancer.server.port=83',
        'traefik.http.services.stream.loadbalancer.responseforwarding.flushinterval=-1',
        'traefik.http.services.stream.loadbalancer.healthcheck.path=/health',
        'traefik.http.services.stream.loadbalancer.healthcheck.timeout=5',
        'traefik.http.services.stream.loadbalancer.sticky.cookie=true',
      ]),
    ),
    routed: { 'shop-stream': {} },
    names: ['stream.example.internal'],
  },
  'two names in one Host, as Traefik 2 took them': {
    compose: file(
      service('old', '"84:80"', ['traefik.http.routers.old.rule=Host(`old.example.internal`, `www.example.internal`)']),
    ),
    said: [/error INVALID_VALUE docker-compose.yml:6 router old: the rule cannot be read/],
  },
  'a database by TCP beside a page by HTTP': {
    compose: file(
      service('db', '"5432:5432", "85:80"', [
        'traefik.http.routers.db.rule=Host(`db.example.internal`)',
        'traefik.http.services.db.loadbalancer.server.port=80',
        'traefik.tcp.routers.pg.rule=HostSNI(`*`)',
        'traefik.tcp.routers.pg.entrypoints=postgres',
        'traefik.tcp.services.pg.loadbalancer.server.port=5432',
      ]),
    ),
    routed: { 'shop-db': {} },
    names: ['db.example.internal'],
    said: [/error INVALID_VALUE docker-compose.yml:\d+ router pg is for TCP/],
  },
  'a plugin that is to keep clients out': {
    compose: file(
      service('kept', '"86:80"', [
        'traefik.http.routers.kept.rule=Host(`kept.example.internal`)',
        'traefik.http.routers.kept.middlewares=bouncer',
        'traefik.http.middlewares.bouncer.plugin.bouncer.enabled=true',
      ]),
    ),
    said: [/error INVALID_VALUE docker-compose.yml:8 middleware bouncer: plugins/],
  },
  'a middleware of another stack': {
    compose: file(
      service('far', '"87:80"', [
        'traefik.http.routers.far.rule=Host(`far.example.internal`)',
        'traefik.http.routers.far.middlewares=auth@docker',
      ]),
    ),
    said: [/error UNKNOWN_REFERENCE docker-compose.yml:7 middleware auth@docker is not defined/],
  },
};

test.each(Object.entries(CASES))('%s', async (_, { compose, routed = {}, names = [], said = [] }) => {
  const found = derived({ compose });
  expect(found.problems).toEqual(said.map((pattern) => expect.stringMatching(pattern)));
  expect(Object.keys(found.routers).sort()).toEqual(Object.keys(routed).sort());
  expect(found.routers).toMatchObject(routed);
  expect(found.names).toEqual(names);
});

test.skipIf(TRAEFIK === undefined)('the real Traefik serves every router of them', async () => {
  const files = Object.values(CASES).flatMap(({ compose }, at) => {
    const { routers, services, middlewares } = derived({ compose });
    // Each name is in a file of its own, as in a real environment.
    const own: JsonObject = JSON.parse(
      JSON.stringify({ routers, services, middlewares }).replaceAll('shop-', `case${at}-`),
    );
    const filled = Object.entries(own).filter(([, section]) => Object.keys(section as object).length > 0);
    return Object.keys(routers).length === 0 ? [] : [[`case${at}.yml`, { http: Object.fromEntries(filled) }] as const];
  });
  const expected = files.flatMap(([, { http }]) => Object.keys(http['routers'] ?? {}));
  const traefik = await openTraefik(Object.fromEntries(files));
  try {
    const elements = await elementsOf(traefik.api, `routers/${expected[0]}`);
    const inUse = [...elements].filter(([name, { status }]) => name.startsWith('routers/') && status === 'enabled');
    expect(inUse.map(([name]) => name.replace('routers/', '')).sort()).toEqual(expected.sort());
  } finally {
    await traefik.close();
  }
});
