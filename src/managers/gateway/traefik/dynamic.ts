// Renders Traefik's dynamic configuration: every route as a router, a service and its middlewares. Traefik 3 drops a whole file for one unknown
// field, and reports empty sections as errors, so neither is ever written.

import type { JsonObject } from '../../../model/json.ts';
import type { Config } from '../../config.ts';
import { type Backend, isNamed, type Route } from '../../routes/route.ts';
import { covers, routesOf } from '../../routes/routes.ts';
import { inUrl, type Served } from '../surroundings.ts';

/** Entry points of the static configuration, which the feature `traefik` writes. */
const PLAIN = 'web';
const SECURE = 'websecure';

/**
 * Pure. Clients' TLS ends at the gateway, so every route is at `web`; those whose names are in a certificate of the proxy are at
 * `websecure` too. Backends with TLS are verified against `root`, a file inside the container; null: the system's store.
 */
export function dynamicOf(config: Config, certificates: readonly Served[], root: string | null): JsonObject {
  const { routes, middlewares, services } = routesOf(config);
  const ways = routes.flatMap(({ backend }) => (isNamed(backend) ? [] : backend.middlewares));
  const used = new Set([...routes.flatMap((route) => route.middlewares), ...ways]);
  const errorPages = new Map<string, Backend>();
  // Iterating a Set visits elements added during iteration.
  for (const name of used) {
    const { chain, errors } = (middlewares.get(name) ?? {}) as Naming;
    const pages = services.get(errors?.service ?? '');
    if (errors?.service !== undefined && pages !== undefined) errorPages.set(errors.service, pages);
    for (const inner of [...(chain?.middlewares ?? []), ...(pages?.middlewares ?? [])]) used.add(inner);
  }
  const backends = [...routes.map(({ name, backend }) => [name, backend] as const), ...errorPages];
  const secure = routes.filter(({ hosts }) => hosts.length > 0 && hosts.every((host) => isHeld(host, certificates)));
  return filled({
    http: filled({
      routers: filled(
        Object.fromEntries([
          ...routes.map((route) => [route.name, router(route, PLAIN)] as const),
          ...secure.map((route) => [`${route.name}-secure`, { ...router(route, SECURE), tls: {} }] as const),
        ]),
      ),
      services: filled(
        Object.fromEntries(backends.flatMap(([name, one]) => (isNamed(one) ? [] : [[name, service(name, one)]]))),
      ),
      middlewares: filled(
        Object.fromEntries([...middlewares].filter(([name]) => used.has(name)).sort(([a], [b]) => (a < b ? -1 : 1))),
      ),
      serversTransports: filled(
        Object.fromEntries(
          backends.flatMap(([name, backend]) =>
            isNamed(backend) || backend.serverName === null || backend.transport !== null
              ? []
              : [[name, { serverName: backend.serverName, ...(root === null ? {} : { rootCAs: [root] }) }]],
          ),
        ),
      ),
    }),
    tls: filled({
      certificates:
        certificates.length === 0 ? null : certificates.map(({ chain, key }) => ({ certFile: chain, keyFile: key })),
      // A handshake for a name without a certificate is refused, instead of presenting a self-signed one.
      options: certificates.length === 0 ? null : { default: { minVersion: 'VersionTLS12', sniStrict: true } },
    }),
  });
}

/** Fields of a middleware that may refer to other elements. */
interface Naming {
  readonly chain?: { readonly middlewares?: readonly string[] };
  readonly errors?: { readonly service?: string };
}

function router(route: Route, entryPoint: string): JsonObject {
  const { name, rule, ruleSyntax, priority, observability, middlewares, backend } = route;
  return {
    rule,
    entryPoints: [entryPoint],
    service: isNamed(backend) ? backend.named : name,
    ...(ruleSyntax === null ? {} : { ruleSyntax }),
    ...(middlewares.length === 0 ? {} : { middlewares }),
    ...(priority === null ? {} : { priority }),
    ...(observability === null ? {} : { observability }),
  };
}

function service(name: string, backend: Backend): JsonObject {
  const { scheme, servers, serverName, settings, preservePath, weight, transport, middlewares } = backend;
  const urls = servers.map((server) => ({
    url: 'url' in server ? server.url : `${scheme}://${inUrl(server.address)}:${server.port}`,
    ...(preservePath ? { preservePath } : {}),
    ...(weight === null ? {} : { weight }),
  }));
  const serversTransport = transport ?? (serverName === null ? null : name);
  return {
    ...(middlewares.length === 0 ? {} : { middlewares }),
    loadBalancer: { ...settings, servers: urls, ...(serversTransport === null ? {} : { serversTransport }) },
  };
}

function isHeld(host: string, certificates: readonly Served[]): boolean {
  return certificates.some(({ names }) => covers({ sans: names }, host));
}

/** The section without nulls; null when it is empty. */
function filled(section: Readonly<Record<string, JsonObject | readonly JsonObject[] | null>>): JsonObject {
  return Object.fromEntries(
    Object.entries(section).filter(([, value]) => value !== null && Object.keys(value).length > 0),
  ) as JsonObject;
}
