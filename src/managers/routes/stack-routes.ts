// Derives the routes that stacks declare by labels. The proxy is another machine and cannot reach container networks, so each route goes to the VMs
// that run the stack, at the ports that the compose file publishes there.

import { knownVariables } from '../../compose/interpolation.ts';
import { projectName } from '../../compose/project.ts';
import type { Diagnostic } from '../../config/diagnostic.ts';
import type { JsonObject } from '../../model/json.ts';
import { outOfUse } from '../../traefik/refused.ts';
import { parseRule } from '../../traefik/rule.ts';
import type { Config } from '../config.ts';
import type { Stack } from '../stack/declared.ts';
import type { VmGuest } from '../vm/declared.ts';
import { backendOf } from './backend.ts';
import { checkWithTraefik } from './check-with-traefik.ts';
import { type Container, containersOf, type Where } from './containers.ts';
import { forTheProxy } from './docker-names.ts';
import type { LabelledRoute } from './entry-points.ts';
import { type DeclaredRouter, provided, RULE_HINT, type Said, section } from './provider.ts';
import { references } from './references.ts';
import { type Backend, isNamed, type NamedService } from './route.ts';

export interface StackRoutes {
  readonly routes: readonly LabelledRoute[];
  /** By the name that routes use for them. */
  readonly middlewares: ReadonlyMap<string, JsonObject>;
  /** Services that middlewares refer to, by the same names. */
  readonly services: ReadonlyMap<string, Backend>;
  /** Where each of these middlewares and services, or one of its fields, is written. */
  readonly places: Places;
  readonly diagnostics: readonly Diagnostic[];
}

/** By `middleware NAME` or `service NAME`, with the names that routes use. */
export type Places = ReadonlyMap<string, (field: readonly string[]) => Where>;

/** The routes of one environment of a stack on the VMs that use it; without VMs they are unreachable. */
function stackRoutes(stack: Stack, environment: string, vms: readonly VmGuest[], domain: string): StackRoutes {
  const declared = stack.environments[environment];
  if (declared === undefined)
    return { routes: [], middlewares: new Map(), services: new Map(), places: new Map(), diagnostics: [] };
  const scope = environment === 'production' ? stack.name : `${stack.name}-${environment}`;
  const variables = knownVariables(declared.variables);
  const read = containersOf(stack, declared);
  const said = provided(read.containers, projectName(stack.name), domain);
  const backends = new Map<string, Backend>();
  const diagnostics = [...read.diagnostics, ...said.diagnostics];
  for (const [name, service] of said.services) {
    const found = backendOf(name, service, stack.compose, vms, variables);
    diagnostics.push(...found.diagnostics);
    if (found.backend !== null) backends.set(name, found.backend);
  }
  const { resolve, broken, diagnostics: missing } = references(said, backends);
  diagnostics.push(...missing);
  const { file, refusals, diagnostics: unfit } = checkWithTraefik(said, backends, resolve);
  diagnostics.push(...unfit.filter((each) => !isToldAlready(each, diagnostics)));
  const out = outOfUse(file, [...refusals, ...broken]);
  const isOut = (kind: string, name: string) => out.has(`${kind}/${name}`);
  const own = (mention: string) => (mention.includes('@') ? mention : `${scope}-${mention}`);
  const middlewares = new Map(
    [...said.middlewares]
      .filter(([name]) => !isOut('middlewares', name))
      .map(([name, said]) => [own(name), renamed(withAddress(name, said, resolve.middleware(said.value)), own)]),
  );
  const hosts = new Map<string, readonly string[]>();
  const routes = [...said.routers].flatMap(([name, router]): LabelledRoute[] => {
    if (router.service === null || isOut('routers', name)) return [];
    const backend = backendFor(router.service);
    if (backend === null) return [];
    const route = routeOf(name, router, backend);
    hosts.set(name, route.hosts);
    if (router.isDefault) diagnostics.push(byDefault(router, name, route.hosts));
    return [route];
  });
  const services = new Map(
    [...backends.keys()].flatMap((name) => {
      const backend = isOut('services', name) ? null : backendFor(name);
      if (backend === null || isNamed(backend)) return [];
      const [host = null] = [...said.routers].flatMap(([by, { service }]) =>
        service === name ? (hosts.get(by) ?? []) : [],
      );
      return [[`${own(name)}-errors`, withName(backend, host)] as const];
    }),
  );
  const places = new Map([
    ...[...said.middlewares].map(([name, element]) => placed(`middleware ${own(name)}`, 'middlewares', name, element)),
    ...[...said.services].map(([name, element]) => placed(`service ${own(name)}-errors`, 'services', name, element)),
  ]);
  return { routes, middlewares, services, places, diagnostics };

  function placed(element: string, section: string, name: string, { containers: [container] }: Said) {
    return [element, (field: readonly string[]) => container.where(['http', section, name, ...field])] as const;
  }

  /** A forwardAuth middleware that names a service of the stack uses the VM's published port. */
  function withAddress(name: string, element: Said, value: JsonObject): JsonObject {
    const { address } = section(value['forwardAuth']);
    if (typeof address !== 'string') return value;
    const found = forTheProxy(address, stack.compose, vms, variables);
    if ('url' in found) return { ...value, forwardAuth: { ...section(value['forwardAuth']), address: found.url } };
    const message = `the proxy does not reach ${address}, which middleware ${name} asks: ${found.obstacle}`;
    const where = element.containers[0].where(['http', 'middlewares', name, 'forwardAuth', 'address']);
    diagnostics.push({ code: 'NO_ROUTE', message, hint: ADDRESS_HINT, ...where });
    return value;
  }

  function backendFor(mention: string): Backend | NamedService | null {
    const service = resolve.service(mention);
    if (service === null || service.includes('@')) return service === null ? null : { named: service };
    const backend = backends.get(service);
    return backend === undefined
      ? null
      : { ...backend, middlewares: backend.middlewares.map((each) => own(resolve.name(each))) };
  }

  function routeOf(name: string, router: DeclaredRouter, backend: Backend | NamedService): LabelledRoute {
    const { value, isDefault, containers } = router;
    const rule = String(value['rule']);
    const isOld = value['ruleSyntax'] === 'v2';
    const parsed = parseRule(rule, isOld ? 'v2' : 'v3');
    const hosts = 'fault' in parsed ? [] : parsed.hosts;
    const called = isDefault ? containers[0].service : name;
    return {
      name: called === scope ? called : `${scope}-${called}`,
      rule,
      ruleSyntax: isOld ? 'v2' : null,
      hosts,
      priority: (value['priority'] ?? null) as number | null,
      observability: (value['observability'] ?? null) as JsonObject | null,
      middlewares: ((value['middlewares'] ?? []) as readonly string[]).map((each) => own(resolve.name(each))),
      backend: isNamed(backend) ? backend : withName(backend, hosts[0] ?? null),
      source: `stack ${stack.name}`,
      entryPoints: (value['entryPoints'] ?? []) as readonly string[],
      hasTls: value['tls'] !== undefined,
      ...containers[0].where(['http', 'routers', name, 'rule']),
    };
  }
}

/** Sets the expected certificate name of an `https` backend. */
function withName(backend: Backend, host: string | null): Backend {
  return backend.scheme === 'https' ? { ...backend, serverName: host } : backend;
}

const ADDRESS_HINT = 'Publish it by "ports" and name it by the address of the VM, or by a name that leads there.';

/** Replaces references by the global names of the referenced elements. */
function renamed(middleware: JsonObject, own: (mention: string) => string): JsonObject {
  const { chain, errors } = middleware;
  const inner = section(chain)['middlewares'] as readonly string[] | undefined;
  const service = section(errors)['service'] as string | undefined;
  return {
    ...middleware,
    ...(inner === undefined ? {} : { chain: { middlewares: inner.map(own) } }),
    ...(service === undefined || service.includes('@')
      ? {}
      : { errors: { ...section(errors), service: `${own(service)}-errors` } }),
  };
}

/** Doubled dollar signs in phoenix.json are reported once. */
function isToldAlready({ message, at }: Diagnostic, diagnostics: readonly Diagnostic[]): boolean {
  const isSame = (other: Diagnostic) =>
    other.code === 'DOLLAR_SIGNS' && other.at.path === at.path && other.at.file === at.file;
  return message.includes('$$') && diagnostics.some(isSame);
}

/** NO_ROUTE: the host name is a default that nobody declared. */
function byDefault(router: Said, name: string, hosts: readonly string[]): Diagnostic {
  const [container]: readonly [Container, ...Container[]] = router.containers;
  const message = `service ${container.service} says no rule and is reached as ${hosts.join(', ')}, as Traefik names what has none`;
  return { code: 'NO_ROUTE', message, hint: RULE_HINT, ...container.where(['http', 'routers', name]) };
}

/** Every environment of every stack, with the VMs that use it. */
export function allStackRoutes(config: Config): (StackRoutes & { readonly isRun: boolean; readonly source: string })[] {
  return [...config.stacks.values()].flatMap((stack) =>
    Object.keys(stack.environments).map((environment) => {
      const vms = config.vm.filter((vm) =>
        vm.stacks.some((use) => use.name === stack.name && use.environment === environment),
      );
      const result = stackRoutes(stack, environment, vms, config.hypervisor.domain);
      return { ...result, isRun: vms.length > 0, source: `stack ${stack.name} (${environment})` };
    }),
  );
}
