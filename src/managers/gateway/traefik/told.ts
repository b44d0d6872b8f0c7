// What Traefik tells by its API about the configuration that it has taken over.

import type { Json, JsonObject } from '../../../model/json.ts';
import { parseRule } from '../../../traefik/rule.ts';

export interface Told {
  /** Routers that are not in use, with Traefik's own words. Names without their provider. */
  readonly refused: readonly { readonly router: string; readonly why: string }[];
  readonly middlewares: ReadonlySet<string>;
}

/** Reads the answer of `/api/rawdata`, which is one line of JSON; null for anything else. */
export function readTold(lines: readonly string[]): Told | null {
  const line = lines.find((each) => each.startsWith('{'));
  if (line === undefined) return null;
  let value: JsonObject;
  try {
    value = JSON.parse(line) as JsonObject;
  } catch {
    return null;
  }
  const routers = Object.entries(section(value['routers']));
  return {
    refused: routers.flatMap(([name, router]) => {
      const { status, error } = section(router) as { status?: unknown; error?: unknown };
      if (!name.endsWith('@file') || status === 'enabled') return [];
      return [
        { router: withoutProvider(name), why: Array.isArray(error) ? error.join('; ') : `it is ${String(status)}` },
      ];
    }),
    middlewares: new Set(Object.keys(section(value['middlewares'])).map(withoutProvider)),
  };
}

/** The names in the rules of a dynamic configuration. */
export function hostsIn(dynamic: JsonObject): string[] {
  const routers = section(section(dynamic['http'])['routers']);
  const hosts = Object.values(routers).flatMap((router) => {
    const rule = parseRule(String(section(router)['rule'] ?? ''));
    return 'fault' in rule ? [] : rule.hosts;
  });
  return [...new Set(hosts)].sort();
}

function section(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function withoutProvider(name: string): string {
  return name.replace(/@file$/, '');
}
