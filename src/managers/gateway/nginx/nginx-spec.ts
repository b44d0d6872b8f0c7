// The spec of nginx: every name in one of its certificates. Which names have a route is left to the proxy behind it, so that adding or removing a
// route does not change nginx. Under a wildcard certificate, the names are those of the routes.

import type { TargetId } from '../../../model/ids.ts';
import type { Config } from '../../config.ts';
import { caOf, gatewayOf, guestTarget, HOST, proxyOf } from '../../dependencies.ts';
import { firstAddresses } from '../../guest/guests.ts';
import { routesOf } from '../../routes/routes.ts';
import { ROOT_ON_NODE } from '../../trusted-root.ts';
import { addressOf, certificatesOf, nodeReaches, placed, type Served } from '../surroundings.ts';

export type Site = {
  /** In lower case, sorted. */
  readonly names: readonly string[];
  /** Whether nginx answers itself instead of forwarding. */
  readonly own: boolean;
  /** Path of the chain inside the container. */
  readonly chain: string;
  readonly key: string;
  /** The chain, on the node. */
  readonly source: string;
  /** The certificate is issued through this gateway, so it may be missing when nginx starts. */
  readonly late: boolean;
};

export type NginxSpec = {
  readonly guest: number;
  readonly address: string;
  /** Whether the container has a fixed IPv6 address, at which clients reach it too. */
  readonly hasIpv6: boolean;
  readonly domain: string;
  /** The proxy's address in the form used in a URL; null: there is none. */
  readonly proxy: string | null;
  readonly sites: readonly Site[];
  /** PEM file of the node with the root that the served certificates are verified against; null: none is known. */
  readonly root: string | null;
  /** Ports that the node can reach for verification. */
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
    hasIpv6: firstAddresses(guest).some((address) => address.includes(':')),
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

/** Whether it is neither an address nor a wildcard. */
function isName(san: string): boolean {
  return !san.startsWith('*') && /[a-z]/.test(san) && !san.includes(':');
}

/** A certificate with the exact name is preferred over a wildcard. */
function bestFor(name: string, served: readonly Served[]): Served | undefined {
  const parent = `*${name.slice(name.indexOf('.'))}`;
  return served.find(({ names }) => names.includes(name)) ?? served.find(({ names }) => names.includes(parent));
}
