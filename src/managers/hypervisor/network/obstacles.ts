// What a push never does to the network of the host, and what to do instead: the interface that Phoenix comes in by is a person's
// work, and nothing that people set up is set up a second time.

import { overlaps, parseAddress, parseNetwork, spelling } from '../../../config/address.ts';
import type { HostBridge } from '../declared.ts';
import { bridgesText } from './bridges.ts';
import { addressOf, optionOf, type Stanza, stanzasOf } from './interfaces.ts';

export const MAIN = '/etc/network/interfaces';
export const FOLDER = '/etc/network/interfaces.d';

export interface NetworkSpec {
  /** The interface that the host is managed by. */
  readonly name: string;
  readonly address: string | null;
  readonly gateway: string | null;
  readonly nameservers: readonly string[];
  /** The host's own DNS server has others to ask, so that the host may ask it. */
  readonly resolves: boolean;
  readonly bridges: readonly HostBridge[];
}

export interface Files {
  readonly main: string;
  /** The file of ours; null: none. */
  readonly own: string | null;
  /** Those of others that the main file includes. */
  readonly others: readonly string[];
}

/** Addresses by interface, as the kernel has them; null where it was not asked. */
export type Kernel = ReadonlyMap<string, readonly string[]> | null;

/**
 * What is declared of the interface that Phoenix comes in by, and is otherwise on the host. An address that does not stand in these
 * files, such as one by DHCP, is as good when the kernel has it; its gateway is then nobody's to compare.
 */
export function byHand(spec: NetworkSpec, { main, others }: Files, kernel: Kernel): string | null {
  const { name, address, gateway } = spec;
  if (address === null && gateway === null) return null;
  const stanzas = [main, ...others].flatMap(stanzasOf).filter((stanza) => stanza.name === name);
  const isThere = address !== null && (kernel?.get(name)?.some((each) => sameAddress(each, address)) ?? false);
  const isPresent = address === null || stanzas.some((stanza) => sameAddress(addressOf(stanza), address));
  const gateways = stanzas.flatMap((stanza) => optionOf(stanza, 'gateway') ?? []);
  const leads =
    gateway === null || (gateways.length === 0 ? isThere : gateways.some((each) => sameAddress(each, gateway)));
  const steps = [...(isPresent || isThere ? [] : [`"address ${address}"`]), ...(leads ? [] : [`"gateway ${gateway}"`])];
  if (steps.length === 0) return null;
  return `${name} is what Phoenix reaches the host by, and a push never changes it: at the host's console, give "iface ${name}" in ${MAIN} ${steps.join(' and ')}, run "ifreload -a", then replay; or declare in network.interfaces what the host has`;
}

export function sameAddress(a: string | null, b: string): boolean {
  const [one, other] = [parseNetwork(a ?? ''), parseNetwork(b)];
  if (one === undefined || other === undefined) return a === b;
  return one.bits === other.bits && spelling(one.address) === spelling(other.address);
}

/** The host would ask its own DNS server, which has nobody to ask but the host. */
export function circle({ nameservers, resolves, address }: NetworkSpec): string | null {
  const own = address?.split('/')[0] ?? '';
  const resolvesItself = parseAddress(own) !== undefined && nameservers.some((server) => sameAddress(server, own));
  return resolvesItself && !resolves
    ? 'the host would ask itself for every name; name dns_server.upstream_servers, or others in network.interfaces.dns_nameservers'
    : null;
}

/** What stands against the declared bridges in files of people. */
export function inTheWay({ name, bridges }: NetworkSpec, seen: Files): string | null {
  if (bridges.length === 0) return null;
  if (!includes(seen.main)) {
    return `${MAIN} does not include ${FOLDER}: add the line "source ${FOLDER}/*" at its end, then replay`;
  }
  const stanzas = [seen.main, ...seen.others].flatMap(stanzasOf);
  for (const bridge of bridges) {
    const reason = clash(bridge, name, stanzas);
    if (reason !== null) return reason;
    stanzas.push(...stanzasOf(bridgesText([bridge])));
  }
  return null;
}

/** @param stanzas what is set up beside it */
function clash(bridge: HostBridge, managed: string, stanzas: readonly Stanza[]): string | null {
  if (bridge.name === managed) return `${managed} is what Phoenix reaches the host by: take it out of network.bridges`;
  if (stanzas.some((stanza) => stanza.name === bridge.name))
    return `"iface ${bridge.name}" is there already: take it out of ${MAIN} or out of network.bridges`;
  for (const stanza of stanzas) {
    const taken = bridge.ports.find((port) => portsOf(stanza).includes(port));
    if (taken !== undefined)
      return `${taken} is a port of ${stanza.name} already, which would be cut off; choose another one for ${bridge.name}`;
    const [own, other] = [parseNetwork(bridge.address ?? ''), parseNetwork(addressOf(stanza) ?? '')];
    if (own !== undefined && other !== undefined && overlaps(own, other))
      return `${bridge.address} of ${bridge.name} lies in the network of ${stanza.name}, which would be cut off; choose another network`;
  }
  return null;
}

function includes(main: string): boolean {
  return /^\s*source(-directory)?\s+(\/etc\/network\/)?interfaces\.d(\/\*?)?\s*$/m.test(main);
}

function portsOf(stanza: Stanza): string[] {
  return (optionOf(stanza, 'bridge-ports') ?? optionOf(stanza, 'bridge_ports') ?? '').split(/\s+/);
}
