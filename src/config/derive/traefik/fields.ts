// The fields of Traefik's dynamic configuration that labels may set: those of version 3.7, without what needs the static
// configuration (plugins, certificate resolvers) and what only other providers have.

/** `list`: separated by commas. `texts` and `numbers`: free names to values. */
export type Field = 'text' | 'list' | 'number' | 'flag' | 'duration' | 'texts' | 'numbers' | Fields;

export interface Fields {
  readonly [name: string]: Field;
}

const ADDRESSES: Fields = { depth: 'number', excludedIPs: 'list', ipv6Subnet: 'number' };
const SOURCE: Fields = { ipStrategy: ADDRESSES, requestHeaderName: 'text', requestHost: 'flag' };
const NAME_PARTS: Fields = {
  country: 'flag',
  province: 'flag',
  locality: 'flag',
  organization: 'flag',
  commonName: 'flag',
  serialNumber: 'flag',
  domainComponent: 'flag',
};

/** By kind; a middleware is of exactly one. */
export const MIDDLEWARES: Readonly<Record<string, Fields>> = {
  addPrefix: { prefix: 'text' },
  basicAuth: { users: 'list', usersFile: 'text', realm: 'text', removeHeader: 'flag', headerField: 'text' },
  buffering: {
    maxRequestBodyBytes: 'number',
    memRequestBodyBytes: 'number',
    maxResponseBodyBytes: 'number',
    memResponseBodyBytes: 'number',
    retryExpression: 'text',
  },
  chain: { middlewares: 'list' },
  circuitBreaker: {
    expression: 'text',
    checkPeriod: 'duration',
    fallbackDuration: 'duration',
    recoveryDuration: 'duration',
    responseCode: 'number',
  },
  compress: {
    excludedContentTypes: 'list',
    includedContentTypes: 'list',
    minResponseBodyBytes: 'number',
    encodings: 'list',
    defaultEncoding: 'text',
  },
  contentType: { autoDetect: 'flag' },
  digestAuth: { users: 'list', usersFile: 'text', removeHeader: 'flag', realm: 'text', headerField: 'text' },
  forwardAuth: {
    address: 'text',
    tls: { ca: 'text', cert: 'text', key: 'text', insecureSkipVerify: 'flag' },
    trustForwardHeader: 'flag',
    authResponseHeaders: 'list',
    authResponseHeadersRegex: 'text',
    authRequestHeaders: 'list',
    addAuthCookiesToResponse: 'list',
    headerField: 'text',
    forwardBody: 'flag',
    maxBodySize: 'number',
    preserveLocationHeader: 'flag',
    preserveRequestMethod: 'flag',
  },
  grpcWeb: { allowOrigins: 'list' },
  headers: {
    customRequestHeaders: 'texts',
    customResponseHeaders: 'texts',
    accessControlAllowCredentials: 'flag',
    accessControlAllowHeaders: 'list',
    accessControlAllowMethods: 'list',
    accessControlAllowOriginList: 'list',
    accessControlAllowOriginListRegex: 'list',
    accessControlExposeHeaders: 'list',
    accessControlMaxAge: 'number',
    addVaryHeader: 'flag',
    allowedHosts: 'list',
    hostsProxyHeaders: 'list',
    sslProxyHeaders: 'texts',
    stsSeconds: 'number',
    stsIncludeSubdomains: 'flag',
    stsPreload: 'flag',
    forceSTSHeader: 'flag',
    frameDeny: 'flag',
    customFrameOptionsValue: 'text',
    contentTypeNosniff: 'flag',
    browserXssFilter: 'flag',
    customBrowserXSSValue: 'text',
    contentSecurityPolicy: 'text',
    contentSecurityPolicyReportOnly: 'text',
    publicKey: 'text',
    referrerPolicy: 'text',
    permissionsPolicy: 'text',
    isDevelopment: 'flag',
  },
  inFlightReq: { amount: 'number', sourceCriterion: SOURCE },
  ipAllowList: { sourceRange: 'list', ipStrategy: ADDRESSES, rejectStatusCode: 'number' },
  passTLSClientCert: {
    pem: 'flag',
    info: {
      notAfter: 'flag',
      notBefore: 'flag',
      sans: 'flag',
      serialNumber: 'flag',
      subject: { ...NAME_PARTS, organizationalUnit: 'flag' },
      issuer: NAME_PARTS,
    },
  },
  rateLimit: { average: 'number', period: 'duration', burst: 'number', sourceCriterion: SOURCE },
  redirectRegex: { regex: 'text', replacement: 'text', permanent: 'flag' },
  redirectScheme: { scheme: 'text', port: 'text', permanent: 'flag' },
  replacePath: { path: 'text' },
  replacePathRegex: { regex: 'text', replacement: 'text' },
  retry: { attempts: 'number', initialInterval: 'duration' },
  stripPrefix: { prefixes: 'list', forceSlash: 'flag' },
  stripPrefixRegex: { regex: 'list' },
};

/** Kinds that are also turned on by `=true`, with their defaults. */
export const MAY_BE_EMPTY: ReadonlySet<string> = new Set(['compress', 'contentType']);

export const ROUTER: Fields = {
  rule: 'text',
  ruleSyntax: 'text',
  entryPoints: 'list',
  middlewares: 'list',
  service: 'text',
  priority: 'number',
  observability: { accessLogs: 'flag', metrics: 'flag', tracing: 'flag', traceVerbosity: 'text' },
};

/** What a label may say of the servers behind a service; where they are is Phoenix's to know. */
export const LOAD_BALANCER: Fields = {
  server: { port: 'number', scheme: 'text', preservePath: 'flag' },
  sticky: {
    cookie: {
      name: 'text',
      secure: 'flag',
      httpOnly: 'flag',
      sameSite: 'text',
      maxAge: 'number',
      path: 'text',
      domain: 'text',
    },
  },
  strategy: 'text',
  healthCheck: {
    scheme: 'text',
    mode: 'text',
    path: 'text',
    method: 'text',
    status: 'number',
    port: 'number',
    interval: 'duration',
    unhealthyInterval: 'duration',
    timeout: 'duration',
    hostname: 'text',
    followRedirects: 'flag',
    headers: 'texts',
  },
  passiveHealthCheck: { failureWindow: 'duration', maxFailedAttempts: 'number' },
  passHostHeader: 'flag',
  responseForwarding: { flushInterval: 'duration' },
};
