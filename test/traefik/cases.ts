// Dynamic configurations, each with the elements that Traefik disables, or accepts although they can never work. Names that start with ~ are made
// unique per case; BACKEND is a server that responds 200.

import type { Json, JsonObject } from '../../src/model/json.ts';

export interface Case {
  readonly name: string;
  readonly http: JsonObject;
  readonly tls?: JsonObject;
  /** `section/name: path` of each refusal, in order; the path joined by points. */
  readonly refused: readonly string[];
  /** For refused elements that the real one keeps in use: why they are refused nevertheless. */
  readonly keeps?: string;
  /** Of refused elements that the real one uses: what a request to `Host(~.example)` is answered by. */
  readonly answers?: {
    readonly path?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly status: number;
  };
  /** The message of the real one in its log. */
  readonly logs?: string;
}

const SERVER: JsonObject = { loadBalancer: { servers: [{ url: 'BACKEND' }] } };
const RULE = 'Host(`~.example`)';

type Expected = Pick<Case, 'keeps' | 'answers' | 'logs'>;

function rule(
  name: string,
  text: string,
  path: string | null = null,
  more: JsonObject = {},
  expected: Expected = {},
): Case {
  const http = { routers: { '~r': { rule: text, service: '~s', ...more } }, services: { '~s': SERVER } };
  return { name, http, refused: path === null ? [] : [`routers/~r: ${path}`], ...expected };
}

function middleware(name: string, config: JsonObject, path: string | null = null, expected: Expected = {}): Case {
  const http = {
    routers: { '~r': { rule: RULE, service: '~s', middlewares: ['~m'] } },
    services: { '~s': SERVER },
    middlewares: { '~m': config },
  };
  return { name, http, refused: path === null ? [] : [`middlewares/~m: ${path}`], ...expected };
}

function service(
  name: string,
  config: JsonObject,
  path: string | null = null,
  more: JsonObject = {},
  expected: Expected = {},
): Case {
  const http = {
    routers: { '~r': { rule: RULE, service: '~w' } },
    services: { '~w': config, ...more },
  };
  return { name, http, refused: path === null ? [] : [`services/~w: ${path}`], ...expected };
}

function balancer(name: string, config: JsonObject, path: string | null = null, expected: Expected = {}): Case {
  const loadBalancer = { servers: [{ url: 'BACKEND' }], ...config };
  return service(name, { loadBalancer }, path === null ? null : `loadBalancer.${path}`, {}, expected);
}

function withTls(name: string, options: JsonObject, path: string | null = null): Case {
  return { ...rule(name, RULE, path, { tls: { options: '~o' } }), tls: { options } };
}

const users = (...list: string[]): JsonObject => ({ basicAuth: { users: list } });
const regex = (expression: string, replacement = 'https://other.example'): JsonObject => ({
  redirectRegex: { regex: expression, replacement },
});
const chain = (...middlewares: string[]): JsonObject => ({ chain: { middlewares } });
const never = (status = 404): Expected => ({ answers: { status } });
const lists = (from: Json): JsonObject => ({ ipAllowList: { sourceRange: [from] } });

const RULES: readonly Case[] = [
  rule('a rule', RULE),
  rule('a rule with quotes, blanks and capitals', ' HOST( "~.example" )&&pathprefix(`/`) '),
  rule('a rule with comments', 'Host(`~.example`) /* name */ && Path(`/`) // root'),
  rule('a rule on lines', 'Host(`~.example`) &&\n  PathPrefix(`/`)\n'),
  rule('a rule on lines that end too early', 'Host(`~.example`)\n  && PathPrefix(`/`)', 'rule'),
  rule('a rule with a comma at the end', 'Host(`~.example`,)'),
  rule('a rule with dots after a value', 'Host(`~.example`...)'),
  rule('a rule with an escape', String.raw`Host("~\x2eexample")`),
  rule('a rule with an escape that Go lacks', String.raw`PathRegexp("^/\d+$")`, 'rule'),
  rule('a rule with an escape that Go lacks, in backticks', 'PathRegexp(`^/\\d+$`)'),
  rule('a name in single quotes', "Host('~.example')", 'rule'),
  rule('a name without quotes', 'Host(~.example)', 'rule'),
  rule('no rule', '', 'rule'),
  rule('a text instead of a rule', '`~.example`', 'rule'),
  rule('a number in a rule', 'Host(1)', 'rule'),
  rule('a bracket left open', 'Host(`~.example`', 'rule'),
  rule('brackets and turning round', '!(Path(`/a`) || !Host(`~.example`))'),
  rule('a matcher handed to another', 'Host(Path(`/`))', 'rule'),
  rule('two names in version 3', 'Host(`~.example`, `www.~.example`)', 'rule'),
  rule('two names in version 2', 'Host(`~.example`, `www.~.example`)', null, { ruleSyntax: 'v2' }),
  rule('a syntax that is not there', RULE, 'ruleSyntax', { ruleSyntax: 'V2' }, { answers: { status: 200 } }),
  rule('an empty value', 'Host(``)', 'rule'),
  rule('no value', 'Host()', 'rule'),
  rule('a matcher in mixed case', 'hOst(`~.example`)', 'rule'),
  rule('a matcher as a title', 'Hostregexp(`^~$`)'),
  rule('a matcher of TCP', 'HostSNI(`~.example`)', 'rule'),
  rule('a matcher of version 2 in version 3', 'Headers(`X-~`, `1`)', 'rule'),
  rule('a matcher of version 3 in version 2', 'Header(`X-~`, `1`)', 'rule', { ruleSyntax: 'v2' }),
  rule('a name outside ASCII', 'Host(`bücher.~.example`)', 'rule'),
  rule('a name as DNS has it', 'Host(`xn--bcher-kva.~.example`)'),
  rule('a name with an asterisk', 'Host(`*.~.example`)'),
  rule('a name with an asterisk in version 2', 'Host(`*.~.example`)', 'rule', { ruleSyntax: 'v2' }, never()),
  rule('a name with a port', 'Host(`~.example:8080`)', 'rule', {}, never()),
  rule('a name with a scheme', 'Host(`https://~.example`)', 'rule', {}, never()),
  rule('a lookahead', 'HostRegexp(`^(?!www).+[.]~[.]example$`)', 'rule'),
  rule('an expression for names', 'HostRegexp(`^[a-z]+[.]~[.]example$`)'),
  rule('an expression for names outside ASCII', 'HostRegexp(`^bücher[.]~$`)', 'rule'),
  rule('a template of version 2 in version 3', 'HostRegexp(`{sub:[a-z]+}.~.example`)', 'rule', {}, never()),
  rule('a template of version 2', 'HostRegexp(`{sub:[a-z]+}.~.example`)', null, { ruleSyntax: 'v2' }),
  rule('a template that does not close', 'HostRegexp(`{sub:[a-z]+.~.example`)', 'rule', { ruleSyntax: 'v2' }),
  rule('a template without a name', 'Path(`/{:[a-z]+}/~`)', 'rule', { ruleSyntax: 'v2' }),
  rule('a template with a lookahead', 'Path(`/{id:(?=a)}/~`)', 'rule', { ruleSyntax: 'v2' }),
  rule('an expression with a bracket left open', 'PathRegexp(`^/(a`)', 'rule'),
  rule('an expression with a reference', 'PathRegexp(`^/(a)\\1$`)', 'rule'),
  rule('an expression for a header', 'HeaderRegexp(`X-~`, `[`)', 'rule'),
  rule('an expression for a query', 'QueryRegexp(`~`, `*`)', 'rule'),
  rule('a name for a query alone', 'QueryRegexp(`~`)'),
  rule(
    'a query of version 2 in version 3',
    'Host(`~.example`) && Query(`a=b`)',
    'rule',
    {},
    { answers: { path: '/?a=b', status: 404 } },
  ),
  rule('a query of version 2', 'Host(`~.example`) && Query(`a=b`)', null, { ruleSyntax: 'v2' }),
  rule('a query without a value in version 2', 'Query(`~`)', 'rule', { ruleSyntax: 'v2' }),
  rule('headers without a pair in version 2', 'Headers(`X-~`)', 'rule', { ruleSyntax: 'v2' }),
  rule('a path without a slash', 'PathPrefix(`~`)', 'rule'),
  rule('a path without a slash, exactly', 'Path(`~`)', 'rule'),
  rule('a path without a slash in version 2', 'Path(`~`)', 'rule', { ruleSyntax: 'v2' }),
  rule(
    'a path with a query',
    'Host(`~.example`) && Path(`/a?b=c`)',
    'rule',
    {},
    { answers: { path: '/a?b=c', status: 404 } },
  ),
  rule(
    'a path with brackets',
    'Host(`~.example`) && PathPrefix(`/users/{id}`)',
    'rule',
    {},
    { answers: { path: '/users/7', status: 404 } },
  ),
  rule('several methods in one value', 'Host(`~.example`) && Method(`GET,POST`)', 'rule', {}, never()),
  rule('a client by its network', 'ClientIP(`10.0.0.0/8`)'),
  rule('a client by its address of version 6', 'ClientIP(`2001:db8::1`)'),
  rule('a client by a name', 'ClientIP(`nope`)', 'rule'),
  rule('a client by a network that is too long', 'ClientIP(`10.0.0.0/33`)', 'rule'),
  rule('a client with a leading zero', 'ClientIP(`10.0.0.01`)', 'rule'),
  rule('a client with a zone', 'ClientIP(`fe80::1%eth0`)', 'rule'),
  rule('the highest priority', RULE, null, { priority: 9007199254740991 }),
  rule('a negative priority', RULE, null, { priority: -1 }),
  rule('a priority that Traefik keeps to itself', RULE, 'priority', { priority: '9223372036854774808' }),
  rule('TLS options that are not there', RULE, 'tls.options', { tls: { options: '~o' } }),
  withTls('TLS options', {
    '~o': { minVersion: 'VersionTLS12', curvePreferences: ['X25519'], cipherSuites: ['TLS_AES_128_GCM_SHA256'] },
  }),
  withTls('TLS options with a suite that is none', { '~o': { cipherSuites: ['ECDHE-RSA-AES128-SHA'] } }, 'tls.options'),
  withTls('TLS options with a curve that is none', { '~o': { curvePreferences: ['P-256'] } }, 'tls.options'),
  withTls(
    'TLS options for clients in a way that is none',
    { '~o': { clientAuth: { clientAuthType: 'Require' } } },
    'tls.options',
  ),
  withTls(
    'TLS options for clients without an authority',
    { '~o': { clientAuth: { clientAuthType: 'VerifyClientCertIfGiven' } } },
    'tls.options',
  ),
  rule('TLS by default', RULE, null, { tls: { options: 'default' } }),
  rule('a middleware that is not there', RULE, 'middlewares.0', { middlewares: ['~nope'] }),
  rule('a middleware without a name', RULE, 'middlewares.0', { middlewares: [''] }),
  {
    name: 'a router with a source in its name',
    http: { routers: { '~r@x': { rule: RULE, service: '~s' } }, services: { '~s': SERVER } },
    refused: ['routers/~r@x: '],
  },
  rule('a header that cannot be', 'Host(`~.example`) && Header(`X A`, `1`)', 'rule', {}, never()),
  rule('a rule of Traefik 1', 'Host:~.example', 'rule'),
  rule('a rule joined by words', 'Host(`~.example`) and Path(`/`)', 'rule'),
  rule('a rule joined by half an operator', 'Host(`~.example`) & Path(`/`)', 'rule'),
  rule('a middleware of Docker', RULE, 'middlewares.0', { middlewares: ['auth@docker'] }),
  {
    name: 'a service that is not there',
    http: { routers: { '~r': { rule: RULE, service: '~nope' } } },
    refused: ['routers/~r: service'],
  },
  {
    name: 'a service of Docker',
    http: { routers: { '~r': { rule: RULE, service: 'web@docker' } } },
    refused: ['routers/~r: service'],
  },
  { name: 'no service', http: { routers: { '~r': { rule: RULE } } }, refused: ['routers/~r: service'] },
  rule('a service by its source', RULE, null, { service: '~s@file' }),
  {
    name: 'parents and their children',
    http: {
      routers: {
        '~p': { rule: RULE },
        '~c': { rule: 'Path(`/`)', service: '~s', parentRefs: ['~p'] },
        '~d': { rule: 'Path(`/d`)', service: '~s', parentRefs: ['~nope'] },
        '~e': { rule: 'Path(`/e`)', service: '~s', parentRefs: ['~p'], entryPoints: ['web'] },
        '~f': { rule: 'Path(`/f`)', service: '~s', parentRefs: ['~f'] },
      },
      services: { '~s': SERVER },
    },
    refused: [
      'routers/~d: parentRefs.0',
      'routers/~d: parentRefs',
      'routers/~e: entryPoints',
      'routers/~f: parentRefs',
    ],
  },
  {
    name: 'a parent with a service',
    http: {
      routers: { '~p': { rule: RULE, service: '~s' }, '~c': { rule: 'Path(`/`)', service: '~s', parentRefs: ['~p'] } },
      services: { '~s': SERVER },
    },
    refused: ['routers/~p: service'],
  },
];

const MIDDLEWARES: readonly Case[] = [
  middleware('a prefix', { addPrefix: { prefix: '/a' } }),
  middleware('an empty prefix', { addPrefix: { prefix: '' } }, 'addPrefix.prefix'),
  middleware('users', users('a:$apr1$abcdefgh$abcdefghijklmnopqrstuv', 'b:$2y$05$abc', 'c:{SHA}abc')),
  middleware('a user without a colon', users('a'), 'basicAuth.users.0'),
  middleware('a user with two colons', users('a:$2y$05$abc', 'b:c:d'), 'basicAuth.users.1'),
  middleware('a user with a password that is no hash', users('a:secret'), 'basicAuth.users.0', {
    answers: { headers: { authorization: `Basic ${btoa('a:secret')}` }, status: 401 },
  }),
  middleware(
    'a user with the dollar signs of a compose file',
    users('a:$$apr1$$abcdefgh$$abcdefghijklmnopqrstuv'),
    'basicAuth.users.0',
    never(401),
  ),
  middleware('no users', { basicAuth: { realm: 'a' } }, 'basicAuth'),
  middleware('users for digests', { digestAuth: { users: ['a:traefik:0123456789abcdef0123456789abcdef'] } }),
  middleware('users for digests in a realm', {
    digestAuth: { realm: 'r', users: ['a:r:0123456789abcdef0123456789abcdef'] },
  }),
  middleware('a user for digests without realm', { digestAuth: { users: ['a:b'] } }, 'digestAuth.users.0'),
  middleware(
    'a user for digests of another realm',
    { digestAuth: { users: ['a:other:b'] } },
    'digestAuth.users.0',
    never(401),
  ),
  middleware('no users for digests', { digestAuth: { realm: 'a' } }, 'digestAuth', never(401)),
  middleware('buffering', {
    buffering: {
      maxRequestBodyBytes: 1,
      retryExpression: 'IsNetworkError() && Attempts() < 2 || RequestMethod() == "GET"',
    },
  }),
  middleware('a negative size', { buffering: { maxResponseBodyBytes: -1 } }, 'buffering.maxResponseBodyBytes'),
  middleware(
    'a retry on an unknown function',
    { buffering: { retryExpression: 'Foo() < 2' } },
    'buffering.retryExpression',
  ),
  middleware(
    'a retry that compares no number',
    { buffering: { retryExpression: 'Attempts() < `2`' } },
    'buffering.retryExpression',
  ),
  middleware(
    'a retry that compares a text for size',
    { buffering: { retryExpression: 'RequestMethod() < "GET"' } },
    'buffering.retryExpression',
  ),
  middleware(
    'a retry turned round',
    { buffering: { retryExpression: '!IsNetworkError()' } },
    'buffering.retryExpression',
  ),
  middleware(
    'a retry that is no condition',
    { buffering: { retryExpression: 'Attempts()' } },
    'buffering.retryExpression',
  ),
  middleware('a circuit breaker', {
    circuitBreaker: { expression: 'ResponseCodeRatio(500, 600, 0, 600) > 0.25 || LatencyAtQuantileMS(50.0) >= 100' },
  }),
  middleware('a circuit breaker in brackets', {
    circuitBreaker: { expression: '(NetworkErrorRatio() > .3) && (NetworkErrorRatio() != 1.)' },
  }),
  middleware(
    'a circuit breaker with a whole number',
    { circuitBreaker: { expression: 'NetworkErrorRatio() > 1' } },
    'circuitBreaker.expression',
  ),
  middleware(
    'a circuit breaker with a whole quantile',
    { circuitBreaker: { expression: 'LatencyAtQuantileMS(50) > 100' } },
    'circuitBreaker.expression',
  ),
  middleware(
    'a circuit breaker with a value too few',
    { circuitBreaker: { expression: 'ResponseCodeRatio(500, 600) > 0.25' } },
    'circuitBreaker.expression',
  ),
  middleware(
    'a circuit breaker the wrong way round',
    { circuitBreaker: { expression: '0.3 < NetworkErrorRatio()' } },
    'circuitBreaker.expression',
  ),
  middleware(
    'a circuit breaker that is no expression',
    { circuitBreaker: { expression: 'NetworkErrorRatio() >' } },
    'circuitBreaker.expression',
  ),
  middleware(
    'a circuit breaker without expression',
    { circuitBreaker: { responseCode: 503 } },
    'circuitBreaker.expression',
  ),
  middleware('compression', {
    compress: {
      encodings: ['br', 'gzip'],
      defaultEncoding: 'gzip',
      excludedContentTypes: ['text/html; charset=utf-8'],
    },
  }),
  middleware('compression by default', { compress: {} }),
  middleware('an unknown encoding', { compress: { encodings: ['lzma'] } }, 'compress.encodings.0'),
  middleware('an encoding in capitals', { compress: { encodings: ['gzip', 'GZIP'] } }, 'compress.encodings.1'),
  middleware(
    'a default that is not among the encodings',
    { compress: { encodings: ['gzip'], defaultEncoding: 'br' } },
    'compress.defaultEncoding',
  ),
  middleware(
    'a media type that is none',
    { compress: { excludedContentTypes: ['text/html/x'] } },
    'compress.excludedContentTypes.0',
  ),
  middleware(
    'media types in and out',
    { compress: { excludedContentTypes: ['a/b'], includedContentTypes: ['c/d'] } },
    'compress',
  ),
  middleware('error pages', { errors: { status: ['404', '500-599'], service: '~s', query: '/{status}.html' } }),
  middleware('error pages for words', { errors: { status: ['5xx'], service: '~s', query: '/' } }, 'errors.status.0'),
  middleware(
    'error pages for half a range',
    { errors: { status: ['500-'], service: '~s', query: '/' } },
    'errors.status.0',
  ),
  middleware(
    'error pages for no answer',
    { errors: { status: ['599-500'], service: '~s', query: '/' } },
    'errors.status.0',
    {
      answers: { path: '/missing', status: 404 },
    },
  ),
  middleware(
    'error pages from nowhere',
    { errors: { status: ['404'], service: '~nope', query: '/' } },
    'errors.service',
  ),
  middleware('error pages with another status', {
    errors: { status: ['404'], statusRewrites: { '400-499': 404 }, service: '~s', query: '/' },
  }),
  middleware(
    'error pages with another status for words',
    { errors: { status: ['404'], statusRewrites: { '4xx': 404 }, service: '~s', query: '/' } },
    'errors.statusRewrites.4xx',
  ),
  middleware('error pages without service', { errors: { status: ['404'], query: '/' } }, 'errors.service'),
  middleware('another login', { forwardAuth: { address: 'BACKEND/', authResponseHeadersRegex: '^X-' } }),
  middleware(
    'another login without address',
    { forwardAuth: { authResponseHeaders: ['X-User'] } },
    'forwardAuth.address',
    never(500),
  ),
  middleware(
    'another login without scheme',
    { forwardAuth: { address: '127.0.0.1:9091' } },
    'forwardAuth.address',
    never(500),
  ),
  middleware(
    'another login with a bad expression',
    { forwardAuth: { address: 'BACKEND', authResponseHeadersRegex: '(' } },
    'forwardAuth.authResponseHeadersRegex',
  ),
  middleware(
    'another login with a certificate without key',
    { forwardAuth: { address: 'BACKEND', tls: { cert: '/a' } } },
    'forwardAuth.tls',
  ),
  middleware('headers', { headers: { stsSeconds: 0 } }),
  middleware('headers taken away', { headers: { customResponseHeaders: { Server: '' } } }),
  middleware('no headers', { headers: { accessControlAllowCredentials: false } }, 'headers'),
  middleware(
    'origins by a bad expression',
    { headers: { accessControlAllowOriginListRegex: ['^https://a$', '(?<!a)b'] } },
    'headers.accessControlAllowOriginListRegex.1',
  ),
  middleware('requests at once', { inFlightReq: { amount: 10, sourceCriterion: { ipStrategy: { depth: 1 } } } }),
  middleware('no requests at once', { inFlightReq: { amount: -5 } }, 'inFlightReq.amount', never(429)),
  middleware(
    'an amount that is not said',
    { inFlightReq: { sourceCriterion: { requestHost: true } } },
    'inFlightReq.amount',
    never(429),
  ),
  middleware(
    'two sources',
    { inFlightReq: { amount: 1, sourceCriterion: { requestHost: true, requestHeaderName: 'X-A' } } },
    'inFlightReq.sourceCriterion.requestHost',
  ),
  middleware('addresses', {
    ipAllowList: {
      sourceRange: ['192.0.2.7', '2001:db8::/32', '::ffff:1.2.3.4', '10.0.0.1/08'],
      rejectStatusCode: 404,
    },
  }),
  middleware('no addresses', { ipAllowList: { rejectStatusCode: 403 } }, 'ipAllowList.sourceRange'),
  middleware('a name instead of an address', lists('localhost'), 'ipAllowList.sourceRange.0'),
  middleware('a network that is too long', lists('10.0.0.0/33'), 'ipAllowList.sourceRange.0'),
  middleware('a network by its mask', lists('10.0.0.0/255.0.0.0'), 'ipAllowList.sourceRange.0'),
  middleware('an address cut short', lists('10.0.0'), 'ipAllowList.sourceRange.0'),
  middleware('an address with blanks', lists(' 10.0.0.1 ')),
  middleware(
    'a status that is none',
    { ipAllowList: { sourceRange: ['10.0.0.1'], rejectStatusCode: 9999 } },
    'ipAllowList.rejectStatusCode',
  ),
  middleware(
    'a status without a name',
    { ipAllowList: { sourceRange: ['10.0.0.1'], rejectStatusCode: 420 } },
    'ipAllowList.rejectStatusCode',
  ),
  middleware(
    'excluded addresses',
    { ipAllowList: { sourceRange: ['10.0.0.1'], ipStrategy: { excludedIPs: ['nope'] } } },
    'ipAllowList.ipStrategy.excludedIPs.0',
  ),
  middleware('excluded addresses below a depth', {
    ipAllowList: { sourceRange: ['10.0.0.1'], ipStrategy: { depth: 1, excludedIPs: ['nope'] } },
  }),
  middleware(
    'a prefix of version 6 that is too long',
    { ipAllowList: { sourceRange: ['10.0.0.1'], ipStrategy: { ipv6Subnet: 129 } } },
    'ipAllowList.ipStrategy.ipv6Subnet',
  ),
  middleware(
    'addresses by their old name',
    { ipWhiteList: { sourceRange: ['10.0.0.1', 'x'] } },
    'ipWhiteList.sourceRange.1',
  ),
  middleware('a certificate of the client', { passTLSClientCert: { info: { subject: { commonName: true } } } }),
  middleware('a plugin', { plugin: { '~p': { a: 'b' } } }, 'plugin'),
  middleware('a rate', { rateLimit: { average: 10, period: '1m', burst: 5 } }),
  middleware('a rate that is negative in time', { rateLimit: { average: 10, period: '-1s' } }, 'rateLimit.period'),
  middleware('a rate that is negative', { rateLimit: { average: -1, burst: 1 } }, 'rateLimit.average', never(200)),
  middleware(
    'a rate by two sources',
    { rateLimit: { average: 1, sourceCriterion: { ipStrategy: { depth: 1 }, requestHost: true } } },
    'rateLimit.sourceCriterion.requestHost',
  ),
  middleware('a redirect', regex('^http://(.+)[.]~[.]example/(.*)', `https://$1.other/${'$'}{2}`)),
  middleware('a redirect by a bad expression', regex('^https?://(www'), 'redirectRegex.regex'),
  middleware('a redirect by a lookahead', regex('^http://(?!www)'), 'redirectRegex.regex'),
  middleware('a redirect by a named group', regex('^http://(?<name>.+)', `https://${'$'}{name}`)),
  middleware(
    'a redirect with the dollar signs of a compose file',
    regex('^http://~[.]example/(.*)', 'https://a.example/$${1}'),
    'redirectRegex.replacement',
    never(302),
  ),
  middleware(
    'a redirect with a group that runs on',
    regex('^http://~[.]example/(.*)', 'https://a.example/$1x'),
    'redirectRegex.replacement',
    never(302),
  ),
  middleware(
    'a redirect with a group too many',
    regex('^http://~[.]example/(.*)', 'https://a.example/$2'),
    'redirectRegex.replacement',
    never(302),
  ),
  middleware('another scheme', { redirectScheme: { scheme: 'https', port: '8443' } }),
  middleware('no scheme', { redirectScheme: { permanent: true } }, 'redirectScheme.scheme'),
  middleware('a scheme with slashes', { redirectScheme: { scheme: 'https://' } }, 'redirectScheme.scheme', never(302)),
  middleware(
    'a port that is a word',
    { redirectScheme: { scheme: 'https', port: 'secure' } },
    'redirectScheme.port',
    never(502),
  ),
  middleware('another path', { replacePath: { path: '/a%20b' } }),
  middleware('another path with a percent sign', { replacePath: { path: '/100%' } }, 'replacePath.path', never(500)),
  middleware('a path by an expression', { replacePathRegex: { regex: ' ^/a/(.*) ', replacement: '/b/$1' } }),
  middleware(
    'a path by a bad expression',
    { replacePathRegex: { regex: '^/a/**', replacement: '/b' } },
    'replacePathRegex.regex',
  ),
  middleware('attempts', { retry: { attempts: 4, initialInterval: '100ms', status: ['502-504'] } }),
  middleware('no attempts', { retry: { attempts: 0 } }, 'retry.attempts'),
  middleware('attempts that are not said', { retry: { initialInterval: '1s' } }, 'retry.attempts'),
  middleware('attempts for words', { retry: { attempts: 2, status: ['gateway'] } }, 'retry.status.0'),
  middleware('attempts for nothing', { retry: { attempts: 2, disableRetryOnNetworkError: true } }, 'retry.status'),
  middleware('a prefix taken off', { stripPrefix: { prefixes: ['/a', ' /b'] } }),
  middleware('a prefix without a slash', { stripPrefix: { prefixes: ['a'] } }, 'stripPrefix.prefixes.0', {
    answers: { path: '/a/missing', status: 404 },
  }),
  middleware('prefixes by expressions', { stripPrefixRegex: { regex: [' ^/a ', '^/[0-9]+'] } }),
  middleware(
    'prefixes by a bad expression',
    { stripPrefixRegex: { regex: ['^/a', '^/[z-a]'] } },
    'stripPrefixRegex.regex.1',
  ),
  middleware('gRPC from the web', { grpcWeb: { allowOrigins: ['*'] } }),
  middleware('a content type', { contentType: {} }),
  middleware('two kinds at once', { addPrefix: { prefix: '/a' }, stripPrefix: { prefixes: ['/b'] } }, 'stripPrefix'),
  middleware('a chain in itself', chain('~m'), 'chain.middlewares.0'),
  middleware('a chain of what is not there', chain('~nope'), 'chain.middlewares.0'),
  {
    name: 'a chain in itself by others',
    http: {
      routers: {
        '~r': { rule: RULE, service: '~s', middlewares: ['~a'] },
        '~t': { rule: 'Path(`/~`)', service: '~s' },
      },
      services: { '~s': SERVER },
      middlewares: {
        '~a': chain('~b'),
        '~b': chain('~c', '~d'),
        '~c': chain('~a@file'),
        '~d': { addPrefix: { prefix: '/' } },
      },
    },
    refused: ['middlewares/~c: chain.middlewares.0'],
  },
  {
    name: 'a chain that takes one middleware twice',
    http: {
      routers: { '~r': { rule: RULE, service: '~s', middlewares: ['~a', '~d'] } },
      services: { '~s': SERVER },
      middlewares: {
        '~a': chain('~b', '~c'),
        '~b': chain('~d'),
        '~c': chain('~d'),
        '~d': { addPrefix: { prefix: '/' } },
      },
    },
    refused: [],
  },
  {
    name: 'a fault deep in a chain takes the router out of use, and leaves its sibling',
    http: {
      routers: {
        '~r': { rule: RULE, service: '~s', middlewares: ['~a'] },
        '~ok': { rule: 'Path(`/~`)', service: '~s', middlewares: ['~d'] },
      },
      services: { '~s': SERVER },
      middlewares: {
        '~a': chain('~d', '~b'),
        '~b': chain('~c'),
        '~c': users('x'),
        '~d': { addPrefix: { prefix: '/' } },
      },
    },
    refused: ['middlewares/~c: basicAuth.users.0'],
  },
];

const MEMBERS = { '~s': SERVER, '~h': { loadBalancer: { servers: [{ url: 'BACKEND' }], healthCheck: { path: '/' } } } };

const SERVICES: readonly Case[] = [
  balancer('strategies', { strategy: 'p2c' }),
  balancer('an unknown strategy', { strategy: 'bogus' }, 'strategy'),
  balancer('a strategy in capitals', { strategy: 'WRR' }, 'strategy'),
  balancer('a cookie', { sticky: { cookie: { name: 'a', sameSite: 'Strict', secure: true } } }),
  balancer('a cookie for an unknown site', { sticky: { cookie: { sameSite: 'always' } } }, 'sticky.cookie.sameSite', {
    answers: { status: 200 },
  }),
  balancer('a health check', { healthCheck: { path: '/', interval: '30s', timeout: '5s', port: 80, scheme: 'http' } }),
  balancer('a health check of another place', { healthCheck: { path: 'http://other.example/' } }, 'healthCheck.path', {
    keeps: 'its checks fail, which takes their interval to show',
  }),
  balancer(
    'a health check by a scheme that is none',
    { healthCheck: { path: '/', scheme: 'tcp' } },
    'healthCheck.scheme',
    { keeps: 'its checks fail, which takes their interval to show' },
  ),
  balancer('a health check at a port that is none', { healthCheck: { path: '/', port: 99999 } }, 'healthCheck.port', {
    keeps: 'its checks fail, which takes their interval to show',
  }),
  balancer('a health check without time', { healthCheck: { path: '/', interval: '0s' } }, 'healthCheck.interval', {
    logs: 'Health check interval smaller than zero',
  }),
  balancer('a transport that is not there', { serversTransport: '~nope' }, 'serversTransport'),
  balancer('a transport of Docker', { serversTransport: 'a@docker' }, 'serversTransport'),
  balancer('a server without scheme', { servers: [{ url: '127.0.0.1:80' }] }, 'servers.0.url'),
  balancer('a server without anything before its name', { servers: [{ url: 'backend' }] }, 'servers.0.url', never(500)),
  balancer('a server with a word for a port', { servers: [{ url: 'http://127.0.0.1:http' }] }, 'servers.0.url'),
  balancer('a server of another scheme', { servers: [{ url: 'ftp://127.0.0.1' }] }, 'servers.0.url', never(500)),
  balancer('a server with a blank in its name', { servers: [{ url: 'http://a b' }] }, 'servers.0.url'),
  balancer('a server of version 6', { servers: [{ url: 'http://[::1]:80' }] }),
  service('shares', { weighted: { services: [{ name: '~s', weight: 3 }, { name: '~h' }] } }, null, MEMBERS),
  service(
    'shares of what is not there',
    { weighted: { services: [{ name: '~nope' }] } },
    'weighted.services.0.name',
    MEMBERS,
  ),
  service(
    'shares of themselves',
    { weighted: { services: [{ name: '~s' }, { name: '~w' }] } },
    'weighted.services.1.name',
    MEMBERS,
  ),
  service('shares that are checked', { weighted: { healthCheck: {}, services: [{ name: '~h' }] } }, null, MEMBERS),
  service(
    'shares that are checked and do not tell',
    { weighted: { healthCheck: {}, services: [{ name: '~s' }] } },
    'weighted.services.0.name',
    MEMBERS,
  ),
  service(
    'shares by hash of what is not there',
    { highestRandomWeight: { services: [{ name: '~nope' }] } },
    'highestRandomWeight.services.0.name',
    MEMBERS,
  ),
  service('a mirror', { mirroring: { service: '~s', mirrors: [{ name: '~h', percent: 10 }] } }, null, MEMBERS),
  service(
    'a mirror of too much',
    { mirroring: { service: '~s', mirrors: [{ name: '~h', percent: 101 }] } },
    'mirroring.mirrors.0.percent',
    MEMBERS,
  ),
  service(
    'a mirror of what is not there',
    { mirroring: { service: '~nope', mirrors: [{ name: '~h', percent: 1 }] } },
    'mirroring.service',
    MEMBERS,
  ),
  service('a fallback', { failover: { service: '~h', fallback: '~s' } }, null, MEMBERS),
  service(
    'a fallback from what does not tell',
    { failover: { service: '~s', fallback: '~h' } },
    'failover.service',
    MEMBERS,
  ),
  service(
    'a fallback on errors',
    { failover: { service: '~s', fallback: '~h', errors: { status: ['500-599'] } } },
    null,
    MEMBERS,
  ),
  service(
    'a fallback on words',
    { failover: { service: '~s', fallback: '~h', errors: { status: ['5xx'] } } },
    'failover.errors.status.0',
    MEMBERS,
  ),
  service(
    'two kinds of service at once',
    { weighted: { services: [{ name: '~s' }] }, failover: { service: '~h', fallback: '~s' } },
    'failover',
    MEMBERS,
  ),
  {
    name: 'a service that comes back to itself by a middleware',
    http: {
      routers: { '~r': { rule: RULE, service: '~w' } },
      services: { '~w': { ...SERVER, middlewares: ['~m'] } },
      middlewares: { '~m': { errors: { status: ['500'], service: '~w', query: '/' } } },
    },
    refused: ['services/~w: middlewares.0'],
  },
  balancer(
    'a health check by a method that is none',
    { healthCheck: { path: '/', method: 'GET /' } },
    'healthCheck.method',
    {
      keeps: 'its checks fail, which takes their interval to show',
    },
  ),
  service('a middleware of a service that is not there', { ...SERVER, middlewares: ['~nope'] }, 'middlewares.0'),
];

function transport(name: string, config: JsonObject, path: string | null = null, logs?: string): Case {
  const http = {
    routers: { '~r': { rule: RULE, service: '~s' } },
    services: { '~s': { loadBalancer: { servers: [{ url: 'BACKEND' }], serversTransport: '~t' } } },
    serversTransports: { '~t': config },
  };
  return {
    name,
    http,
    refused: path === null ? [] : [`serversTransports/~t: ${path}`],
    ...(logs === undefined ? {} : { logs }),
  };
}

const TRANSPORTS: readonly Case[] = [
  transport('a transport', {
    serverName: 'a.example',
    insecureSkipVerify: true,
    minVersion: 'VersionTLS12',
    maxVersion: 'VersionTLS13',
  }),
  transport('a version that is none', { maxVersion: 'TLS1.2' }, 'maxVersion', 'invalid TLS maximum version: TLS1.2'),
  transport(
    'a lowest version above the highest',
    { minVersion: 'VersionTLS13', maxVersion: 'VersionTLS12' },
    'minVersion',
    'TLS minimum version VersionTLS13 is above',
  ),
  transport(
    'a suite that is none',
    { cipherSuites: ['AES128-SHA'] },
    'cipherSuites.0',
    'invalid CipherSuite: AES128-SHA',
  ),
];

export const CASES: readonly Case[] = [...RULES, ...MIDDLEWARES, ...SERVICES, ...TRANSPORTS];

/** A case with its own names and a server. */
export function dynamicOf({ http, tls }: Case, id: string, backend: string): JsonObject {
  const text = JSON.stringify({ http, ...(tls === undefined ? {} : { tls }) });
  return JSON.parse(text.replaceAll('~', id).replaceAll('BACKEND', backend)) as JsonObject;
}
