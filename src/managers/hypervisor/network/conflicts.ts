// Conflicts of an interface of the host with the others, those of the declaration and those in the host's files alike: a name, a port, a network of
// addresses and a default gateway belong to one interface.

import { overlaps, parseNetwork } from '../../../config/address.ts';
import type { HostInterface } from '../declared.ts';
import { addressOf, optionOf, type Stanza } from './interfaces.ts';

export interface Conflict {
  readonly code: 'DUPLICATE_NAME' | 'INVALID_VALUE' | 'BAD_ADDRESS';
  /** Path of the value below the interface: `['ports', 0]`. */
  readonly at: readonly (string | number)[];
  readonly message: string;
  /** What to do: a clause that begins with a verb. */
  readonly remedy: string;
}

/**
 * The first conflict of an interface; null where there is none.
 *
 * @param managed the management interface
 * @param stanzas everything else that is configured
 */
export function conflictOf(one: HostInterface, managed: string, stanzas: readonly Stanza[]): Conflict | null {
  const field = `network.${one.kind}s`;
  if (one.name === managed) {
    const message = `${managed} is what Phoenix reaches the host by`;
    return { code: 'DUPLICATE_NAME', at: ['name'], message, remedy: `take it out of ${field}` };
  }
  if (stanzas.some(({ name }) => name === one.name)) {
    const message = `"iface ${one.name}" is there already, and not as declared`;
    const remedy = `declare it as it is, take it out of /etc/network/interfaces, or out of ${field}`;
    return { code: 'DUPLICATE_NAME', at: ['name'], message, remedy };
  }
  return portConflict(one, managed, stanzas) ?? addressConflict(one, stanzas);
}

/** Why a port cannot join the bridge or bond without cutting something off; null where it can. */
function portConflict(one: HostInterface, managed: string, stanzas: readonly Stanza[]): Conflict | null {
  const { field, names } = portsIn(one);
  for (const [index, port] of names.entries()) {
    const conflict = (message: string, remedy: string): Conflict => {
      return { code: 'INVALID_VALUE', at: [field, index], message, remedy };
    };
    if (port === managed) return conflict(`${port} is what Phoenix reaches the host by`, `take it out of ${one.name}`);
    const choose = `choose another one for ${one.name}`;
    const holder = stanzas.find((stanza) => portsOf(stanza).includes(port));
    if (holder !== undefined)
      return conflict(`${port} is a port of ${holder.name} already, which would be cut off`, choose);
    const address = stanzas.flatMap((stanza) => (stanza.name === port ? (addressOf(stanza) ?? []) : [])).at(0);
    if (address !== undefined) return conflict(`${port} has the address ${address}, which would be cut off`, choose);
  }
  return null;
}

function addressConflict(one: HostInterface, stanzas: readonly Stanza[]): Conflict | null {
  for (const stanza of stanzas) {
    const address = addressesOf(one).find((each) => isWithin(each, addressOf(stanza)));
    if (address !== undefined) {
      const message = `${address} of ${one.name} lies in the network of ${stanza.name}, which would be cut off`;
      const at = [address === one.address ? 'address' : 'address6'];
      return { code: 'BAD_ADDRESS', at, message, remedy: 'choose another network' };
    }
    const other = optionOf(stanza, 'gateway');
    const gateway = [one.gateway, one.gateway6].find((each) => each !== undefined && isSameFamily(each, other));
    if (gateway !== undefined) {
      const message = `${stanza.name} has the default gateway ${other} already, and the host has one for each family`;
      const remedy = `take ${gateway} of ${one.name} out of network.${one.kind}s`;
      return { code: 'BAD_ADDRESS', at: [gateway === one.gateway ? 'gateway' : 'gateway6'], message, remedy };
    }
  }
  return null;
}

/** Addresses of the host on an interface. */
export function addressesOf({ address, address6 }: Pick<HostInterface, 'address' | 'address6'>): string[] {
  return [address, address6].flatMap((each) => each ?? []);
}

/** The interfaces that an interface is made of, in the order of the file, and the field that names them. */
export function portsIn(one: HostInterface): { readonly field: 'ports' | 'slaves'; readonly names: readonly string[] } {
  if (one.kind === 'vlan' || one.kind === 'ovs_port') return { field: 'ports', names: [] };
  if (one.kind === 'ovs_bridge')
    return { field: 'ports', names: one.ports.filter((port) => !one.attached.includes(port)) };
  return 'slaves' in one ? { field: 'slaves', names: one.slaves } : { field: 'ports', names: one.ports };
}

/** The ports of a bridge or bond, including those of Open vSwitch. */
function portsOf(stanza: Stanza): string[] {
  const lists = ['bridge-ports', 'bridge_ports', 'bond-slaves', 'bond_slaves', 'ovs_ports', 'ovs_bonds'];
  return lists.flatMap((key) => (optionOf(stanza, key) ?? '').split(/\s+/));
}

function isWithin(address: string, network: string | null): boolean {
  const [own, other] = [parseNetwork(address), parseNetwork(network ?? '')];
  return own !== undefined && other !== undefined && overlaps(own, other);
}

function isSameFamily(address: string, other: string | null): boolean {
  return other !== null && address.includes(':') === other.includes(':');
}
