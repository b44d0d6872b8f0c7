// Checks the interfaces of the host against each other and against the management interface: what ifupdown2, the kernel or Phoenix would refuse once
// they are applied, although the file alone shows it (pve-common, PVE/Network/Interfaces.pm; pve-manager, PVE/API2/Network.pm).

import { canBeGateway, fixedAddress, isReserved, parseNetwork, spelling } from '../../../config/address.ts';
import type { Diagnostic } from '../../../config/diagnostic.ts';
import { type Place, placeIn } from '../../../config/read/place.ts';
import { splitRemedy } from '../../../model/failure.ts';
import { targetId } from '../../../model/ids.ts';
import type { RuleContext } from '../../rule.ts';
import type { HostInterface, HostNetwork } from '../declared.ts';
import { addressesOf, type Conflict, conflictOf, portsIn } from './conflicts.ts';
import { type Stanza, stanzasOf } from './interfaces.ts';
import { resolverLoop } from './obstacles.ts';
import { interfacesText } from './own-file.ts';

interface Placed {
  readonly one: HostInterface;
  readonly at: Place;
}

/**
 * DUPLICATE_NAME, INVALID_VALUE and BAD_ADDRESS: two interfaces have one name, port, network or default gateway; one is made of what it cannot be
 * made of; an address or gateway cannot be that of the interface. One diagnostic for each interface.
 */
export function interfacesFitTogether({ config: { hypervisor } }: RuleContext): Diagnostic[] {
  const { network, writtenAt } = hypervisor;
  const placed = placedInterfaces(network, placeIn(writtenAt, 'network'));
  const stanzas = managementStanza(network);
  const byName = new Map(placed.map(({ one }) => [one.name, one]));
  return placed.flatMap(({ one, at }): Diagnostic[] => {
    const conflict = conflictOf(one, network.name, stanzas) ?? madeOfFault(one, byName) ?? addressFault(one);
    stanzas.push(...stanzasOf(interfacesText([one])));
    const twin = placed.find((other) => other.one !== one && other.one.name === one.name);
    if (conflict === null) return sameVlan(one, placed).map((found) => diagnostic(found, at));
    const isTwice = conflict.code === 'DUPLICATE_NAME' && twin !== undefined;
    return [diagnostic(isTwice ? { ...conflict, ...TWICE(one.name) } : conflict, at)];
  });
}

/** INVALID_VALUE: the host would ask its own DNS server, which asks nobody else. */
export function hostAsksSomebodyElse({ config: { hypervisor } }: RuleContext): Diagnostic[] {
  const { network, dns, writtenAt } = hypervisor;
  const reason = resolverLoop({ ...network, resolves: !dns.enabled || dns.upstreamServers.length > 0 });
  if (reason === null) return [];
  const { description: message, remedy } = splitRemedy(reason);
  const at = placeIn(writtenAt, 'network', 'interfaces', 'dns_nameservers');
  return [{ code: 'INVALID_VALUE', at, message, hint: sentenceOf(remedy ?? ''), target: TARGET }];
}

/** NO_EFFECT: servers that nobody asks, since the host's own DNS server is off. */
export function upstreamServersAreAsked({ config: { hypervisor } }: RuleContext): Diagnostic[] {
  const { dns, writtenAt } = hypervisor;
  if (dns.enabled || dns.upstreamServers.length === 0) return [];
  return [
    {
      code: 'NO_EFFECT',
      at: placeIn(writtenAt, 'dns_server', 'upstream_servers'),
      message: '"upstream_servers" has no effect: the DNS server of the host, which would ask them, is not enabled',
      hint: 'Take it out, or write "enabled": true beside it; what the host itself asks is network.interfaces.dns_nameservers.',
      target: targetId('hypervisor', 'dns'),
    },
  ];
}

const TARGET = targetId('hypervisor', 'network');

const TWICE = (name: string) => ({
  message: `${name} is declared twice`,
  remedy: 'give each interface a name of its own',
});

function diagnostic({ code, at, message, remedy }: Conflict, place: Place): Diagnostic {
  return { code, at: placeIn(place, ...at), message, hint: sentenceOf(remedy), target: TARGET };
}

function sentenceOf(remedy: string): string {
  return `${remedy.slice(0, 1).toUpperCase()}${remedy.slice(1)}.`;
}

/** What others are made of comes first, in the order of the file otherwise. */
function placedInterfaces({ bonds, vlans, bridges, ovs = [] }: HostNetwork, at: Place): Placed[] {
  const all: readonly HostInterface[] = [...bonds, ...vlans, ...bridges, ...ovs];
  const counts = new Map<string, number>();
  return all.map((one) => {
    const index = counts.get(one.kind) ?? 0;
    counts.set(one.kind, index + 1);
    return { one, at: placeIn(at, `${one.kind}s`, index) };
  });
}

/** The management interface as far as it is declared; a person sets it up on the host. */
function managementStanza({ name, address, gateway }: HostNetwork): Stanza[] {
  const options = Object.entries({ address, gateway }).flatMap(([key, value]): [string, string][] =>
    value === null ? [] : [[key, value]],
  );
  return [{ name, family: address?.includes(':') ? 'inet6' : 'inet', method: 'static', options }];
}

/** The kinds that a port of each kind cannot be. Of a port that is not declared, nothing is known. */
const NOT_MADE_OF: Readonly<Record<HostInterface['kind'], readonly HostInterface['kind'][]>> = {
  bridge: ['bridge', 'ovs_bridge'],
  bond: ['vlan', 'bridge', 'ovs_bridge', 'ovs_bond', 'ovs_port'],
  vlan: ['ovs_bridge', 'ovs_bond', 'ovs_port'],
  ovs_bridge: ['bond', 'vlan', 'bridge', 'ovs_bridge', 'ovs_bond', 'ovs_port'],
  ovs_bond: ['bond', 'vlan', 'bridge', 'ovs_bridge', 'ovs_bond', 'ovs_port'],
  ovs_port: [],
};

function madeOfFault(one: HostInterface, byName: ReadonlyMap<string, HostInterface>): Conflict | null {
  const { field, names } = one.kind === 'vlan' ? { field: 'name', names: [one.device] } : portsIn(one);
  for (const [index, name] of names.entries()) {
    const part = byName.get(name);
    if (part === undefined) continue;
    const at = one.kind === 'vlan' ? ['name'] : [field, index];
    const fault = (message: string, remedy: string): Conflict => ({ code: 'INVALID_VALUE', at, message, remedy });
    if (NOT_MADE_OF[one.kind].includes(part.kind))
      return fault(
        `${one.name} cannot be made of ${name}, which is one of network.${part.kind}s`,
        'name another interface',
      );
    // Those that come later in the file too.
    const [address] = addressesOf(part);
    if (one.kind !== 'vlan' && address !== undefined)
      return fault(`${name} has the address ${address}, which would be cut off`, `choose another one for ${one.name}`);
    const [outer, inner] = one.kind === 'vlan' || one.kind === 'bridge' ? [part, one] : [one, part];
    if (outer.mtu !== null && inner.mtu !== null && inner.mtu > outer.mtu)
      return {
        ...fault(
          `mtu ${inner.mtu} of ${inner.name} is larger than ${outer.mtu} of ${outer.name}`,
          `declare ${outer.mtu} at most, or more for ${outer.name}`,
        ),
        at: ['mtu'],
      };
  }
  return null;
}

/** An interface cannot have its address, or not reach its gateway. */
function addressFault(one: HostInterface): Conflict | null {
  const { address, gateway, address6, gateway6 } = one;
  const fault = (field: string, message: string, remedy: string): Conflict => {
    return { code: 'BAD_ADDRESS', at: [field], message, remedy };
  };
  for (const own of addressesOf(one)) {
    const network = parseNetwork(own);
    if (network !== undefined && isReserved(network)) {
      const message = `${own} is the number or broadcast address of its network, not one the host can have`;
      return fault(own === address ? 'address' : 'address6', message, 'choose another address of the network');
    }
  }
  const pairs = [
    { field: 'gateway', own: address, via: gateway },
    { field: 'gateway6', own: address6 ?? null, via: gateway6 },
  ];
  for (const { field, own, via } of pairs) {
    const [network, router] = [parseNetwork(own ?? ''), fixedAddress(via ?? null)];
    if (network === undefined || router === null) continue;
    if (spelling(router) === spelling(network.address))
      return fault(field, `gateway ${via} is the address of ${one.name} itself`, 'name the router');
    if (!canBeGateway(network, router))
      return fault(field, `gateway ${via} is outside of ${own}`, 'name a router in the network of the address');
  }
  return null;
}

/** The kernel has each VLAN of an interface once. */
function sameVlan(one: HostInterface, placed: readonly Placed[]): Conflict[] {
  if (one.kind !== 'vlan') return [];
  const before = placed.slice(
    0,
    placed.findIndex((other) => other.one === one),
  );
  const twin = before.find(
    ({ one: other }) => other.kind === 'vlan' && other.device === one.device && other.vlan === one.vlan,
  );
  if (twin === undefined) return [];
  const message = `${twin.one.name} is VLAN ${one.vlan} on ${one.device} already`;
  return [{ code: 'INVALID_VALUE', at: ['name'], message, remedy: 'declare it once' }];
}
