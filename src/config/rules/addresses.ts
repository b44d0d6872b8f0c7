// A guest's address must be one that it can have and that the rest of the network can reach.

import type { Config, Guest } from '../config.ts';
import { within } from '../place.ts';
import { contains, fixedAddress, isReserved, type Network, parseAddress, parseNetwork, spelling } from './address.ts';
import { macPlace } from './duplicates.ts';
import { allGuests, nameOfGuest, targetOf } from './guests.ts';
import type { Finding, RuleContext } from './rule.ts';

/**
 * BAD_ADDRESS: outside the subnet of the host's bridge, equal to the gateway or the host, the number or broadcast address of
 * its network, or with a gateway that it cannot reach. Guests on other bridges and VLANs are only checked in themselves.
 */
export function guestAddressesFit({ config }: RuleContext): Finding[] {
  return allGuests(config).flatMap((guest) => {
    const own = parseNetwork(guest.network.ip);
    if (own === undefined) return [];
    const ip = within(guest.writtenAt, 'network_config', 'ip');
    const fault = addressFault(own, guest, config);
    const gateway = guest.network.gateway === null ? undefined : parseAddress(guest.network.gateway);
    const findings: Finding[] = fault === undefined ? [] : [bad(guest, ip, fault)];
    if (gateway !== undefined && gateway.kind() === own.address.kind() && !contains(own, gateway)) {
      const place = within(guest.writtenAt, 'network_config', 'gw');
      findings.push(bad(guest, place, `the gateway ${guest.network.gateway} is outside of ${guest.network.ip}`));
    }
    return findings;
  });
}

function addressFault(own: Network, guest: Guest, config: Config): string | undefined {
  const { address, gateway, subnet, name } = config.hypervisor.network;
  const text = spelling(own.address);
  const is = (other: string | null) => {
    const parsed = fixedAddress(other);
    return parsed !== null && spelling(parsed) === text;
  };
  if (is(guest.network.gateway) || is(gateway)) return `${text} is the address of the gateway`;
  if (is(address)) return `${text} is the address of the host`;
  if (isReserved(own)) return `${text} is the number or broadcast address of its network, not one a guest can have`;
  const managed = subnet === null ? undefined : parseNetwork(subnet);
  const onHostNetwork = guest.network.bridge === name && guest.network.vlan === null;
  if (managed !== undefined && onHostNetwork && managed.address.kind() === own.address.kind()) {
    if (!contains(managed, own.address)) return `${text} is outside of ${subnet}, the subnet on ${name}`;
  }
  return undefined;
}

function bad(guest: Guest, at: Finding['at'], fault: string): Finding {
  return { code: 'BAD_ADDRESS', at, message: `${nameOfGuest(guest)}: ${fault}`, target: targetOf(guest) };
}

/** BAD_ADDRESS: the lowest bit of the first byte marks a MAC address of a group; Proxmox refuses it. */
export function macsAreUnicast({ config }: RuleContext): Finding[] {
  return allGuests(config)
    .filter((guest) => guest.network.mac !== null && Number.parseInt(guest.network.mac.slice(0, 2), 16) % 2 === 1)
    .map((guest) => ({
      ...bad(guest, macPlace(guest), `${guest.network.mac} is a multicast MAC address`),
      hint: 'Let the second digit be even, for example 52:54:00:….',
    }));
}

/** BAD_ADDRESS: the host cannot reach its own gateway. */
export function hostGatewayIsReachable({ config }: RuleContext): Finding[] {
  const { address, gateway } = config.hypervisor.network;
  const own = address === null ? undefined : parseNetwork(address);
  const via = gateway === null ? undefined : parseAddress(gateway);
  if (own === undefined || via === undefined || via.kind() !== own.address.kind()) return [];
  const same = spelling(via) === spelling(own.address);
  if (contains(own, via) && !same) return [];
  return [
    {
      code: 'BAD_ADDRESS',
      at: within(config.hypervisor.writtenAt, 'network', 'interfaces', 'gateway'),
      message: same
        ? `The host's gateway ${gateway} is its own address`
        : `The host's gateway ${gateway} is outside of ${address}`,
    },
  ];
}
