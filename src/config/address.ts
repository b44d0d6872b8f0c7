// Parsing and comparison of IP addresses and networks. Different spellings of an address compare equal.

import ipaddr from 'ipaddr.js';

type Ip = ipaddr.IPv4 | ipaddr.IPv6;

export interface Network {
  readonly address: Ip;
  /** Prefix length. */
  readonly bits: number;
}

const FOUR_BYTES = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;

/** `10.0.0.1` or an IPv6 address; undefined for anything else. */
export function parseAddress(text: string): Ip | undefined {
  if (text.includes(':')) return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined;
  const bytes = FOUR_BYTES.exec(text)?.slice(1).map(Number);
  return bytes?.every((byte) => byte < 256) ? new ipaddr.IPv4(bytes) : undefined;
}

/** Maximum number of cached networks. */
const KEEP = 50_000;
/** Cache of parsed networks, since every address rule parses the same ones. */
const parsed = new Map<string, Network | undefined>();

/** Parses `10.0.0.0/24`; an address without prefix length is a network of one address. Undefined for anything else. */
export function parseNetwork(text: string): Network | undefined {
  if (parsed.has(text)) return parsed.get(text);
  const network = readNetwork(text);
  if (parsed.size >= KEEP) parsed.clear();
  parsed.set(text, network);
  return network;
}

function readNetwork(text: string): Network | undefined {
  const [written = '', prefix, ...rest] = text.split('/');
  const address = parseAddress(written);
  if (address === undefined || rest.length > 0) return undefined;
  const most = address.kind() === 'ipv4' ? 32 : 128;
  if (prefix === undefined) return { address, bits: most };
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > most) return undefined;
  return { address, bits: Number(prefix) };
}

/** The network of an address with prefix length, such as `10.0.0.0/24` for `10.0.0.7/24`; the text itself if it is not one. */
export function networkOf(text: string): string {
  const network = parseNetwork(text);
  if (network === undefined) return text;
  const version = network.address.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  const cidr = `${network.address.toString()}/${network.bits}`;
  return `${version.networkAddressFromCIDR(cidr).toString()}/${network.bits}`;
}

/** Whether the address is inside its network and not the network address: `10.0.0.7/24`. */
export function hasHostBits(text: string): boolean {
  const [network, whole] = [parseNetwork(text), parseNetwork(networkOf(text))];
  return network !== undefined && whole !== undefined && spelling(network.address) !== spelling(whole.address);
}

const spellings = new WeakMap<Ip, string>();

/** The canonical form of an address, used for all comparisons. */
export function spelling(address: Ip): string {
  const known = spellings.get(address) ?? address.toNormalizedString();
  spellings.set(address, known);
  return known;
}

/** The address part of a setting such as `10.0.0.1/24`; null for `dhcp`, `manual` and nothing. */
export function fixedAddress(setting: string | null): Ip | null {
  return setting === null ? null : (parseNetwork(setting)?.address ?? null);
}

export function contains(network: Network, address: Ip): boolean {
  return address.kind() === network.address.kind() && address.match(network.address, network.bits);
}

/** Whether every address of `inner` is in `outer`. */
export function covers(outer: Network, inner: Network): boolean {
  return outer.bits <= inner.bits && contains(outer, inner.address);
}

export function overlaps(a: Network, b: Network): boolean {
  return covers(a, b) || covers(b, a);
}

/** Whether the network has only one address. */
export function isSingle(network: Network): boolean {
  return network.bits === (network.address.kind() === 'ipv4' ? 32 : 128);
}

/** Whether it is the network or broadcast address of an IPv4 network, which no machine can have. */
export function isReserved(network: Network): boolean {
  if (network.address.kind() !== 'ipv4' || network.bits > 30) return false;
  const host = network.address.toByteArray().reduce((value, byte) => value * 256 + byte, 0) % 2 ** (32 - network.bits);
  return host === 0 || host === 2 ** (32 - network.bits) - 1;
}

/**
 * Whether a router can be the gateway of an address: it is in the network of the address; the address is routed alone (`/32`, as rented servers
 * have it), so that no other is in its network and the route names the interface; or it is an IPv6 router at its link-local address.
 */
export function canBeGateway(own: Network, router: Ip): boolean {
  return contains(own, router) || isSingle(own) || router.range() === 'linkLocal';
}

/** `10.0.0.5-10.0.0.9`, as Proxmox takes it in rules; undefined for anything else. */
export function parseRange(text: string): { readonly first: Ip; readonly last: Ip } | undefined {
  const [first, last, ...rest] = text.split('-').map(parseAddress);
  if (first === undefined || last === undefined || rest.length > 0 || first.kind() !== last.kind()) return undefined;
  const pairs = first.toByteArray().map((byte, index) => byte - (last.toByteArray()[index] ?? 0));
  return (pairs.find((difference) => difference !== 0) ?? 0) <= 0 ? { first, last } : undefined;
}
