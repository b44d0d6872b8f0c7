// The runtime state of a guest's Traefik: which elements of its dynamic configuration are in use, and its messages for those that are not. The rules
// are in src/traefik; the messages of the most frequent kinds are the program's own, as recorded in lab/test/traefik.

import type { JsonObject } from '../../../../src/traefik/read.ts';
import { outOfUse, type Refusal, refused } from '../../../../src/traefik/refused.ts';
import type { Dynamic } from './dynamic.ts';
import type { Static } from './static.ts';

interface Status {
  readonly status: 'enabled' | 'warning' | 'disabled';
  readonly error?: readonly string[];
}

interface RouterStatus extends Status {
  /** The named entry points that exist. */
  readonly entryPoints: readonly string[];
}

export interface Runtime {
  readonly routers: ReadonlyMap<string, RouterStatus>;
  readonly services: ReadonlyMap<string, Status>;
  readonly middlewares: ReadonlyMap<string, Status>;
}

const ENABLED: Status = { status: 'enabled' };

/** Pure. */
export function runtimeOf({ entryPoints }: Static, dynamic: Dynamic): Runtime {
  const http = ownNames({ ...dynamic, tls: undefined } as unknown as JsonObject) as JsonObject;
  const refusals = refused({ http });
  const out = outOfUse({ http }, refusals);
  const used = usedBy(dynamic);
  const told = (section: string, name: string): Status => {
    const refusal = out.get(`${section}/${name}`);
    return refusal === undefined ? ENABLED : { status: 'disabled', error: [wordsOf(refusal, dynamic)] };
  };
  const others = (section: 'services' | 'middlewares') =>
    new Map(
      Object.keys(dynamic[section]).map((name) => [
        name,
        used.has(`${section}/${name}`) ? told(section, name) : ENABLED,
      ]),
    );
  const routers = Object.entries(dynamic.routers).map(([name, router]): readonly [string, RouterStatus] => {
    const asked = names(router, 'entryPoints').map(String);
    const flagged = entryPoints.filter(({ isDefault }) => isDefault);
    const defaults = (flagged.length > 0 ? flagged : entryPoints)
      .map((each) => each.name)
      .filter((each) => each !== 'traefik');
    const wanted = asked.length === 0 ? defaults : asked;
    const there = wanted.filter((each) => entryPoints.some((entryPoint) => entryPoint.name === each));
    const missing = wanted.filter((each) => !there.includes(each)).map((each) => `entryPoint "${each}" doesn't exist`);
    if (there.length === 0)
      return [
        name,
        { status: 'disabled', error: [...missing, 'no valid entryPoint for this router'], entryPoints: [] },
      ];
    const status = told('routers', name);
    if (status.status === 'disabled' || missing.length === 0) return [name, { ...status, entryPoints: there }];
    return [name, { status: 'warning', error: missing, entryPoints: there }];
  });
  return { routers: new Map(routers), services: others('services'), middlewares: others('middlewares') };
}

/** All files belong to one provider: `NAME@file` is NAME. */
function ownNames(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/^([^@\s]+)@file$/, '$1');
  if (Array.isArray(value)) return value.map(ownNames);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, ownNames(each)]));
}

/** The elements that a router refers to; Traefik never builds, and so never checks, the others. */
function usedBy({ routers, services, middlewares }: Dynamic): ReadonlySet<string> {
  const used = new Set<string>();
  const add = (section: 'services' | 'middlewares', name: unknown): void => {
    const key = String(name).replace(/@file$/, '');
    if (used.has(`${section}/${key}`)) return;
    used.add(`${section}/${key}`);
    const found = (section === 'services' ? services : middlewares)[key];
    for (const each of names(found?.['chain'], 'middlewares')) add('middlewares', each);
    for (const each of names(found, 'middlewares')) add('middlewares', each);
  };
  for (const router of Object.values(routers)) {
    add('services', router['service']);
    for (const each of names(router, 'middlewares')) add('middlewares', each);
  }
  return used;
}

function names(value: unknown, key: string): readonly unknown[] {
  const list = (value as Readonly<Record<string, unknown>> | undefined)?.[key];
  return Array.isArray(list) ? list : [];
}

function wordsOf({ section, name, path, message }: Refusal, dynamic: Dynamic): string {
  const value = dynamic[section][name];
  const place = path.reduce<unknown>((at, key) => (at as Readonly<Record<string, unknown>> | undefined)?.[key], value);
  const named = `${String(place).replace(/@file$/, '')}@file`;
  const field = path.findLast((each) => !/^\d+$/.test(each));
  if (field === 'middlewares' && section === 'routers') return `middleware "${named}" does not exist`;
  if (field === 'service' && section === 'routers') return `the service "${named}" does not exist`;
  if (field === 'strategy') return `unsupported load-balancer strategy "${String(place)}"`;
  if (field === 'serversTransport') {
    const servers = (value?.['loadBalancer'] as { readonly servers?: readonly { readonly url?: string }[] } | undefined)
      ?.servers;
    return `error building proxy for server URL ${servers?.[0]?.url ?? ''}: getting RoundTripper: servers transport not found ${named}`;
  }
  if (field === 'sourceRange') {
    const { sourceRange = [] } = (value?.['ipAllowList'] ?? {}) as { sourceRange?: readonly string[] };
    return `cannot parse CIDRs [${sourceRange.join(' ')}]: parsing CIDR trusted IPs <nil>: invalid CIDR address: ${String(place)}`;
  }
  return message;
}
