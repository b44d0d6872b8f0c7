// Whose request it is, by address: that of the connection, or the one that a trusted proxy says it relays. Pure.

import type { IncomingHttpHeaders } from 'node:http';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** What proxies add when they relay somebody. One of them is enough to tell that a request does not come from its connection. */
const RELAYED =
  /^(?:forwarded|via|x-forwarded(?:-.*)?|x-original-.*|x-real-ip|x-client-ip|x-cluster-client-ip|true-client-ip|fastly-client-ip|(?:cf-|fly-)?connecting-ip|fly-client-ip|cf-.*|x-envoy-.*|x-amzn?-.*|x-azure-.*|forwarded-for)$/;
/** Of an IPv4 address that is written as one of IPv6, the part that says so. */
const MAPPED_BITS = 96;
/** Characters of an address with zone, brackets and port. */
const LONGEST = 100;
/** Of an IPv6 address one site has at least so much; what comes after is chosen freely. */
const IPV6_SITE_BITS = 64;

export interface Proxies {
  trusts(address: Address): boolean;
}

/** @param subnets as `PHOENIX_TRUSTED_PROXIES` has them. @throws for what is no address or subnet */
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
 * Who is asking: from the nearest to the farthest, the first that is no trusted proxy.
 *
 * @param connection the address of the other end of the connection
 * @returns null where even that is not known, as of a connection that is gone
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
  // Two headers that differ: one of them came through from the client, and nobody can tell which.
  const [client = nearest.toString()] = clients.size === 1 ? clients : [];
  return client;
}

/** From the right, since each proxy adds whom it relays at the end. What is no address ends it: the last that is known counts. */
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

/** Addresses kept. */
const KEEP = 1_000;
/** Every request of a connection asks for the same one. */
const read = new Map<string, Address | null>();

/** With or without brackets and port. Null for what is no address, such as `unknown` or `_hidden`. */
function addressOf(text: string): Address | null {
  const known = read.get(text);
  if (known !== undefined) return known;
  const address = readAddress(text);
  if (read.size >= KEEP) read.clear();
  // Somebody may send a header of any length.
  if (text.length <= LONGEST) read.set(text, address);
  return address;
}

function readAddress(text: string): Address | null {
  const trimmed = text.trim().replace(/%[\w.-]+$/, '');
  const [, bracketed, ported] = /^\[([0-9a-f:.]+)\](?::\d{1,5})?$|^(\d[\d.]+):\d{1,5}$/i.exec(trimmed) ?? [];
  const address = bracketed ?? ported ?? trimmed;
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return ipaddr.IPv4.parse(address);
  return address.includes(':') && ipaddr.IPv6.isValid(address) ? unmapped(ipaddr.IPv6.parse(address)) : null;
}

/** `::ffff:192.0.2.1` is how a socket for both kinds names an IPv4 address. */
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

/** Whether anybody says that this request was passed on. */
export function isRelayed(headers: IncomingHttpHeaders): boolean {
  return Object.keys(headers).some((name) => RELAYED.test(name));
}

/** The same address, however it is written. */
export function sameAddress(one: string, other: string): boolean {
  const [a, b] = [addressOf(one), addressOf(other)];
  return a !== null && b !== null && a.toString() === b.toString();
}
