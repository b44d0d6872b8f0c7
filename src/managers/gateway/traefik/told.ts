// What Traefik tells by its API about the configuration that it has taken over.

import type { Json, JsonObject } from '../../../model/json.ts';
import { section, texts } from '../../../traefik/read.ts';
import { parseRule } from '../../../traefik/rule.ts';
import type { EntryPoint } from './static.ts';

/** Names without their provider. */
export interface Told {
  readonly routers: ReadonlyMap<string, JsonObject>;
  readonly services: ReadonlyMap<string, JsonObject>;
  readonly middlewares: ReadonlyMap<string, JsonObject>;
  /** As the running Traefik was started with. */
  readonly entryPoints: readonly EntryPoint[];
}

/** Reads the answers of `/api/rawdata` and `/api/entrypoints`, one line of JSON each; null where they are not there. */
export function readTold(lines: readonly string[]): Told | null {
  const raw = parsed(lines.findLast((each) => each.startsWith('{')));
  const entryPoints = parsed(lines.findLast((each) => each.startsWith('[')));
  if (raw === undefined || !Array.isArray(entryPoints)) return null;
  const own = (name: string) =>
    new Map(
      Object.entries(section(section(raw)[name])).flatMap(([key, value]) =>
        key.endsWith('@file') ? [[key.slice(0, -'@file'.length), section(value)] as const] : [],
      ),
    );
  return {
    routers: own('routers'),
    services: own('services'),
    middlewares: own('middlewares'),
    entryPoints: entryPoints.map((each) => readEntryPoint(section(each))),
  };
}

function parsed(line: string | undefined): Json | undefined {
  try {
    return line === undefined ? undefined : (JSON.parse(line) as Json);
  } catch {
    return undefined;
  }
}

function readEntryPoint(value: JsonObject): EntryPoint {
  const forwarded = section(value['forwardedHeaders']);
  const trusted = forwarded['trustedIPs'];
  const { readTimeout = '' } = section(section(value['transport'])['respondingTimeouts']);
  return {
    name: String(value['name'] ?? ''),
    trusted: Array.isArray(trusted) ? trusted.map(String) : [],
    trustsAll: forwarded['insecure'] === true,
    readSeconds: seconds(String(readTimeout)),
  };
}

const UNITS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 1e-3, µs: 1e-6, ns: 1e-9 };

/** Of a duration as Go prints it, such as `1h0m0s`. */
function seconds(duration: string): number {
  const parts = duration.matchAll(/([\d.]+)(h|ms|m|s|µs|ns)/g);
  return [...parts].reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (UNITS[unit] ?? 0), 0);
}

/** What of a dynamic configuration Traefik does not serve as it is written. */
export interface Refusal {
  readonly kind: 'router' | 'service' | 'middleware';
  readonly name: string;
  /** In Traefik's own words, where it has some. */
  readonly why: string;
}

/**
 * Pure: routers that are not in use or only in part, services and middlewares that Traefik complains of beyond those, and what it has
 * from another file of its folder under a name of ours.
 */
export function refusalsOf(dynamic: JsonObject, told: Told): Refusal[] {
  const http = section(dynamic['http']);
  const users = usersIn(section(http['middlewares']));
  const routers = Object.entries(section(http['routers'])).flatMap(([name, declared]): Refusal[] => {
    const found = told.routers.get(name);
    const why = complaint(found) ?? (sameRouter(section(declared), found ?? {}) ? null : ELSEWHERE);
    return why === null ? [] : [{ kind: 'router', name, why }];
  });
  const said = new Set(routers.map(({ why }) => why));
  const others = (['services', 'middlewares'] as const).flatMap((part) =>
    Object.entries(section(http[part])).flatMap(([name, declared]): Refusal[] => {
      const found = told[part].get(name);
      const same = part === 'services' ? sameServers : sameKind;
      const why = complaint(found) ?? (same(section(declared), found ?? {}) ? null : ELSEWHERE);
      const kind = part === 'services' ? 'service' : 'middleware';
      return why === null || said.has(why) ? [] : [{ kind, name, why }];
    }),
  );
  return [...routers, ...others].map((each) => ({ ...each, why: maskSecrets(each.why, users) }));
}

/** Who may sign in, with the hash of the password: Traefik repeats what it cannot read of it. */
function usersIn(middlewares: JsonObject): string[] {
  return Object.values(middlewares).flatMap((middleware) =>
    ['basicAuth', 'digestAuth'].flatMap((kind) => texts(section(section(middleware)[kind])['users'])),
  );
}

/** Longer ones first: one may hold another. */
function maskSecrets(words: string, secrets: readonly string[]): string {
  const known = secrets.filter((each) => each !== '').sort((a, b) => b.length - a.length);
  return known.reduce((all, each) => all.replaceAll(each, '‹secret›'), words);
}

const ELSEWHERE = 'another file in /etc/traefik/dynamic has one of that name, which comes first';

/** Null: it is in use. */
function complaint(found: JsonObject | undefined): string | null {
  if (found === undefined) return 'Traefik does not have it';
  const { status, error } = found;
  if (status === 'enabled') return null;
  return Array.isArray(error) && error.length > 0 ? error.join('; ') : `it is ${String(status)}`;
}

function sameRouter(declared: JsonObject, found: JsonObject): boolean {
  return declared['rule'] === found['rule'] && declared['service'] === found['service'];
}

function sameServers(declared: JsonObject, found: JsonObject): boolean {
  const urls = (service: JsonObject) => {
    const { servers = [] } = section(service['loadBalancer']);
    return JSON.stringify((servers as readonly JsonObject[]).map(({ url }) => url));
  };
  return urls(declared) === urls(found);
}

function sameKind(declared: JsonObject, found: JsonObject): boolean {
  return Object.keys(declared).every((kind) => Object.hasOwn(found, kind));
}

/** The names in the rules of a dynamic configuration, but for those of routers that are not served. */
export function hostsIn(dynamic: JsonObject, unserved: ReadonlySet<string> = new Set()): string[] {
  const routers = Object.entries(section(section(dynamic['http'])['routers']));
  const hosts = routers.flatMap(([name, router]) => {
    const rule = parseRule(String(section(router)['rule'] ?? ''));
    return unserved.has(name) || 'fault' in rule ? [] : rule.hosts;
  });
  return [...new Set(hosts)].sort();
}
