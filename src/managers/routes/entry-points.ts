// Chooses among routers with the same rule. Labels distinguish routers by entry points, of which clients here use only one: they come through the
// gateway with TLS, and plain HTTP is redirected there. So a plain HTTP router yields to one with TLS, as it does for a client that connects to
// Traefik with TLS; and a router that only redirects to https has no purpose.

import type { JsonObject } from '../../model/json.ts';
import type { Route } from './route.ts';

/** A router declared by labels, with the properties that decide which clients it is for. */
export interface LabelledRoute extends Route {
  readonly entryPoints: readonly string[];
  readonly hasTls: boolean;
}

/** Which clients a router is for, ordered by how surely it is for TLS. */
type Plane = 'plain' | 'unknown' | 'every' | 'secure';
const RANK: Readonly<Record<Plane, number>> = { plain: 0, unknown: 1, every: 2, secure: 3 };

/** A router with its plane and whether it redirects. */
interface Judged<Labelled> {
  readonly route: Labelled;
  readonly plane: Plane;
  readonly redirects: boolean;
  readonly rule: string;
}

/** The routers that serve, in order; routers that yield and are still needed come last. */
export function serving<Labelled extends LabelledRoute>(
  routes: readonly Labelled[],
  middlewares: ReadonlyMap<string, JsonObject>,
): Labelled[] {
  const judged = planesOf(routes, middlewares);
  const later: Labelled[] = [];
  const kept = new Set<Labelled>();
  for (const one of judged) {
    const others = one.plane === 'secure' ? [] : judged.filter((other) => yieldsTo(one, other));
    if (others.length === 0) kept.add(one.route);
    else if (!one.redirects && !others.some(({ rule }) => rule === one.rule)) later.push(one.route);
  }
  const order = later.toSorted((a, b) => weight(a) - weight(b));
  const last = new Map(order.map((route, at) => [route, at - order.length]));
  return routes.flatMap((route) => {
    const priority = last.get(route);
    if (priority !== undefined) return [{ ...route, priority }];
    return kept.has(route) ? [route] : [];
  });
}

/** Whether two routers with the same rule differ only in entry points and do the same. */
export function isTwin(a: LabelledRoute, b: LabelledRoute): boolean {
  if (a.entryPoints.length === 0 || b.entryPoints.length === 0) return false;
  if (a.entryPoints.some((name) => b.entryPoints.includes(name))) return false;
  return JSON.stringify([a.backend, a.middlewares]) === JSON.stringify([b.backend, b.middlewares]);
}

function yieldsTo<Labelled extends LabelledRoute>(one: Judged<Labelled>, other: Judged<Labelled>): boolean {
  if (RANK[other.plane] <= RANK[one.plane]) return false;
  const isBySecure = other.plane === 'secure' && one.plane !== 'every';
  if (one.rule === other.rule) return one.plane === 'plain' || other.plane === 'secure';
  if (!isBySecure && !(one.redirects && one.plane === 'plain')) return false;
  // A router for any name usually redirects, and yields to all others.
  return one.route.hosts.length === 0 || one.route.hosts.some((host) => other.route.hosts.includes(host));
}

/** Traefik's own order: the longer rule first. */
function weight({ priority, rule }: Route): number {
  return priority === null || priority === 0 ? rule.length : priority;
}

function planesOf<Labelled extends LabelledRoute>(
  routes: readonly Labelled[],
  middlewares: ReadonlyMap<string, JsonObject>,
): Judged<Labelled>[] {
  const redirects = new Set(routes.filter((route) => sendsToHttps(route.middlewares, middlewares)));
  const named = (some: readonly Labelled[]) => new Set(some.flatMap(({ entryPoints }) => entryPoints));
  const secure = named(routes.filter(({ hasTls }) => hasTls));
  const plain = named(routes.filter((route) => !route.hasTls && redirects.has(route)));
  const isSecure = (name: string): boolean => secure.has(name) || (!plain.has(name) && isSecureName(name));
  const planeOf = ({ hasTls, entryPoints }: Labelled): Plane => {
    if (hasTls || entryPoints.some(isSecure)) return 'secure';
    if (entryPoints.length === 0) return 'every';
    return entryPoints.every((name) => plain.has(name) || PLAIN.test(name)) ? 'plain' : 'unknown';
  };
  return routes.map((route) => ({
    route,
    plane: planeOf(route),
    redirects: redirects.has(route),
    rule: `${route.rule.replaceAll(/\s+/g, '').toLowerCase()} ${route.ruleSyntax}`,
  }));
}

const PLAIN = /^(web|http|plain|clear)$|insecure|unsecure|(^|\D)80(80)?$/i;

function isSecureName(name: string): boolean {
  return /secure|https|tls|ssl|443/i.test(name) && !PLAIN.test(name);
}

/** Follows chains too. A middleware of somebody else's file is judged by its name. */
function sendsToHttps(names: readonly string[], middlewares: ReadonlyMap<string, JsonObject>, depth = 0): boolean {
  return names.some((name) => {
    if (name.endsWith('@file')) return /https?[-_]?redirect|redirect[-_]?(to[-_]?)?https|to[-_]?https/i.test(name);
    const { redirectScheme, redirectRegex, chain } = (middlewares.get(name) ?? {}) as Kinds;
    if (redirectScheme?.scheme?.toLowerCase() === 'https') return true;
    const { regex = '', replacement = '' } = redirectRegex ?? {};
    if (/^\^?\(?http:/.test(regex) && /^https:/.test(replacement)) return true;
    return depth < 10 && chain?.middlewares !== undefined && sendsToHttps(chain.middlewares, middlewares, depth + 1);
  });
}

interface Kinds {
  readonly redirectScheme?: { readonly scheme?: string };
  readonly redirectRegex?: { readonly regex?: string; readonly replacement?: string };
  readonly chain?: { readonly middlewares?: readonly string[] };
}
