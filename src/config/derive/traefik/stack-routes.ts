// The ways through the proxy that stacks ask for by their labels. The proxy is another machine and sees no containers, so each
// leads to the VMs that run the stack, at the ports that the compose file publishes there.

import type { JsonObject } from '../../../model/json.ts';
import { parseRule } from '../../../traefik/rule.ts';
import { interpolate } from '../../compose/interpolation.ts';
import type { Config, Place, VmGuest } from '../../config.ts';
import type { Stack, StackEnvironment } from '../../config-services.ts';
import { within } from '../../read/place.ts';
import { fixedAddress, spelling } from '../../rules/network/address.ts';
import type { Finding } from '../../rules/rule.ts';
import { type Labels, parseLabels } from './labels.ts';
import type { Backend, Route } from './route.ts';
import { stripSecrets } from './variables.ts';

export interface StackRoutes {
  readonly routes: readonly Route[];
  /** By the name under which routes mention them. */
  readonly middlewares: ReadonlyMap<string, JsonObject>;
  readonly findings: readonly Finding[];
}

/** Those of one environment of a stack on the VMs that use it; without VMs its labels are only checked. */
function stackRoutes(stack: Stack, environment: string, vms: readonly VmGuest[]): StackRoutes {
  const declared = stack.environments[environment];
  const found = { routes: [] as Route[], middlewares: new Map<string, JsonObject>(), findings: [] as Finding[] };
  if (declared === undefined) return found;
  const scope = environment === 'production' ? stack.name : `${stack.name}-${environment}`;
  const names = new Map<string, string>();
  const services = Object.entries(declared.traefikLabels).map(([service, labels]) => {
    const at = within(declared.writtenAt, 'services', service, 'traefik_labels');
    return { service, at, written: labels, labels: parseLabels(labels) };
  });
  const all = services.flatMap(({ labels }) => (labels.enabled ? Object.keys(labels.middlewares) : []));
  for (const { service, at, written, labels } of services) {
    for (const { index, ...fault } of labels.faults) found.findings.push({ ...fault, at: within(at, index) });
    if (!labels.enabled) continue;
    for (const [name, middleware] of Object.entries(labels.middlewares)) {
      const chained = middleware['chain'] as { readonly middlewares?: readonly string[] } | undefined;
      const inner = chained?.middlewares?.map((each) => own(each, scope));
      for (const each of chained?.middlewares ?? []) missing(each, name, at, written, 'middlewares');
      found.middlewares.set(own(name, scope), inner === undefined ? middleware : { chain: { middlewares: inner } });
    }
    for (const [name, router] of Object.entries(labels.routers)) {
      const place = placeOf(at, written, `traefik.http.routers.${name}.`);
      const first = names.get(name);
      if (first !== undefined) {
        const message = `router ${name} stands at service ${first} too`;
        found.findings.push({ code: 'DUPLICATE_SERVICE', at: place, message, hint: 'Give one another name.' });
        continue;
      }
      names.set(name, service);
      for (const each of (router['middlewares'] ?? []) as readonly string[])
        missing(each, name, at, written, 'routers');
      const ruleAt = placeOf(at, written, `traefik.http.routers.${name}.rule=`);
      const asked = { name, router, labels, service, place, ruleAt, scope, stack, environment: declared, vms };
      const route = routeOf(asked);
      if ('code' in route) found.findings.push(route);
      else found.routes.push(route);
    }
  }
  return found;

  function missing(mention: string, by: string, at: Place, written: readonly string[], section: string): void {
    if (mention.endsWith('@file') || all.includes(mention.replace(/@docker$/, ''))) return;
    const place = placeOf(at, written, `traefik.http.${section}.${by}.`, mention);
    const message = `middleware ${mention} is not defined`;
    found.findings.push({ code: 'UNKNOWN_REFERENCE', at: place, message, hint: 'Define it by labels of this stack.' });
  }
}

/** One router and what stands around it. */
interface Asked {
  readonly name: string;
  readonly router: JsonObject;
  readonly labels: Labels;
  readonly service: string;
  readonly place: Place;
  readonly ruleAt: Place;
  readonly scope: string;
  readonly stack: Stack;
  readonly environment: StackEnvironment;
  readonly vms: readonly VmGuest[];
}

function routeOf(asked: Asked): Route | Finding {
  const { name, router, labels, place, ruleAt, scope } = asked;
  const wrong = (message: string, at = place, code: Finding['code'] = 'INVALID_VALUE'): Finding => ({
    code,
    at,
    message,
  });
  const { rule: text, ruleSyntax = 'v3', middlewares = [], service, priority = null, observability = null } = router;
  if (typeof text !== 'string') return wrong(`router ${name} has no rule`);
  const rule = parseRule(text);
  if ('fault' in rule) return wrong(`the rule of router ${name} cannot be read: ${rule.fault}`, ruleAt);
  if (ruleSyntax !== 'v3') return wrong(`router ${name} asks for rules of ${String(ruleSyntax)}; only v3 is kept`);
  const known = Object.keys(labels.services);
  const leadsTo =
    typeof service === 'string' ? service.replace(/@docker$/, '') : known.length === 1 ? known[0] : undefined;
  if (leadsTo === undefined && known.length > 1)
    return wrong(`router ${name} must say which service it leads to: ${known.join(', ')}`);
  const settings = leadsTo === undefined ? {} : labels.services[leadsTo];
  if (settings === undefined)
    return wrong(`router ${name} leads to service ${leadsTo}, which has no labels here`, place, 'UNKNOWN_REFERENCE');
  const backend = backendOf(settings, asked, rule.hosts[0] ?? null);
  if (typeof backend === 'string') return wrong(`router ${name}: ${backend}`);
  return {
    name: name === scope ? name : `${scope}-${name}`,
    rule: text,
    hosts: rule.hosts,
    priority: priority as number | null,
    observability: observability as JsonObject | null,
    middlewares: (middlewares as readonly string[]).map((each) => own(each, scope)),
    backend,
    source: `stack ${asked.stack.name}`,
    at: ruleAt,
  };
}

/** A middleware under the name that is ours alone. */
function own(mention: string, scope: string): string {
  if (mention.endsWith('@file')) return mention;
  return `${scope}-${mention.replace(/@docker$/, '')}`;
}

/** The label that says it, or the list. */
function placeOf(at: Place, written: readonly string[], beginning: string, holding = ''): Place {
  const index = written.findIndex(
    (label) => label.toLowerCase().startsWith(beginning.toLowerCase()) && label.includes(holding),
  );
  return index < 0 ? at : within(at, index);
}

/** A text where it cannot be said where the service answers. */
function backendOf(
  labels: JsonObject,
  { service, stack: { compose }, environment, vms }: Asked,
  host: string | null,
): Backend | string {
  const { server = {}, ...settings } = labels as {
    server?: { port?: number; scheme?: string; preservePath?: boolean };
  };
  const { port, scheme = 'http', preservePath = false } = server;
  if (scheme !== 'http' && scheme !== 'https' && scheme !== 'h2c')
    return `scheme ${scheme} is none of http, https, h2c`;
  const variables = stripSecrets(environment.variables);
  const opened = compose.ports
    .filter((each) => each.service === service)
    .map(({ target, published }) => ({
      target: Number(interpolate(target, variables)),
      published: published === null ? null : Number(interpolate(published, variables)),
    }));
  const reached =
    port === undefined
      ? opened.length === 1
        ? opened[0]?.published
        : undefined
      : (opened.find(({ target }) => target === port)?.published ?? port);
  if (reached === undefined || reached === null || !Number.isInteger(reached) || reached < 1 || reached > 65535)
    return 'the port is not known; add the label traefik.http.services.NAME.loadbalancer.server.port';
  const servers = vms.flatMap((vm) => {
    const address = fixedAddress(vm.network.ip);
    return address === null ? [] : [{ address: spelling(address), port: reached }];
  });
  return {
    scheme,
    servers,
    serverName: scheme === 'https' ? host : null,
    settings: settings as JsonObject,
    preservePath,
  };
}

/** Every environment of every stack, with the VMs that use it. */
export function allStackRoutes(config: Config): StackRoutes[] {
  return [...config.stacks.values()].flatMap((stack) =>
    Object.keys(stack.environments).map((environment) => {
      const vms = config.vm.filter((vm) =>
        vm.stacks.some((use) => use.name === stack.name && use.environment === environment),
      );
      const result = stackRoutes(stack, environment, vms);
      return vms.length === 0 ? { ...result, routes: [], middlewares: new Map() } : result;
    }),
  );
}
