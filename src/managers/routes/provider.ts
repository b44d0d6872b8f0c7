// Reproduces Traefik's Docker provider (pkg/provider/docker/config.go, pkg/provider/configuration.go and merge.go): default services, routers without
// a rule or service, and elements that several containers declare.

import type { Diagnostic } from '../../config/diagnostic.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { Container } from './containers.ts';

/** An element of the dynamic configuration, declared by labels. */
export interface Said {
  readonly value: JsonObject;
  /** The containers that declare it, in order. */
  readonly containers: readonly [Container, ...Container[]];
}

export interface DeclaredRouter extends Said {
  /** Null where it is ambiguous. */
  readonly service: string | null;
  /** Whether it has Traefik's default rule. */
  readonly isDefault: boolean;
}

export interface Provided {
  readonly routers: ReadonlyMap<string, DeclaredRouter>;
  readonly services: ReadonlyMap<string, Said>;
  readonly middlewares: ReadonlyMap<string, Said>;
  readonly diagnostics: readonly Diagnostic[];
}

/** `project`: name of the compose project. `domain`: parent domain of services without a rule. */
export function provided(containers: readonly Container[], project: string, domain: string): Provided {
  const routers = new Map<string, DeclaredRouter>();
  const services = new Map<string, Said>();
  const middlewares = new Map<string, Said>();
  const conflicts: (() => void)[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const container of containers) addContainer(container);
  for (const leaveOut of conflicts) leaveOut();
  return { routers, services, middlewares, diagnostics };

  function addContainer(container: Container): void {
    diagnostics.push(...otherProtocols(container), ...withoutEffect(container));
    const http = section(container.decoded.dynamic['http']);
    const names = Object.keys(section(http['services']));
    const routed = isRouted(http, container);
    const own = normalized(`${container.service}_${project}`);
    const declared = names.length === 0 ? [[own, { loadBalancer: {} }] as const] : entriesOf(http, 'services');
    const offered = routed ? declared : [];
    for (const [name, value] of offered) add(services, 'services', name, { value }, container);
    for (const [name, value] of entriesOf(http, 'middlewares'))
      add(middlewares, 'middlewares', name, { value }, container);
    if (!routed) return;
    for (const [name, router] of routersOf(http, container, own, offered)) {
      const isDefault = typeof router['rule'] !== 'string' || router['rule'] === '';
      const value = isDefault ? { ...router, rule: `Host(\`${own}.${domain}\`)` } : router;
      const service = serviceOf(router, offered);
      if (service === null) diagnostics.push(withoutService(name, container, offered));
      add(routers, 'routers', name, { value, service, isDefault }, container);
    }
  }

  /** Repeated declarations must be equal; services of the same name share the load. */
  function add<Value extends { readonly value: JsonObject }>(
    all: Map<string, Value & Said>,
    kind: 'routers' | 'services' | 'middlewares',
    name: string,
    said: Value,
    container: Container,
  ): void {
    const known = all.get(name);
    if (known === undefined) {
      all.set(name, { ...said, containers: [container] });
      return;
    }
    if (comparableText(known, kind) === comparableText(said, kind)) {
      all.set(name, { ...known, containers: [...known.containers, container] });
      return;
    }
    conflicts.push(() => all.delete(name));
    const message = `${kind.slice(0, -1)} ${name} stands at service ${known.containers[0].service} too, and says something else there`;
    const hint = 'Traefik would leave out both. Give one another name.';
    diagnostics.push({ code: 'DUPLICATE_SERVICE', message, hint, ...container.where(['http', kind, name]) });
  }

  function routersOf(
    http: JsonObject,
    container: Container,
    own: string,
    offered: readonly (readonly [string, JsonObject])[],
  ): readonly (readonly [string, JsonObject])[] {
    const said = entriesOf(http, 'routers');
    if (said.length > 0) return said;
    if (offered.length <= 1) return [[own, {}]];
    const message = `service ${container.service} has no router, and Traefik makes none for one with several services: ${namesIn(offered)}`;
    diagnostics.push({ code: 'NO_ROUTE', message, hint: RULE_HINT, ...container.where(['http', 'services']) });
    return [];
  }
}

/** Whether it has routers: its labels enable Traefik, for more than TCP or UDP alone, or declare a service or router of HTTP. */
function isRouted(http: JsonObject, { decoded }: Container): boolean {
  const isForOthers = Object.keys(http).length === 0 && ['tcp', 'udp'].some((each) => each in decoded.dynamic);
  if (decoded.enabled === true && !isForOthers) return true;
  return ['services', 'routers'].some((each) => Object.keys(section(http[each])).length > 0);
}

/** The service that a router names, or else the only one of its container; null when there are several. */
function serviceOf(router: JsonObject, offered: readonly (readonly [string, JsonObject])[]): string | null {
  if (typeof router['service'] === 'string' && router['service'] !== '') return router['service'];
  const [only, ...others] = offered;
  return others.length === 0 ? (only?.[0] ?? null) : null;
}

export const RULE_HINT = 'Add the label traefik.http.routers.NAME.rule=Host(`name`).';

function withoutService(
  name: string,
  container: Container,
  offered: readonly (readonly [string, JsonObject])[],
): Diagnostic {
  const message = `router ${name} must say which service it leads to: ${namesIn(offered)}`;
  const hint = `Add the label traefik.http.routers.${name}.service=…`;
  return { code: 'INVALID_VALUE', message, hint, ...container.where(['http', 'routers', name]) };
}

const namesIn = (entries: readonly (readonly [string, JsonObject])[]): string =>
  entries.map(([name]) => name).join(', ');

/** A diagnostic for each router of another protocol, or for a service without a router. */
function otherProtocols(container: Container): Diagnostic[] {
  return (['tcp', 'udp'] as const).flatMap((protocol): Diagnostic[] => {
    const said = section(container.decoded.dynamic[protocol]);
    const kind = Object.keys(section(said['routers'])).length > 0 ? 'routers' : 'services';
    const names = Object.keys(section(said[kind]));
    return names.map((name): Diagnostic => {
      const message = `${kind.slice(0, -1)} ${name} is for ${protocol.toUpperCase()}: the proxy has entry points for HTTP alone`;
      const hint = 'Publish the port by "ports", let clients go to the VM itself, and take these labels out.';
      return { code: 'INVALID_VALUE', message, hint, ...container.where([protocol, kind, name]) };
    });
  });
}

/** NO_EFFECT: elements that Traefik does not accept from labels. */
function withoutEffect(container: Container): Diagnostic[] {
  const { http, tls } = container.decoded.dynamic;
  const found = [
    ...(section(http)['models'] === undefined ? [] : [['http', 'models']]),
    ...(tls === undefined ? [] : [['tls', 'stores']]),
  ];
  return found.map((path) => {
    const message = `${path.join('.')} of service ${container.service} says nothing here: TLS ends at the gateway, and entry points are the proxy's`;
    return { code: 'NO_EFFECT', message, ...container.where(path) };
  });
}

/** Normalises a name with special characters as Traefik does. */
function normalized(name: string): string {
  return name
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .join('-');
}

/** The part on which two containers must agree: all but a service's servers. */
function comparableText(said: { readonly value: JsonObject }, kind: string): string {
  if (kind !== 'services') return canonical({ ...said, containers: null });
  const { servers: _, ...settings } = section(said.value['loadBalancer']);
  return canonical({ ...said.value, loadBalancer: settings });
}

function canonical(value: object): string {
  return JSON.stringify(value, (_key, each) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

export function section(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function entriesOf(http: JsonObject, kind: string): [string, JsonObject][] {
  return Object.entries(section(http[kind])).map(([name, value]) => [name, section(value)]);
}
