// Determines the client's address: that of the connection, or the one that a trusted proxy reports. Pure.

import type { IncomingHttpHeaders } from 'node:http';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Headers that proxies add. Any of them shows that a request was relayed. */
const RELAYED =
  /^(?:forwarded|via|x-forwarded(?:-.*)?|x-original-.*|x-real-ip|x-client-ip|x-cluster-client-ip|true-client-ip|fastly-client-ip|(?:cf-|fly-)?connecting-ip|fly-client-ip|cf-.*|x-envoy-.*|x-amzn?-.*|x-azure-.*|forwarded-for)$/;
/** Length of the prefix of an IPv4-mapped IPv6 address, in bits. */
const MAPPED_BITS = 96;
/** Maximum length of an address with zone, brackets and port, in characters. */
const MAX_ADDRESS_LENGTH = 100;
/** Prefix length of an IPv6 site; a client can choose the rest freely. */
const IPV6_SITE_BITS = 64;

export interface Proxies {
  trusts(address: Address): boolean;
}

/**
 * @param subnets value of `PHOENIX_TRUSTED_PROXIES`
 * @throws for text that is no address or subnet
 */
export function trustedProxies(subnets: readonly string[]): Proxies {
  const ranges = subnets.map((each) => {
    const [address, bits] = each.includes('/') ? ipaddr.parseCIDR(each) : singleAddress(each);
    const net = bits < MAPPED_BITS ? address : unmapped(address);
    return [net, net === address ? bits : bits - MAPPED_BITS] as const;
  });
  return {
    trusts: (address) =>
      ranges.some(([net, bits]) => net.kind() === address.kind() && address.match(net as never, bits)),
  };
}

function singleAddress(text: string): [Address, number] {
  const address = ipaddr.parse(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/**
 * The client's address: from the nearest hop to the farthest, the first that is no trusted proxy.
 *
 * @param connection the address of the other end of the connection
 * @returns null where that is unknown, as for a closed connection
 */
export function clientAddress(
  connection: string | undefined,
  headers: IncomingHttpHeaders,
  proxies: Proxies,
): string | null {
  const nearest = addressOf(connection ?? '');
  if (nearest === null) return null;
  if (!proxies.trusts(nearest)) return nearest.toString();
  const chains = [forwardedFor(headers), xForwardedFor(headers)].filter((chain) => chain !== null);
  const clients = new Set(chains.map((chain) => firstStranger(nearest, chain, proxies)));
  // Two headers that differ: one of them came from the client, and it is unknown which.
  const [client = nearest.toString()] = clients.size === 1 ? clients : [];
  return client;
}

/** From the right, since each proxy appends its client. An invalid entry ends the search: the last valid one counts. */
function firstStranger(nearest: Address, chain: readonly string[], proxies: Proxies): string {
  let known = nearest;
  for (const text of chain.toReversed()) {
    const address = addressOf(text);
    if (address === null) break;
    known = address;
    if (!proxies.trusts(address)) break;
  }
  return known.toString();
}

function xForwardedFor(headers: IncomingHttpHeaders): readonly string[] | null {
  const text = headers['x-forwarded-for'];
  return text === undefined ? null : String(text).split(',');
}

/** RFC 7239: `for=192.0.2.60;proto=http, for="[2001:db8::17]:4711"`. */
function forwardedFor(headers: IncomingHttpHeaders): readonly string[] | null {
  const { forwarded } = headers;
  if (forwarded === undefined) return null;
  return forwarded.split(',').map((each) => /(?:^|;)\s*for\s*=\s*"?([^";\s]+)"?/i.exec(each)?.[1] ?? '');
}

/** Number of cached addresses. */
const KEEP = 1_000;
/** A cache, since every request of a connection needs the same address. */
const read = new Map<string, Address | null>();

/** Parses an address with or without brackets and port. Null for text that is no address, such as `unknown` or `_hidden`. */
function addressOf(text: string): Address | null {
  const known = read.get(text);
  if (known !== undefined) return known;
  const address = readAddress(text);
  if (read.size >= KEEP) read.clear();
  // Long headers are not cached.
  if (text.length <= MAX_ADDRESS_LENGTH) read.set(text, address);
  return address;
}

function readAddress(text: string): Address | null {
  const trimmed = text.trim().replace(/%[\w.-]+$/, '');
  const [, bracketed, ported] = /^\[([0-9a-f:.]+)\](?::\d{1,5})?$|^(\d[\d.]+):\d{1,5}$/i.exec(trimmed) ?? [];
  const address = bracketed ?? ported ?? trimmed;
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return ipaddr.IPv4.parse(address);
  return address.includes(':') && ipaddr.IPv6.isValid(address) ? unmapped(ipaddr.IPv6.parse(address)) : null;
}

/** A dual-stack socket reports an IPv4 address as `::ffff:192.0.2.1`. */
function unmapped(address: Address): Address {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** What counts as one client in limits: an IPv4 address, or the /64 network of an IPv6 address. */
export function clientKeyOf(client: string | null): string {
  const address = client === null ? null : addressOf(client);
  if (address === null) return 'unknown';
  if (address.kind() === 'ipv4') return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/${IPV6_SITE_BITS}`).toString()}/${IPV6_SITE_BITS}`;
}

export function isLoopback(text: string | undefined): boolean {
  return addressOf(text ?? '')?.range() === 'loopback';
}

/** Whether a header shows that the request was relayed. */
export function isRelayed(headers: IncomingHttpHeaders): boolean {
  return Object.keys(headers).some((name) => RELAYED.test(name));
}

/** Whether both are the same address, however they are written. */
export function sameAddress(one: string, other: string): boolean {
  const [a, b] = [addressOf(one), addressOf(other)];
  return a !== null && b !== null && a.toString() === b.toString();
}
