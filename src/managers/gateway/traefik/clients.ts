// Client addresses for middlewares that depend on them. Behind the gateway, every request comes from the gateway's address, so an allow-list would
// accept everybody or nobody, and all clients would share one rate limit. The client's address is the one that the gateway reports.

import type { Json, JsonObject } from '../../../model/json.ts';
import { section, texts } from '../../../traefik/read.ts';

/** For each kind of middleware, its settings for the source address, unless it uses another criterion. */
const BY_ADDRESS: Readonly<Record<string, (settings: JsonObject) => JsonObject>> = {
  ipAllowList: behindGateway,
  ipWhiteList: behindGateway,
  rateLimit: (settings) => {
    const criterion = section(settings['sourceCriterion']);
    return Object.keys(criterion).length > 0 ? settings : { ...settings, sourceCriterion: behindGateway(criterion) };
  },
};

/** Uses the last address of X-Forwarded-For, which the gateway writes, whatever was there before. */
function behindGateway(settings: JsonObject): JsonObject {
  return settings['ipStrategy'] === undefined ? { ...settings, ipStrategy: { depth: 1 } } : settings;
}

/**
 * Pure. A dynamic configuration in which routers at `web`, whose requests come from the gateway, use the address of the gateway's client; those at
 * `websecure` use the address of the connection, through a separate middleware where both need one.
 */
export function byClient(dynamic: JsonObject): JsonObject {
  const http = section(dynamic['http']);
  const middlewares = section(http['middlewares']);
  const touched = touchedBy(middlewares);
  if (touched.size === 0) return dynamic;
  const direct = (name: string): string => (touched.has(name) ? freeName(`${name}-direct`, middlewares) : name);
  const needed = new Set<string>();
  const routers = Object.entries(section(http['routers'])).map(([name, each]): [string, Json] => {
    const router = section(each);
    const through = texts(router['middlewares']);
    if (!texts(router['entryPoints']).includes('websecure') || !through.some((one) => touched.has(one)))
      return [name, router];
    for (const one of through) if (touched.has(one)) needed.add(one);
    return [name, { ...router, middlewares: through.map(direct) }];
  });
  // Iterating a Set visits elements added during iteration.
  for (const name of needed) for (const inner of chained(middlewares[name])) if (touched.has(inner)) needed.add(inner);
  const all = Object.entries(middlewares).flatMap(([name, each]): [string, Json][] => [
    [name, settled(section(each))],
    ...(needed.has(name) ? [[direct(name), renamed(section(each), direct)] as [string, Json]] : []),
  ]);
  return { ...dynamic, http: { ...http, routers: Object.fromEntries(routers), middlewares: Object.fromEntries(all) } };
}

function freeName(name: string, taken: JsonObject): string {
  return Object.hasOwn(taken, name) ? freeName(`${name}-direct`, taken) : name;
}

/** Middlewares that depend on an address, and chains that contain one. */
function touchedBy(middlewares: JsonObject): ReadonlySet<string> {
  const touched = new Set(
    Object.keys(middlewares).filter((name) => {
      const middleware = section(middlewares[name]);
      return JSON.stringify(settled(middleware)) !== JSON.stringify(middleware);
    }),
  );
  for (let before = -1; before !== touched.size; ) {
    before = touched.size;
    for (const [name, each] of Object.entries(middlewares))
      if (chained(each).some((inner) => touched.has(inner))) touched.add(name);
  }
  return touched;
}

function settled(middleware: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(middleware).map(([kind, settings]) => [kind, BY_ADDRESS[kind]?.(section(settings)) ?? settings]),
  );
}

function chained(middleware: Json | undefined): readonly string[] {
  return texts(section(section(middleware)['chain'])['middlewares']);
}

function renamed(middleware: JsonObject, direct: (name: string) => string): JsonObject {
  const names = chained(middleware);
  return names.length === 0 ? middleware : { ...middleware, chain: { middlewares: names.map(direct) } };
}
