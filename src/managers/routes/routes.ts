// Derives every route through the proxy: from guests' `traefik_service`, from stacks' labels, and for Portainer's own name. Each name has one owner.
// A stack's labels take precedence; if the VM that runs the stack declares the same name itself, that gives the address, and the labels everything
// else.

import { fixedAddress, spelling } from '../../config/address.ts';
import type { Diagnostic } from '../../config/diagnostic.ts';
import { placeIn } from '../../config/read/place.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Certificate } from '../certificate/declared.ts';
import type { Config, Guest } from '../config.ts';
import { allGuests, targetOf } from '../guest/guests.ts';
import { guestPathOf } from '../guest/mounted-paths.ts';
import { isTwin, type LabelledRoute, serving } from './entry-points.ts';
import { type Backend, isNamed, type Route } from './route.ts';
import { allStackRoutes, type Places } from './stack-routes.ts';

export interface Routes {
  /** Sorted by name; names are unique. */
  readonly routes: readonly Route[];
  readonly middlewares: ReadonlyMap<string, JsonObject>;
  /** Services that middlewares refer to. */
  readonly services: ReadonlyMap<string, Backend>;
  /** Where these middlewares and services are written. */
  readonly places: Places;
  /** Names that stacks declare, including stacks that no VM runs. */
  readonly names: readonly AskedName[];
  /** Faults of labels, and rules that two routes share. */
  readonly diagnostics: readonly Diagnostic[];
}

interface AskedName extends Pick<Diagnostic, 'at' | 'position'> {
  readonly name: string;
  /** The stack with its environment, for messages. */
  readonly source: string;
  /** Whether a VM runs it and the proxy serves it. */
  readonly isServed: boolean;
}

const known = new WeakMap<Config, Routes>();

/** The only place that evaluates labels: everything that needs a name or route uses it. */
export function routesOf(config: Config): Routes {
  const before = known.get(config);
  if (before !== undefined) return before;
  const routes = derived(config);
  known.set(config, routes);
  return routes;
}

function derived(config: Config): Routes {
  const stacks = allStackRoutes(config);
  const middlewares = new Map(stacks.flatMap((each) => [...each.middlewares]));
  const run = stacks.filter(({ isRun }) => isRun);
  const asked = run.flatMap(({ routes }) => routes);
  const placed = asked.filter(({ backend }) => isNamed(backend) || backend.servers.length > 0);
  const lost = asked.filter((route) => !placed.includes(route)).map(withoutAddress);
  const { routes: labelled, diagnostics: shared } = unshared(serving(placed, middlewares));
  const offered = offers(config);
  const byHost = new Map(offered.map((route) => [route.hosts[0], route]));
  const taken = new Set(labelled.flatMap(({ hosts }) => hosts));
  const merged = labelled.map(({ entryPoints: _, hasTls: __, ...route }): Route => {
    const same = route.hosts.length === 1 ? byHost.get(route.hosts[0]) : undefined;
    if (same === undefined || isNamed(route.backend) || isNamed(same.backend)) return route;
    if (!isSameMachine(route.backend, same.backend)) return route;
    const { settings, weight, transport, middlewares: ways } = route.backend;
    return { ...route, backend: { ...same.backend, settings, weight, transport, middlewares: ways } };
  });
  const own = offered.filter(({ hosts }) => !hosts.some((host) => taken.has(host)));
  const names = stacks.flatMap(({ routes, source, isRun }) =>
    routes.flatMap(({ hosts, at, position }) =>
      hosts.map((name) => ({
        name,
        source,
        at,
        ...(position === undefined ? {} : { position }),
        isServed: isRun && taken.has(name),
      })),
    ),
  );
  return {
    routes: withUniqueNames([...merged, ...own]),
    middlewares,
    services: new Map(run.flatMap(({ services }) => [...services])),
    places: new Map(stacks.flatMap(({ places }) => [...places])),
    names,
    diagnostics: once([...stacks.flatMap((each) => each.diagnostics), ...lost, ...shared]),
  };
}

/** NO_ROUTE: a route needs a fixed address. */
function withoutAddress({ rule, source, at, position }: LabelledRoute): Diagnostic {
  const message = `nothing leads to ${rule}: no VM that runs ${source} has a fixed address`;
  const hint = 'Write the address of the VM in its network_config.';
  return { code: 'NO_ROUTE', message, hint, at, ...(position === undefined ? {} : { position }) };
}

/** Faults of a compose file are found once for each environment. */
function once(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...new Map(diagnostics.map((each) => [JSON.stringify([each.code, each.at, each.message]), each])).values()];
}

/** Routes for guests' services, without those of the proxy and the gateway, which would form a loop. */
function offers(config: Config): Route[] {
  const { domain, portainer, network } = config.hypervisor;
  const routes: Route[] = [];
  const offered = new Set<string>();
  const offer = (guest: Guest, name: string, host: string, scheme: 'http' | 'https', port: number): void => {
    const address = fixedAddress(guest.network.ip);
    if (address === null || offered.has(host)) return;
    offered.add(host);
    routes.push({
      name,
      rule: `Host(\`${host}\`)`,
      ruleSyntax: null,
      hosts: [host],
      priority: null,
      observability: null,
      middlewares: [],
      backend: {
        scheme,
        servers: [{ address: spelling(address), port }],
        serverName: scheme === 'https' ? serverName(config, guest, host) : null,
        settings: {},
        preservePath: false,
        weight: null,
        transport: null,
        middlewares: [],
      },
      source: `${targetOf(guest)}`,
      at: placeIn(guest.writtenAt, 'traefik_service'),
    });
  };
  for (const guest of allGuests(config)) {
    const service = guest.traefikService;
    if (service === null || (guest.kind === 'lxc' && (guest.role === 'proxy' || guest.role === 'gateway'))) continue;
    const host = `${service.name}.${domain}`.toLowerCase();
    // An agent is contacted directly, and only by Portainer.
    const isAgent =
      guest.kind === 'vm' &&
      guest.portainer.role === 'agent' &&
      (service.port === network.portainerAgentPort || guest.portainer.agentHostname?.toLowerCase() === host);
    if (!isAgent) offer(guest, service.name.toLowerCase(), host, service.scheme, service.port);
  }
  const server = config.vm.find((vm) => vm.portainer.role === 'primary');
  const hostname = portainer?.hostname?.toLowerCase();
  if (server !== undefined && hostname !== undefined) {
    const { scheme = 'https', port = 9443 } = server.traefikService ?? {};
    offer(server, 'portainer', hostname, scheme, port);
  }
  return routes;
}

/** The expected certificate name of a guest: the name of the route, unless the guest has another certificate. */
function serverName(config: Config, guest: Guest, host: string): string {
  const { stepCa } = config.hypervisor;
  if (guest.kind === 'lxc' && guest.role === 'ca' && stepCa !== null) return stepCa.dnsName;
  const own = config.certificates.filter(({ certPath }) => guestPathOf(guest, certPath) !== null);
  if (own.length === 0 || own.some((certificate) => covers(certificate, host))) return host;
  return own[0]?.commonName ?? host;
}

/** Whether a certificate covers a name; `*` stands for one label. */
export function covers({ sans }: Pick<Certificate, 'sans'>, name: string): boolean {
  return sans.some((each) => {
    const san = each.toLowerCase();
    return (
      san === name || (san.startsWith('*.') && name.includes('.') && name.slice(name.indexOf('.')) === san.slice(1))
    );
  });
}

function isSameMachine(a: Backend, b: Backend): boolean {
  const addressIn = ({ servers: [server] }: Backend) =>
    server !== undefined && 'address' in server ? server.address : null;
  return a.servers.length === 1 && addressIn(a) !== null && addressIn(a) === addressIn(b);
}

/** DUPLICATE_SERVICE: two routers match the same requests, so that the choice would be arbitrary. */
function unshared(routes: readonly LabelledRoute[]) {
  const seen = new Map<string, LabelledRoute>();
  const diagnostics: Diagnostic[] = [];
  const left = routes.filter((route) => {
    const key = JSON.stringify([route.rule.replaceAll(/\s+/g, '').toLowerCase(), route.priority, route.ruleSyntax]);
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, route);
      return true;
    }
    if (isTwin(first, route)) return false;
    const message = `${route.rule} is also the rule of a router of ${first.source}`;
    const isParted =
      route.entryPoints.length > 0 && !route.entryPoints.some((name) => first.entryPoints.includes(name));
    const hint = isParted
      ? 'All clients come by one entry point, over TLS: set tls=true on the router for them alone, or take the other out.'
      : 'Give one of them another name or rule.';
    const { at, position } = route;
    diagnostics.push({ code: 'DUPLICATE_SERVICE', message, hint, at, ...(position === undefined ? {} : { position }) });
    return true;
  });
  return { routes: left, diagnostics };
}

/** The routes with unique names, sorted by name. */
function withUniqueNames(routes: readonly Route[]): Route[] {
  const taken = new Set<string>();
  return routes
    .map((route) => {
      let name = route.name;
      for (let count = 2; taken.has(name); count += 1) name = `${route.name}-${count}`;
      taken.add(name);
      return { ...route, name };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
