// Resolves names in labels: elements of the same stack by name, elements of other files at the proxy by NAME@file, and Traefik's own by
// NAME@internal. The proxy has no Docker provider, so NAME@docker means the stack itself.

import type { Diagnostic } from '../../config/diagnostic.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { Refusal } from '../../traefik/refused.ts';
import { type Provided, type Said, section } from './provider.ts';
import type { Backend } from './route.ts';

type Kind = 'routers' | 'services' | 'middlewares';

/** The field of an element that names another one. */
interface Mention {
  readonly kind: Kind;
  /** The element's name. */
  readonly by: string;
  readonly element: Said;
  /** The field, below the element. */
  readonly path: readonly string[];
}

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

  checkUses();
  checkRouters();
  checkTransports();

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

  /** What elements of each kind say in `middlewares`, `chain` and `errors`. */
  function checkUses(): void {
    for (const [kind, all] of [
      ['routers', said.routers],
      ['middlewares', said.middlewares],
      ['services', said.services],
    ] as const) {
      for (const [by, element] of all) checkUsesOf({ kind, by, element });
    }
  }

  function checkUsesOf(from: Omit<Mention, 'path'>): void {
    const { value } = from.element;
    for (const [at, each] of texts(value['middlewares']).entries())
      checkMiddleware({ ...from, path: ['middlewares', String(at)] }, each);
    for (const [at, each] of texts(section(value['chain'])['middlewares']).entries())
      checkMiddleware({ ...from, path: ['chain', 'middlewares', String(at)] }, each);
    const errors = section(value['errors'])['service'];
    if (typeof errors === 'string' && errors !== '') checkService({ ...from, path: ['errors', 'service'] }, errors);
  }

  function checkRouters(): void {
    for (const [by, router] of said.routers) {
      const from: Mention = { kind: 'routers', by, element: router, path: ['service'] };
      if (router.service !== null) checkService(from, router.service);
      else disable(from, '');
    }
  }

  function checkTransports(): void {
    for (const [by, { transport }] of backends) {
      const element = said.services.get(by);
      if (transport === null || element === undefined) continue;
      if (transport.endsWith('@file') || TRANSPORTS.includes(transport)) continue;
      const hint = `Labels cannot say a transport: write it in a file of your own beside that of Phoenix, and name it ${name(transport).replace(/@.*/, '')}@file.`;
      const from: Mention = { kind: 'services', by, element, path: ['loadBalancer', 'serversTransport'] };
      reportMissing(from, `transport ${transport} is not there`, hint);
    }
  }

  function checkMiddleware(from: Mention, mention: string): void {
    if (isThere('middlewares', mention)) return;
    const hint =
      'Define it by labels of this stack; one in a file beside that of Phoenix at the proxy is NAME@file. Labels of other stacks are not seen.';
    reportMissing(from, `middleware ${mention === '' ? '""' : mention} is not defined`, hint);
  }

  function checkService(from: Mention, mention: string): void {
    const local = name(mention);
    if (isThere('services', mention)) {
      // Its own faults are reported at its declaration.
      if (!local.includes('@') && !backends.has(local)) disable(from, '');
      return;
    }
    const others = [...said.services.keys()];
    const message = `${WORD[from.kind]} ${from.by} leads to service ${mention}, which has no labels here`;
    const hint = local.endsWith('@internal')
      ? `Of Traefik's own there are ${INTERNAL.join(', ')}.`
      : others.length === 0
        ? undefined
        : `There are ${others.join(', ')}.`;
    reportMissing(from, message, hint);
  }

  function disable({ kind, by }: Mention, message: string): void {
    broken.push({ section: kind, name: by, path: [], message, disables: true });
  }

  function reportMissing(from: Mention, message: string, hint?: string): void {
    disable(from, message);
    const { kind, by, element, path } = from;
    const where = element.containers[0].where(['http', kind, by, ...path]);
    diagnostics.push({ code: 'UNKNOWN_REFERENCE', message, ...(hint === undefined ? {} : { hint }), ...where });
  }
}

const WORD: Readonly<Record<Kind, string>> = { routers: 'router', services: 'service', middlewares: 'middleware' };

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}
