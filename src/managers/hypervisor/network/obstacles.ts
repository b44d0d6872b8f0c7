// What a push never does to the network of the host, and what to do instead: the interface that Phoenix comes in by is a person's
// work, and nothing that people set up is set up a second time.

import { overlaps, parseAddress, parseNetwork } from '../../../config/address.ts';
import type { HostInterface, HostNetwork } from '../declared.ts';
import { addressOf, optionOf, type Stanza, sameAddress, stanzasOf } from './interfaces.ts';
import { interfacesText } from './own-file.ts';
import { isSameInterface, readInterface } from './read-interface.ts';

export const MAIN = '/etc/network/interfaces';
export const FOLDER = '/etc/network/interfaces.d';

export interface NetworkSpec extends Pick<HostNetwork, 'bridges' | 'bonds' | 'vlans'> {
  /** The interface that the host is managed by. */
  readonly name: string;
  readonly address: string | null;
  readonly gateway: string | null;
  readonly nameservers: readonly string[];
  /** The host's own DNS server has others to ask, so that the host may ask it. */
  readonly resolves: boolean;
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
  const stands = address === null || stanzas.some((stanza) => sameAddress(addressOf(stanza), address));
  const gateways = stanzas.flatMap((stanza) => optionOf(stanza, 'gateway') ?? []);
  const leads =
    gateway === null || (gateways.length === 0 ? isThere : gateways.some((each) => sameAddress(each, gateway)));
  const steps = [...(stands || isThere ? [] : [`"address ${address}"`]), ...(leads ? [] : [`"gateway ${gateway}"`])];
  if (steps.length === 0) return null;
  return `${name} is what Phoenix reaches the host by, and a push never changes it: at the host's console, give "iface ${name}" in ${MAIN} ${steps.join(' and ')}, run "ifreload -a", then replay; or declare in network.interfaces what the host has`;
}

/** The host would ask its own DNS server, which has nobody to ask but the host. */
export function circle({ nameservers, resolves, address }: NetworkSpec): string | null {
  const own = address?.split('/')[0] ?? '';
  const asksItself = parseAddress(own) !== undefined && nameservers.some((server) => sameAddress(server, own));
  return asksItself && !resolves
    ? 'the host would ask itself for every name; name dns_server.upstream_servers, or others in network.interfaces.dns_nameservers'
    : null;
}

/** What of the declared interfaces is for the file of ours: all but those that people set up just so. In the order of the file. */
export function ownInterfaces({ bonds, vlans, bridges }: NetworkSpec, files: Files): readonly HostInterface[] {
  const stanzas = stanzasOfOthers(files);
  return [...bonds, ...vlans, ...bridges].filter((one) => {
    const found = readInterface(one.name, stanzas);
    return found === null || !isSameInterface(one, found);
  });
}

/** What stands against interfaces of ours in files of people. */
export function inTheWay(own: readonly HostInterface[], managed: string, files: Files): string | null {
  if (own.length === 0) return null;
  if (!includes(files.main)) {
    return `${MAIN} does not include ${FOLDER}: add the line "source ${FOLDER}/*" at its end, then replay`;
  }
  const stanzas = stanzasOfOthers(files);
  for (const one of own) {
    const reason = clash(one, managed, stanzas);
    if (reason !== null) return reason;
    stanzas.push(...stanzasOf(interfacesText([one])));
  }
  return null;
}

function stanzasOfOthers({ main, others }: Files): Stanza[] {
  return [main, ...others].flatMap(stanzasOf);
}

/** @param stanzas what is set up beside it */
function clash(one: HostInterface, managed: string, stanzas: readonly Stanza[]): string | null {
  const field = `network.${one.kind}s`;
  if (one.name === managed) return `${managed} is what Phoenix reaches the host by: take it out of ${field}`;
  if (stanzas.some((stanza) => stanza.name === one.name))
    return `"iface ${one.name}" is there already, and not as declared: declare it as it is, take it out of ${MAIN}, or out of ${field}`;
  const reason = portRefusal(one, managed, stanzas);
  if (reason !== null) return reason;
  for (const stanza of stanzas) {
    const [own, other] = [parseNetwork(one.address ?? ''), parseNetwork(addressOf(stanza) ?? '')];
    if (own !== undefined && other !== undefined && overlaps(own, other))
      return `${one.address} of ${one.name} lies in the network of ${stanza.name}, which would be cut off; choose another network`;
  }
  return null;
}

/** Whom it would cut off to become part of a bridge or bond. */
function portRefusal(one: HostInterface, managed: string, stanzas: readonly Stanza[]): string | null {
  for (const port of portsIn(one)) {
    if (port === managed) return `${port} is what Phoenix reaches the host by: take it out of ${one.name}`;
    const holder = stanzas.find((stanza) => portsOf(stanza).includes(port));
    if (holder !== undefined)
      return `${port} is a port of ${holder.name} already, which would be cut off; choose another one for ${one.name}`;
    const address = stanzas.flatMap((stanza) => (stanza.name === port ? (addressOf(stanza) ?? []) : [])).at(0);
    if (address !== undefined)
      return `${port} has the address ${address}, which would be cut off; choose another one for ${one.name}`;
  }
  return null;
}

function portsIn(one: HostInterface): readonly string[] {
  if (one.kind === 'vlan') return [];
  return one.kind === 'bond' ? one.slaves : one.ports;
}

function includes(main: string): boolean {
  return /^\s*source(-directory)?\s+(\/etc\/network\/)?interfaces\.d(\/\*?)?\s*$/m.test(main);
}

/** What is part of a bridge or bond, also of one of Open vSwitch. */
function portsOf(stanza: Stanza): string[] {
  const lists = ['bridge-ports', 'bridge_ports', 'bond-slaves', 'bond_slaves', 'ovs_ports', 'ovs_bonds'];
  return lists.flatMap((key) => (optionOf(stanza, key) ?? '').split(/\s+/));
}
