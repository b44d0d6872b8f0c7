// Resolves names in labels: elements of the same stack by name, elements of other files at the proxy by NAME@file, and Traefik's own by
// NAME@internal. The proxy has no Docker provider, so NAME@docker means the stack itself.

import type { Diagnostic } from '../../config/diagnostic.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { Refusal } from '../../traefik/refused.ts';
import { type Provided, type Said, section } from './provider.ts';
import type { Backend } from './route.ts';

type Kind = 'routers' | 'services' | 'middlewares';

/** Traefik's internal services in the proxy's configuration. */
const INTERNAL = ['api@internal', 'dashboard@internal', 'noop@internal'];
const TRANSPORTS = ['default@internal'];

export function references(said: Provided, backends: ReadonlyMap<string, Backend>) {
  const diagnostics: Diagnostic[] = [];
  const broken: Refusal[] = [];
  const name = (mention: string): string => mention.replace(/@docker$/, '');
  const isThere = (of: 'services' | 'middlewares', mention: string): boolean => {
    const local = name(mention);
    if (!local.includes('@')) return said[of].has(local);
    return local.endsWith('@file') || (of === 'services' && INTERNAL.includes(local));
  };

  for (const [kind, all] of [
    ['routers', said.routers],
    ['middlewares', said.middlewares],
    ['services', said.services],
  ] as const) {
    for (const [by, element] of all) {
      const { value } = element;
      for (const [at, each] of texts(value['middlewares']).entries())
        middleware(kind, by, element, ['middlewares', String(at)], each);
      for (const [at, each] of texts(section(value['chain'])['middlewares']).entries())
        middleware(kind, by, element, ['chain', 'middlewares', String(at)], each);
      const errors = section(value['errors'])['service'];
      if (typeof errors === 'string' && errors !== '') service(kind, by, element, ['errors', 'service'], errors);
    }
  }
  for (const [by, router] of said.routers) {
    if (router.service !== null) service('routers', by, router, ['service'], router.service);
    else broken.push({ section: 'routers', name: by, path: [], message: '', disables: true });
  }
  for (const [by, { transport }] of backends) {
    const element = said.services.get(by);
    if (transport === null || element === undefined) continue;
    if (transport.endsWith('@file') || TRANSPORTS.includes(transport)) continue;
    const hint = `Labels cannot say a transport: write it in a file of your own beside that of Phoenix, and name it ${name(transport).replace(/@.*/, '')}@file.`;
    lost('services', by, element, ['loadBalancer', 'serversTransport'], `transport ${transport} is not there`, hint);
  }

  const kept = (of: 'services' | 'middlewares') => (mention: string) => isThere(of, mention);
  const list = (value: Json | undefined) => texts(value).filter(kept('middlewares')).map(name);
  const withList = (value: JsonObject): JsonObject =>
    value['middlewares'] === undefined ? value : { ...value, middlewares: list(value['middlewares']) };
  const resolve = {
    name,
    router: withList,
    serviceValue: withList,
    /** Null where it does not exist or is unreachable. */
    service(mention: string): string | null {
      const local = name(mention);
      if (!isThere('services', mention)) return null;
      return local.includes('@') || backends.has(local) ? local : null;
    },
    middleware(value: JsonObject): JsonObject {
      const { chain, errors } = value;
      const to = section(errors)['service'];
      return {
        ...value,
        ...(chain === undefined ? {} : { chain: withList(section(chain)) }),
        ...(typeof to === 'string' && kept('services')(to)
          ? { errors: { ...section(errors), service: name(to) } }
          : {}),
      };
    },
  };
  return { resolve, broken, diagnostics };

  function middleware(kind: Kind, by: string, element: Said, path: readonly string[], mention: string): void {
    if (isThere('middlewares', mention)) return;
    const hint =
      'Define it by labels of this stack; one in a file beside that of Phoenix at the proxy is NAME@file. Labels of other stacks are not seen.';
    lost(kind, by, element, path, `middleware ${mention === '' ? '""' : mention} is not defined`, hint);
  }

  function service(kind: Kind, by: string, element: Said, path: readonly string[], mention: string): void {
    const local = name(mention);
    if (isThere('services', mention)) {
      // Its own faults are reported at its declaration.
      if (!local.includes('@') && !backends.has(local))
        broken.push({ section: kind, name: by, path: [], message: '', disables: true });
      return;
    }
    const others = [...said.services.keys()];
    const message = `${WORD[kind]} ${by} leads to service ${mention}, which has no labels here`;
    const hint = local.endsWith('@internal')
      ? `Of Traefik's own there are ${INTERNAL.join(', ')}.`
      : others.length === 0
        ? undefined
        : `There are ${others.join(', ')}.`;
    lost(kind, by, element, path, message, hint);
  }

  function lost(kind: Kind, by: string, element: Said, path: readonly string[], message: string, hint?: string): void {
    broken.push({ section: kind, name: by, path: [], message, disables: true });
    const where = element.containers[0].where(['http', kind, by, ...path]);
    diagnostics.push({ code: 'UNKNOWN_REFERENCE', message, ...(hint === undefined ? {} : { hint }), ...where });
  }
}

const WORD: Readonly<Record<Kind, string>> = { routers: 'router', services: 'service', middlewares: 'middleware' };

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}
