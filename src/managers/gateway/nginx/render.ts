// Renders nginx's configuration as one file. Verified with the real program from 1.22 on: addresses instead of names in proxy_pass, since nginx does
// not start with a name that does not resolve; 308, since 301 turns a POST into a GET; `listen … http2` before 1.25.1.

import { createHash } from 'node:crypto';
import { fitting } from '../../../model/text.ts';
import { MARK } from '../inside.ts';
import { inUrl } from '../surroundings.ts';
import type { NginxSpec, Site } from './nginx-spec.ts';

/** The folder of ACME challenges for every name. */
export const ACME_ROOT = '/var/www/acme';

/** Path at which every name reports which version of the configuration serves it. */
export const REVISION_PATH = '/.well-known/phoenix-gateway';

/** Limit of a line of the headers of a request, and of all headers of a response: nginx refuses more than 8k and 4k by itself, Traefik 1 MB. */
const HEADER_SIZE = '64k';

export interface Circumstances {
  /** As printed by `nginx -v`, for example `1.22.1`. */
  readonly version: string;
  /** Existing chains, by path on the node. */
  readonly there: ReadonlySet<string>;
}

export interface Rendered {
  readonly text: string;
  /** The answer of every name at REVISION_PATH. */
  readonly revision: string;
}

/** Pure. The same spec and circumstances give the same text. */
export function renderNginx(spec: NginxSpec, circumstances: Circumstances): Rendered {
  const hasHttp2Directive = compareVersions(circumstances.version, '1.25.1') >= 0;
  // Not without an IPv6 address: where the kernel has no IPv6 at all, nginx does not start with such a line.
  const sockets = (port: number): string[] => [`${port}`, ...(spec.hasIpv6 ? [`[::]:${port}`] : [])];
  const listen = (port: number, rest: string): string[] => sockets(port).map((socket) => `  listen ${socket}${rest};`);
  // In every server: until nginx knows the name, it reads the headers as the default server of the port says.
  const headerBuffers = `  large_client_header_buffers 4 ${HEADER_SIZE};`;
  const tls = (rest = ''): string[] => [
    ...listen(443, ` ssl${hasHttp2Directive ? '' : ' http2'}${rest}`),
    ...(hasHttp2Directive ? ['  http2 on;'] : []),
    '  server_tokens off;',
    '  ssl_protocols TLSv1.2 TLSv1.3;',
    '  ssl_session_cache shared:phoenix:10m;',
    '  ssl_session_tickets off;',
    headerBuffers,
  ];
  /** Whether the certificate of a site may be missing when nginx starts. */
  const mayLack = (site: Site): boolean => site.late || !circumstances.there.has(site.source);
  const body = [
    'map $http_upgrade $phoenix_connection {',
    '  default upgrade;',
    '  "" close;',
    '}',
    ...spec.sites.flatMap((site, index) => (mayLack(site) ? lazyPaths(site, index) : [])),
    '',
    '# Names that nobody declared: a challenge may be answered, nothing else is.',
    'server {',
    ...listen(80, ' default_server'),
    '  server_tokens off;',
    headerBuffers,
    ...challenges(),
    '  location / {',
    '    return 444;',
    '  }',
    '}',
    '',
    'server {',
    ...tls(' default_server'),
    '  ssl_reject_handshake on;',
    '  return 444;',
    '}',
    ...spec.sites.flatMap((site, index) => [
      '',
      'server {',
      ...listen(80, ''),
      ...serverName(site),
      '  server_tokens off;',
      headerBuffers,
      ...challenges(),
      '  location / {',
      ...(mayLack(site) ? [`    if (!-f ${quoted(site.chain)}) {`, '      return 503;', '    }'] : []),
      '    return 308 https://$host$request_uri;',
      '  }',
      '}',
      '',
      'server {',
      ...tls(),
      ...serverName(site),
      `  ssl_certificate ${mayLack(site) ? `$phoenix_chain_${index}` : quoted(site.chain)};`,
      `  ssl_certificate_key ${mayLack(site) ? `$phoenix_key_${index}` : quoted(site.key)};`,
      `  location = ${REVISION_PATH} {`,
      '    default_type application/json;',
      `    return 200 '{"revision":"REVISION"}';`,
      '  }',
      ...(site.own ? ownPage(spec) : proxyDirectives(spec)),
      '}',
    ]),
    '',
  ].join('\n');
  const revision = createHash('sha256').update(body).digest('hex').slice(0, 16);
  return {
    text: `${MARK}: what is changed here is overwritten. Change the configuration instead.\n${body.replaceAll('REVISION', revision)}`,
    revision,
  };
}

/** A path in a variable is read at each handshake, so the file may be missing until the certificate is issued. */
function lazyPaths({ chain, key }: Site, index: number): string[] {
  return (
    [
      ['chain', chain],
      ['key', key],
    ] as const
  ).flatMap(([what, path]) => [`map "" $phoenix_${what}_${index} {`, `  default ${quoted(path)};`, '}']);
}

/**
 * The longest name that fits into nginx's table of names with its default of 64 bytes for a bucket: two pointers, the length and the name. nginx does
 * not start with a longer one, and `server_names_hash_bucket_size` may be set only once, also by a person in another file.
 */
const MAX_TABLE_NAME_LENGTH = 46;

function serverName({ names }: Site): string[] {
  return ['  server_name', ...names.map((name) => `    ${writtenName(name)}`)].map((line, index, all) =>
    index === all.length - 1 ? `${line};` : line,
  );
}

/** A name that does not fit into the table is an expression that matches the name alone. */
function writtenName(name: string): string {
  const plain = fitting(name, /^[a-z0-9_.-]+$/i, 'the configuration of nginx');
  return plain.length <= MAX_TABLE_NAME_LENGTH ? plain : `~^${plain.replaceAll('.', '\\.')}$`;
}

function challenges(): string[] {
  return [
    '  location ^~ /.well-known/acme-challenge/ {',
    `    root ${ACME_ROOT};`,
    '    default_type text/plain;',
    '    try_files $uri =404;',
    '  }',
  ];
}

function ownPage({ domain }: NginxSpec): string[] {
  return [
    '  location / {',
    '    default_type text/plain;',
    `    return 200 ${quoted(`The gateway of ${domain}`)};`,
    '  }',
  ];
}

/** Nothing is buffered: neither large uploads nor streamed responses. */
function proxyDirectives({ proxy }: NginxSpec): string[] {
  if (proxy === null) return ['  location / {', '    return 503;', '  }'];
  return [
    '  client_max_body_size 0;',
    '  location / {',
    `    proxy_pass http://${inUrl(proxy)}:80;`,
    '    proxy_http_version 1.1;',
    '    proxy_set_header Host $host;',
    '    proxy_set_header X-Real-IP $remote_addr;',
    '    proxy_set_header X-Forwarded-For $remote_addr;',
    '    proxy_set_header X-Forwarded-Host $host;',
    '    proxy_set_header X-Forwarded-Port $server_port;',
    '    proxy_set_header X-Forwarded-Proto $scheme;',
    '    proxy_set_header Upgrade $http_upgrade;',
    '    proxy_set_header Connection $phoenix_connection;',
    '    proxy_buffering off;',
    `    proxy_buffer_size ${HEADER_SIZE};`,
    `    proxy_buffers 4 ${HEADER_SIZE};`,
    '    proxy_request_buffering off;',
    '    proxy_read_timeout 3600s;',
    '    proxy_send_timeout 3600s;',
    '  }',
  ];
}

/**
 * A quoted string with nginx's special characters escaped.
 *
 * @throws Error for a `$`, which begins a variable and cannot be escaped
 */
function quoted(text: string): string {
  const plain = fitting(text, /^[^$]*$/, 'the configuration of nginx');
  return `"${plain.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** Negative if `a` is the older version. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number)) as [number[], number[]];
  const at = left.findIndex((part, index) => part !== (right[index] ?? 0));
  return at < 0 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}
