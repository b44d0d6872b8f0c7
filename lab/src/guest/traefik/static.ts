// The static configuration of a guest's Traefik, as the program reads it at start (pkg/config/static and pkg/cli, version 3.7.9): its entry points,
// trusted addresses, and where it serves its API. Other settings are not checked.

import type { Json, JsonObject } from '../../../../src/traefik/read.ts';
import { isSection } from '../../../../src/traefik/read.ts';
import type { StructType } from '../../../../src/traefik/schema.ts';
import { parseYaml } from '../../yaml.ts';
import { formFault } from './form.ts';

export interface EntryPoint {
  readonly name: string;
  /** Empty: every address of the machine. */
  readonly host: string;
  readonly port: number;
  readonly isDefault: boolean;
  readonly trusted: readonly string[];
  readonly trustsAll: boolean;
  /** The entry point in API responses. */
  readonly shown: object;
}

export interface Static {
  readonly entryPoints: readonly EntryPoint[];
  /** Folder of the dynamic files; null: none. */
  readonly folder: string | null;
  /** Whether the entry point `traefik` serves the API; null: there is none. */
  readonly api: { readonly insecure: boolean; readonly dashboard: boolean } | null;
  /** Entry point that answers `/ping`; null: none. */
  readonly ping: string | null;
}

/** The entry point of Traefik's own API, which by default listens on every address. */
const INTERNAL = 'traefik';

/**
 * @param text null: there is no file, and the defaults apply
 * @returns a string is the error at start
 */
export function readStatic(path: string, text: string | null): Static | string {
  if (text === null) return made({}, path);
  let value: Json | undefined;
  try {
    value = parseYaml(text) as Json | undefined;
  } catch (error) {
    return `yaml: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`;
  }
  if (!isSection(value) || Object.keys(value).length === 0) return `no configuration found in file: ${path}`;
  const fault = formFault(value, CONFIGURATION, typeNamed);
  return fault ?? made(value, path);
}

function made(value: JsonObject, path: string): Static | string {
  const sections = Object.fromEntries(Object.entries(value).map(([key, each]) => [key.toLowerCase(), each]));
  const api =
    'api' in sections
      ? { insecure: isTrue(at(sections['api'], 'insecure')), dashboard: at(sections['api'], 'dashboard') !== false }
      : null;
  const hasPing = 'ping' in sections && !isTrue(at(sections['ping'], 'manualRouting'));
  const ping = hasPing ? String(at(sections['ping'], 'entryPoint') ?? INTERNAL) : null;
  const needsInternal = api?.insecure === true || ping === INTERNAL;
  const entryPoints = entryPointsOf(sections['entrypoints'], needsInternal);
  if (typeof entryPoints === 'string') return entryPoints;
  const file = at(sections['providers'], 'file');
  const folder = at(file, 'directory');
  if (file !== undefined && folder === undefined && at(file, 'filename') === undefined)
    return `${path}: error using file configuration provider, neither filename nor directory is defined`;
  return { entryPoints, folder: folder === undefined ? null : String(folder), api, ping };
}

/** The declared entry points, or those that hold without any; a string is the error at start. */
function entryPointsOf(declared: Json | undefined, needsInternal: boolean): EntryPoint[] | string {
  const isDeclared = isSection(declared) && Object.keys(declared).length > 0;
  const named: Record<string, Json | undefined> = isDeclared ? { ...declared } : { http: { address: ':80' } };
  if (needsInternal && !(INTERNAL in named)) named[INTERNAL] = { address: ':8080' };
  const entryPoints: EntryPoint[] = [];
  for (const [name, each] of Object.entries(named)) {
    const entryPoint = entryPointOf(name, each);
    if (typeof entryPoint === 'string') return entryPoint;
    entryPoints.push(entryPoint);
  }
  return portTwice(entryPoints) ?? entryPoints;
}

/** A string is the error at start. */
function entryPointOf(name: string, declared: Json | undefined): EntryPoint | string {
  const address = String(at(declared, 'address') ?? '');
  const [, host = '', port] = /^\[?([^\]]*?)\]?:(\d+)(?:\/tcp)?$/.exec(address) ?? [];
  if (port === undefined) return cannotListen(name, `listen tcp: address ${address}: missing port in address`);
  const forwarded = at(declared, 'forwardedHeaders');
  const trusted = at(forwarded, 'trustedIPs');
  const readTimeout = at(at(at(declared, 'transport'), 'respondingTimeouts'), 'readTimeout');
  return {
    name,
    host,
    port: Number(port),
    isDefault: isTrue(at(declared, 'asDefault')),
    trusted: Array.isArray(trusted) ? trusted.map(String) : [],
    trustsAll: isTrue(at(forwarded, 'insecure')),
    shown: {
      address,
      transport: { respondingTimeouts: { readTimeout: duration(readTimeout ?? '60s') } },
      forwardedHeaders: forwarded ?? {},
      name,
    },
  };
}

/** The error for the first entry point whose address another one has already; undefined for none. */
function portTwice(entryPoints: readonly EntryPoint[]): string | undefined {
  const twice = entryPoints.find((each, index) =>
    entryPoints
      .slice(0, index)
      .some(({ port, host }) => port === each.port && (host === each.host || host === '' || each.host === '')),
  );
  if (twice === undefined) return undefined;
  return cannotListen(twice.name, `listen tcp ${twice.host}:${twice.port}: bind: address already in use`);
}

function cannotListen(entryPoint: string, why: string): string {
  return `error while building entryPoint ${entryPoint}: building listener: error opening listener: ${why}`;
}

function at(value: Json | undefined, key: string): Json | undefined {
  if (!isSection(value)) return undefined;
  const name = Object.keys(value).find((each) => each.toLowerCase() === key.toLowerCase());
  return name === undefined ? undefined : (value[name] ?? undefined);
}

const isTrue = (value: unknown): boolean => value === true || value === 'true';

/** A duration as Go prints it; a number is in seconds. */
function duration(value: unknown): string {
  const units: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 0.001 };
  const text = String(value);
  const seconds = /^\d+$/.test(text)
    ? Number(text)
    : [...text.matchAll(/([\d.]+)(h|ms|m|s)/g)].reduce(
        (sum, [, count, unit = '']) => sum + Number(count) * (units[unit] ?? 0),
        0,
      );
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds % 60}s`;
}

const raw = (...names: string[]) => names.map((name) => ({ name, is: 'raw' }) as const);
const of = (is: 'string' | 'bool' | 'int' | 'duration', ...names: string[]) =>
  names.map((name) => ({ name, is }) as const);
const list = (...names: string[]) => names.map((name) => ({ name, is: { list: 'string' } }) as const);
const struct = (name: string, type: string, allowEmpty = false) => ({ name, is: { type }, allowEmpty }) as const;

/** Types by the names that they have in Go. */
const TYPES: Readonly<Record<string, StructType>> = {
  'static.Configuration': {
    fields: [
      { name: 'entryPoints', is: { map: { type: 'static.EntryPoint' } } },
      struct('providers', 'static.Providers'),
      struct('api', 'static.API', true),
      struct('ping', 'ping.Handler', true),
      struct('log', 'types.TraefikLog', true),
      ...raw('global', 'serversTransport', 'tcpServersTransport', 'metrics', 'accessLog', 'tracing', 'hostResolver'),
      ...raw('certificatesResolvers', 'experimental', 'core', 'spiffe', 'ocsp'),
    ],
  },
  'static.EntryPoint': {
    fields: [
      ...of('string', 'address'),
      ...of('bool', 'allowACMEByPass', 'reusePort', 'asDefault'),
      struct('transport', 'static.EntryPointsTransport'),
      struct('forwardedHeaders', 'static.ForwardedHeaders'),
      ...raw('proxyProtocol', 'http', 'http2', 'http3', 'udp', 'observability'),
    ],
  },
  'static.EntryPointsTransport': {
    fields: [
      ...raw('lifeCycle'),
      struct('respondingTimeouts', 'static.RespondingTimeouts'),
      ...of('duration', 'keepAliveMaxTime'),
      ...of('int', 'keepAliveMaxRequests'),
    ],
  },
  'static.RespondingTimeouts': { fields: of('duration', 'readTimeout', 'writeTimeout', 'idleTimeout') },
  'static.ForwardedHeaders': {
    fields: [...of('bool', 'insecure', 'notAppendXForwardedFor'), ...list('trustedIPs', 'connection')],
  },
  'static.Providers': {
    fields: [
      ...of('duration', 'providersThrottleDuration'),
      struct('file', 'file.Provider'),
      ...raw(
        'precedence',
        'docker',
        'swarm',
        'kubernetesIngress',
        'kubernetesIngressNGINX',
        'kubernetesCRD',
        'kubernetesGateway',
      ),
      ...raw(
        'knative',
        'rest',
        'rancher',
        'consulCatalog',
        'nomad',
        'ecs',
        'consul',
        'etcd',
        'zooKeeper',
        'redis',
        'http',
        'plugin',
      ),
    ],
  },
  'file.Provider': {
    fields: [...of('string', 'directory', 'filename'), ...of('bool', 'watch', 'debugLogGeneratedTemplate')],
  },
  'static.API': {
    fields: [
      ...of('string', 'basePath', 'dashboardName'),
      ...of('bool', 'insecure', 'dashboard', 'debug', 'disableDashboardAd'),
    ],
  },
  'ping.Handler': {
    fields: [...of('string', 'entryPoint'), ...of('bool', 'manualRouting'), ...of('int', 'terminatingStatusCode')],
  },
  'types.TraefikLog': {
    fields: [
      ...of('string', 'level', 'format', 'filePath'),
      ...of('bool', 'noColor', 'compress'),
      ...of('int', 'maxSize', 'maxAge', 'maxBackups'),
      ...raw('otlp'),
    ],
  },
};

function typeNamed(name: string): StructType {
  return TYPES[name] ?? { fields: [] };
}

const CONFIGURATION = typeNamed('static.Configuration');
