// Cases for the lab's and the real Traefik: files, requests, and the form in which responses are compared.

import { readFileSync } from 'node:fs';

export interface TraefikCase {
  readonly name: string;
  /** Null: there is no static file. */
  readonly config: string | null;
  /** Dynamic files by their names, for each time that they change; the first are there when it starts. */
  readonly files: readonly Readonly<Record<string, string>>[];
  readonly asks: readonly string[];
}

export const RECORDED = new URL('recorded.json', import.meta.url);

/** By the name of the case: the answers by request, after the last change of files; `words` if it did not start. */
export type Answers = Readonly<Record<string, unknown>>;

export const recorded = (): Readonly<Record<string, Answers>> => JSON.parse(readFileSync(RECORDED, 'utf8'));

const STATIC = `entryPoints:
  web:
    address: ":80"
    forwardedHeaders:
      trustedIPs:
        - 10.0.0.153
    transport:
      respondingTimeouts:
        readTimeout: 3600s
  websecure:
    address: ":443"
  traefik:
    address: 127.0.0.1:8080
providers:
  file:
    directory: /etc/traefik/dynamic
    watch: true
api:
  insecure: true
ping: {}
log:
  level: INFO
  noColor: true
`;

const router = (name: string, more = ''): string => `    ${name}: { rule: "Host(\`${name}.x\`)", service: s${more} }\n`;
const SERVICE = '  services:\n    s: { loadBalancer: { servers: [ { url: "http://127.0.0.1:9" } ] } }\n';
const MARKED = '  middlewares:\n    marked: { addPrefix: { prefix: / } }\n';
const GOOD = { 'a.yml': `http:\n  routers:\n${router('good', ', entryPoints: [web]')}${SERVICE}${MARKED}` };
const RAW = ['/api/rawdata'];
const MARK = ['/api/http/middlewares/marked@file'];

const starts = (name: string, config: string | null): TraefikCase => ({
  name,
  config,
  files: [GOOD],
  asks: ['/ping', '/api/rawdata', '/api/entrypoints', ...MARK, '/api/http/middlewares/absent@file', '/'],
});

/** Static files, and the requests that each allows. */
const STATICS = [
  starts('as Phoenix writes it', STATIC),
  starts('an API that is served nowhere', STATIC.replace(/api:\n.*\n/, 'api: {}\n')),
  starts('an API without its pages', STATIC.replace('insecure: true', 'insecure: true\n  dashboard: false')),
  starts('an API and no ping', STATIC.replace('ping: {}\n', '')),
  starts('a ping and no API', STATIC.replace(/api:\n.*\n/, '')),
  starts('neither', STATIC.replace(/api:\n.*\n/, '').replace('ping: {}\n', '')),
  starts('a ping elsewhere', STATIC.replace('ping: {}', 'ping: { entryPoint: web }')),
  starts('a section that it does not know', `${STATIC}apii: {}\n`),
  starts('a field that it does not know', STATIC.replace('insecure', 'insecurely')),
  starts('a field that it does not know, further down', STATIC.replace('readTimeout', 'readTime')),
  starts('a flag that is none', STATIC.replace('insecure: true', 'insecure: maybe')),
  starts('a time that is none', STATIC.replace('3600s', 'long')),
  starts('entry points without an address', STATIC.replace('address: ":443"', 'address: "443"')),
  starts('a section with nothing in it', STATIC.replace(/ {2}file:\n.*\n.*\n/, '  file: {}\n')),
  starts('an empty file', ''),
  starts('no YAML', 'entryPoints: [\n'),
];

const files = (name: string, text: string, asks = RAW): TraefikCase => ({
  name,
  config: STATIC,
  files: [{ 'a.yml': text }],
  asks,
});
const routers = (text: string, more = ''): string => `http:\n  routers:\n${router('good')}${text}${SERVICE}${more}`;

/** Dynamic files: what is disabled, and what is dropped. */
const DYNAMICS = [
  files('an entry point that is not there', routers(router('bad', ', entryPoints: [nowhere]'))),
  files('one entry point of two', routers(router('half', ', entryPoints: [web, nowhere]'))),
  files('a middleware that is not there', routers(router('bad', ', middlewares: ["m@file"]'))),
  files('a service that is not there', routers('    bad: { rule: "Host(`bad.x`)", service: nope }\n')),
  files(
    'a transport that is not there',
    routers(
      '    bad: { rule: "Host(`bad.x`)", service: t }\n',
      '    t: { loadBalancer: { serversTransport: nope, servers: [ { url: "https://127.0.0.1:9" } ] } }\n',
    ),
  ),
  files(
    'a strategy that it does not have',
    routers(
      '    bad: { rule: "Host(`bad.x`)", service: t }\n',
      '    t: { loadBalancer: { strategy: bogus, servers: [ { url: "http://127.0.0.1:9" } ] } }\n',
    ),
  ),
  files(
    'an allow-list with no network in it, used and unused',
    `${routers(router('bad', ', middlewares: [list]'))}  middlewares:\n    list: { ipAllowList: { sourceRange: [ "10.0.0.0/99" ] } }\n    unused: { ipAllowList: { sourceRange: [ "x" ] } }\n`,
  ),
  files('a section that it does not know, beside others', `${routers('')}what: { ever: 1 }\n`),
  {
    name: 'of two files that name the same, the first stays',
    config: STATIC,
    files: [
      {
        'a.yml': routers(''),
        'b.yml': `http:\n  routers:\n    good: { rule: "Host(\`other.x\`)", service: nope }\n${MARKED}`,
      },
    ],
    asks: [...RAW, ...MARK],
  },
  ...['rul: x', 'rule: [ { a: b } ]', 'priority: high', 'tls: { options: { a: b } }'].map(
    (field): TraefikCase => ({
      name: `what served stays when a file comes with ${field}`,
      config: STATIC,
      files: [GOOD, { ...GOOD, 'b.yml': `http:\n  routers:\n    new: { ${field} }\n` }],
      asks: [...RAW, ...MARK],
    }),
  ),
  ...['http: { routers: {} }', 'http: {}', 'other: {}', '', 'http: [', 'a text'].map(
    (text): TraefikCase => ({
      name: `a file comes that is only ${JSON.stringify(text)}`,
      config: STATIC,
      files: [GOOD, { 'a.yml': GOOD['a.yml'].replace('marked', 'later'), 'b.yml': `${text}\n` }],
      asks: [...MARK, '/api/http/middlewares/later@file'],
    }),
  ),
  {
    name: 'a file that goes takes along what it held',
    config: STATIC,
    files: [{ ...GOOD, 'b.yml': 'http: { middlewares: { gone: { addPrefix: { prefix: / } } } }\n' }, GOOD],
    asks: [...MARK, '/api/http/middlewares/gone@file'],
  },
];

export const CASES: readonly TraefikCase[] = [...STATICS, ...DYNAMICS];

type Told = Readonly<Record<string, { readonly status?: string; readonly error?: readonly string[] }>>;

/** The part of an answer that has to be equal; null: no answer. */
export function comparable(asked: string, body: string | null): unknown {
  if (body === null || !/^[{[]/.test(body)) return body?.trim() ?? null;
  const value = JSON.parse(body);
  if (asked === '/api/rawdata') {
    const { routers = {}, services = {}, middlewares = {} } = value as Record<string, Told>;
    const all = Object.entries({ ...routers, ...services, ...middlewares });
    return Object.fromEntries(
      all
        .filter(([name]) => name.endsWith('@file'))
        .map(([name, { status, error }]) => [name, error === undefined ? status : `${status}: ${error.join('; ')}`])
        .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    );
  }
  if (asked === '/api/entrypoints')
    return (
      value as {
        name: string;
        address: string;
        forwardedHeaders: object;
        transport: { respondingTimeouts: { readTimeout?: string } };
      }[]
    ).map(({ name, address, forwardedHeaders, transport }) => ({
      name,
      address,
      forwardedHeaders,
      readTimeout: transport.respondingTimeouts.readTimeout,
    }));
  const { message, status, provider } = value as Record<string, unknown>;
  return { message, status, provider };
}

/** The last error of its output, without parts that only one of both has. */
export function lastWords(log: string): string | null {
  const line = log.split('\n').findLast((each) => /error=|"error":/.test(each));
  const words = /(?:error="|"error":")((?:\\.|[^"\\])*)"/.exec(line ?? '')?.[1] ?? null;
  const said = words === null ? null : (JSON.parse(`"${words}"`) as string).replace(/^command traefik error: /, '');
  // The two YAML parsers have different messages.
  return said?.replace(/^yaml: .*/s, 'yaml') ?? null;
}
