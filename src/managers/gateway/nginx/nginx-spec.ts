// What nginx serves: every name that one of its certificates holds. Which of them lead anywhere is for the proxy behind it to know,
// so that a route that comes or goes leaves nginx alone. Under a certificate with a `*`, the names are those of the routes.

import type { TargetId } from '../../../model/ids.ts';
import type { Config } from '../../config.ts';
import { caOf, gatewayOf, guestTarget, HOST, proxyOf } from '../../dependencies.ts';
import { routesOf } from '../../routes/routes.ts';
import { ROOT_ON_NODE } from '../../trusted-root.ts';
import { addressOf, certificatesOf, nodeReaches, placed, type Served } from '../surroundings.ts';

export type Site = {
  /** In lower case and order. */
  readonly names: readonly string[];
  /** Answered by nginx itself, instead of being passed on. */
  readonly own: boolean;
  /** Inside the container. */
  readonly chain: string;
  readonly key: string;
  /** The chain, on the node. */
  readonly source: string;
  /** It is issued through this gateway, so that it need not be there when nginx starts. */
  readonly late: boolean;
};

export type NginxSpec = {
  readonly guest: number;
  readonly address: string;
  readonly domain: string;
  /** The proxy's address as it stands in a URL; null: there is none. */
  readonly proxy: string | null;
  readonly sites: readonly Site[];
  /** PEM file of the node that the names' certificates are checked against when they are asked for; null: none is known. */
  readonly root: string | null;
  /** Ports at which the node can ask. */
  readonly asked: { readonly http: boolean; readonly https: boolean };
};

export function nginxSpec(config: Config): { readonly spec: NginxSpec; readonly needs: TargetId[] } | null {
  const guest = placed(gatewayOf(config));
  if (guest === null) return null;
  const { domain } = config.hypervisor;
  const proxy = placed(proxyOf(config));
  const served = certificatesOf(config, guest);
  const own = guest.traefikService === null ? null : `${guest.traefikService.name}.${domain}`.toLowerCase();
  const held = served.flatMap((certificate) => certificate.names).filter(isName);
  const names = new Set([...held, ...routesOf(config).routes.flatMap(({ hosts }) => hosts)]);
  if (own !== null) names.add(own);
  const sites = new Map<string, Site & { names: string[] }>();
  for (const name of [...names].sort()) {
    const certificate = bestFor(name, served);
    if (certificate === undefined) continue;
    const { chain, key, source, target, late } = certificate;
    const site = { names: [] as string[], own: name === own, chain, key, source, late };
    const id = `${target} ${site.own}`;
    sites.set(id, sites.get(id) ?? site);
    sites.get(id)?.names.push(name);
  }
  const spec: NginxSpec = {
    guest: guest.id,
    address: addressOf(guest),
    domain,
    proxy: proxy === null ? null : addressOf(proxy),
    sites: [...sites.values()],
    root: caOf(config) === null ? null : ROOT_ON_NODE,
    asked: { http: nodeReaches(config, guest, 80), https: nodeReaches(config, guest, 443) },
  };
  const certificates = served.filter(({ late }) => !late).map(({ target }) => target);
  const trust = spec.root === null ? [] : [HOST.trust];
  return { spec, needs: [guestTarget(guest), ...certificates, ...trust] };
}

/** Neither an address nor a pattern. */
function isName(san: string): boolean {
  return !san.startsWith('*') && /[a-z]/.test(san) && !san.includes(':');
}

/** One that names it before one with a `*`. */
function bestFor(name: string, served: readonly Served[]): Served | undefined {
  const parent = `*${name.slice(name.indexOf('.'))}`;
  return served.find(({ names }) => names.includes(name)) ?? served.find(({ names }) => names.includes(parent));
}
