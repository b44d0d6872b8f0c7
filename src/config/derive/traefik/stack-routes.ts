// The ways through the proxy that stacks ask for by their labels. The proxy is another machine and sees no containers, so each
// leads to the VMs that run the stack, at the ports that the compose file publishes there.

import type { JsonObject } from '../../../model/json.ts';
import { outOfUse, type Refusal, refused } from '../../../traefik/refused.ts';
import { parseRule } from '../../../traefik/rule.ts';
import { projectName } from '../../compose/project.ts';
import type { Config, VmGuest } from '../../config.ts';
import type { Stack } from '../../config-services.ts';
import type { Finding } from '../../rules/rule.ts';
import { asService, backendOf } from './backend.ts';
import { type Container, containersOf, type Where } from './containers.ts';
import { forTheProxy } from './docker-names.ts';
import type { LabelledRoute } from './entry-points.ts';
import { type Provided, provided, RULE_HINT, type Said, type SaidRouter, section } from './provider.ts';
import { references } from './references.ts';
import type { Backend, NamedService } from './route.ts';
import { stripSecrets } from './variables.ts';

export interface StackRoutes {
  readonly routes: readonly LabelledRoute[];
  /** By the name under which routes mention them. */
  readonly middlewares: ReadonlyMap<string, JsonObject>;
  /** Those that middlewares mention, likewise. */
  readonly services: ReadonlyMap<string, Backend>;
  readonly findings: readonly Finding[];
}

/** Those of one environment of a stack on the VMs that use it; without VMs they lead nowhere yet. */
function stackRoutes(stack: Stack, environment: string, vms: readonly VmGuest[], domain: string): StackRoutes {
  const declared = stack.environments[environment];
  if (declared === undefined) return { routes: [], middlewares: new Map(), services: new Map(), findings: [] };
  const scope = environment === 'production' ? stack.name : `${stack.name}-${environment}`;
  const variables = stripSecrets(declared.variables);
  const read = containersOf(stack, declared);
  const said = provided(read.containers, projectName(stack.name), domain);
  const backends = new Map<string, Backend>();
  const findings = [...read.findings, ...said.findings];
  for (const [name, service] of said.services) {
    const found = backendOf(name, service, stack.compose, vms, variables);
    findings.push(...found.findings);
    if (found.backend !== null) backends.set(name, found.backend);
  }
  const { resolve, broken, findings: missing } = references(said, backends);
  findings.push(...missing);
  const judged = dynamicOf(said, backends, resolve);
  const refusals = refused(judged);
  findings.push(...refusals.map((refusal) => told(refusal, said)).filter((each) => !isToldAlready(each, findings)));
  const out = outOfUse(judged, [...refusals, ...broken]);
  const isOut = (kind: string, name: string) => out.has(`${kind}/${name}`);
  const own = (mention: string) => (mention.includes('@') ? mention : `${scope}-${mention}`);
  const middlewares = new Map(
    [...said.middlewares]
      .filter(([name]) => !isOut('middlewares', name))
      .map(([name, said]) => [own(name), renamed(withAddress(name, said, resolve.middleware(said.value)), own)]),
  );
  const services = new Map(
    [...backends]
      .filter(([name]) => !isOut('services', name))
      .map(([name, backend]) => [`${own(name)}-errors`, backend]),
  );
  const routes = [...said.routers].flatMap(([name, router]): LabelledRoute[] => {
    if (router.service === null || isOut('routers', name)) return [];
    const backend = backendFor(router.service);
    if (backend === null) return [];
    const route = routeOf(name, router, backend);
    if (router.isDefault) findings.push(byDefault(router, name, route.hosts));
    return [route];
  });
  return { routes, middlewares, services, findings };

  /** Who asks a service of the stack whether a request may pass asks it where the VM publishes it. */
  function withAddress(name: string, element: Said, value: JsonObject): JsonObject {
    const { address } = section(value['forwardAuth']);
    if (typeof address !== 'string') return value;
    const found = forTheProxy(address, stack.compose, vms, variables);
    if ('url' in found) return { ...value, forwardAuth: { ...section(value['forwardAuth']), address: found.url } };
    const message = `the proxy does not reach ${address}, which middleware ${name} asks: ${found.obstacle}`;
    const where = whereSaid(element, ['http', 'middlewares', name, 'forwardAuth', 'address']);
    findings.push({ code: 'NO_ROUTE', message, hint: ADDRESS_HINT, ...where });
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

  function routeOf(name: string, router: SaidRouter, backend: Backend | NamedService): LabelledRoute {
    const { value, isDefault, containers } = router;
    const rule = String(value['rule']);
    const isOld = value['ruleSyntax'] === 'v2';
    const parsed = parseRule(rule, isOld ? 'v2' : 'v3');
    const hosts = 'fault' in parsed ? [] : parsed.hosts;
    const called = isDefault ? containers[0].service : name;
    const isTls = 'scheme' in backend && backend.scheme === 'https';
    return {
      name: called === scope ? called : `${scope}-${called}`,
      rule,
      ruleSyntax: isOld ? 'v2' : null,
      hosts,
      priority: (value['priority'] ?? null) as number | null,
      observability: (value['observability'] ?? null) as JsonObject | null,
      middlewares: ((value['middlewares'] ?? []) as readonly string[]).map((each) => own(resolve.name(each))),
      backend: isTls ? { ...backend, serverName: hosts[0] ?? null } : backend,
      source: `stack ${stack.name}`,
      entryPoints: (value['entryPoints'] ?? []) as readonly string[],
      hasTls: value['tls'] !== undefined,
      ...whereSaid(router, ['http', 'routers', name, 'rule']),
    };
  }
}

const ADDRESS_HINT = 'Publish it by "ports" and name it by the address of the VM, or by a name that leads there.';

/** What names others by the names that they have in the whole. */
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

/** As one file by itself, under the names of the labels, for Traefik to judge. */
function dynamicOf(
  { routers, middlewares }: Provided,
  backends: ReadonlyMap<string, Backend>,
  resolve: ReturnType<typeof references>['resolve'],
): JsonObject {
  return {
    http: {
      routers: Object.fromEntries(
        [...routers].map(([name, { value, service }]) => {
          const { tls: _, service: __, ...rest } = resolve.router(value);
          const to = service === null ? null : resolve.service(service);
          return [name, { ...rest, service: to ?? 'noop@internal' }];
        }),
      ),
      services: Object.fromEntries(
        [...backends].map(([name, backend]) => [name, resolve.serviceValue(asService(backend))]),
      ),
      middlewares: Object.fromEntries([...middlewares].map(([name, { value }]) => [name, resolve.middleware(value)])),
    },
  };
}

const WORD = { routers: 'router', services: 'service', middlewares: 'middleware', serversTransports: 'transport' };

/** What Traefik takes out of use is an error; what never does what it is there for, a word. */
function told({ section: kind, name, path, message, hint, disables }: Refusal, said: Provided): Finding {
  const element = kind === 'serversTransports' ? undefined : said[kind].get(name);
  const where: Where | null = element === undefined ? null : whereSaid(element, ['http', kind, name, ...path]);
  return {
    code: disables ? 'INVALID_VALUE' : 'NO_EFFECT',
    message: `${WORD[kind]} ${name}: ${message}`,
    ...(hint === undefined ? {} : { hint }),
    ...(where ?? { at: { file: '', path: '' } }),
  };
}

/** Two dollar signs of phoenix.json are told once. */
function isToldAlready({ message, at }: Finding, findings: readonly Finding[]): boolean {
  const isSame = (other: Finding) =>
    other.code === 'DOLLAR_SIGNS' && other.at.path === at.path && other.at.file === at.file;
  return message.includes('$$') && findings.some(isSame);
}

function whereSaid({ containers: [first] }: Said, path: readonly string[]): Where {
  return first.where(path);
}

/** NO_ROUTE: a name that nobody chose. */
function byDefault(router: Said, name: string, hosts: readonly string[]): Finding {
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
