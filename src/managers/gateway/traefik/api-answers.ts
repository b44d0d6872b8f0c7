// Parses the answers of Traefik's API about the configuration that it has loaded.

import type { Json, JsonObject } from '../../../model/json.ts';
import { section, texts } from '../../../traefik/read.ts';
import { parseRule } from '../../../traefik/rule.ts';
import type { EntryPoint } from './static.ts';

/** The loaded elements, by name without provider. */
export interface LoadedConfiguration {
  readonly routers: ReadonlyMap<string, JsonObject>;
  readonly services: ReadonlyMap<string, JsonObject>;
  readonly middlewares: ReadonlyMap<string, JsonObject>;
  /** Entry points of the running Traefik. */
  readonly entryPoints: readonly EntryPoint[];
}

/** Parses the answers of `/api/rawdata` and `/api/entrypoints`, one line of JSON each; null where they are missing. */
export function readTraefikAnswers(lines: readonly string[]): LoadedConfiguration | null {
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

/** Seconds of a duration as printed by Go, such as `1h0m0s`. */
function seconds(duration: string): number {
  const parts = duration.matchAll(/([\d.]+)(h|ms|m|s|µs|ns)/g);
  return [...parts].reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (UNITS[unit] ?? 0), 0);
}

/** An element of a dynamic configuration that Traefik does not serve as written. */
export interface Refusal {
  readonly kind: 'router' | 'service' | 'middleware';
  readonly name: string;
  /** Traefik's own message, where it has one. */
  readonly why: string;
}

/**
 * Pure: routers that are disabled or partly so, services and middlewares with errors beside those, and elements
 * that it loaded from another file under one of Phoenix's names.
 */
export function refusalsOf(dynamic: JsonObject, loaded: LoadedConfiguration): Refusal[] {
  const http = section(dynamic['http']);
  const users = usersIn(section(http['middlewares']));
  const routers = Object.entries(section(http['routers'])).flatMap(([name, declared]): Refusal[] => {
    const found = loaded.routers.get(name);
    const why = complaint(found) ?? (sameRouter(section(declared), found ?? {}) ? null : ELSEWHERE);
    return why === null ? [] : [{ kind: 'router', name, why }];
  });
  const said = new Set(routers.map(({ why }) => why));
  const others = (['services', 'middlewares'] as const).flatMap((part) =>
    Object.entries(section(http[part])).flatMap(([name, declared]): Refusal[] => {
      const found = loaded[part].get(name);
      const same = part === 'services' ? sameServers : sameKind;
      const why = complaint(found) ?? (same(section(declared), found ?? {}) ? null : ELSEWHERE);
      const kind = part === 'services' ? 'service' : 'middleware';
      return why === null || said.has(why) ? [] : [{ kind, name, why }];
    }),
  );
  return [...routers, ...others].map((each) => ({ ...each, why: maskSecrets(each.why, users) }));
}

/** Users with their password hashes: Traefik repeats those that it cannot parse. */
function usersIn(middlewares: JsonObject): string[] {
  return Object.values(middlewares).flatMap((middleware) =>
    ['basicAuth', 'digestAuth'].flatMap((kind) => texts(section(section(middleware)[kind])['users'])),
  );
}

/** Longer secrets first, since one may contain another. */
function maskSecrets(words: string, secrets: readonly string[]): string {
  const known = secrets.filter((each) => each !== '').sort((a, b) => b.length - a.length);
  return known.reduce((all, each) => all.replaceAll(each, '‹secret›'), words);
}

const ELSEWHERE = 'another file in /etc/traefik/dynamic has one of that name, which comes first';

/** Why an element is not in use; null: it is. */
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

/** The host names in the rules of a dynamic configuration, except for those of routers that are not served. */
export function hostsIn(dynamic: JsonObject, unserved: ReadonlySet<string> = new Set()): string[] {
  const routers = Object.entries(section(section(dynamic['http'])['routers']));
  const hosts = routers.flatMap(([name, router]) => {
    const rule = parseRule(String(section(router)['rule'] ?? ''));
    return unserved.has(name) || 'fault' in rule ? [] : rule.hosts;
  });
  return [...new Set(hosts)].sort();
}
