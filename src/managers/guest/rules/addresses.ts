// Checks that guests' addresses are valid and reachable by the rest of the network.

import {
  canBeGateway,
  contains,
  fixedAddress,
  isReserved,
  isSingle,
  type Network,
  parseAddress,
  parseNetwork,
  spelling,
} from '../../../config/address.ts';
import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import type { Config, Guest } from '../../config.ts';
import type { HostNetwork } from '../../hypervisor/declared.ts';
import type { RuleContext } from '../../rule.ts';
import { CREATION_DEFAULTS } from '../creation-defaults.ts';
import {
  addressesOf,
  allGuests,
  type DeclaredAddress,
  type DeclaredInterface,
  interfacesOf,
  macsOf,
  nameOfGuest,
  targetOf,
} from '../guests.ts';

/**
 * BAD_ADDRESS: outside the subnet of the host's bridge, equal to the gateway or the host, the number or broadcast address of
 * its network, or with a gateway that it cannot reach. Guests on other bridges and VLANs are only checked in themselves.
 */
export function guestAddressesFit({ config, unreadable }: RuleContext): Diagnostic[] {
  const surroundings = unreadable.host('network') ? UNKNOWN : surroundingsOf(config.hypervisor.network);
  const wrongSubnet = nobodyFits(config, surroundings);
  if (wrongSubnet !== null) return [wrongSubnet];
  return allGuests(config).flatMap((guest) => {
    return addressesOf(guest).flatMap((address): Diagnostic[] => {
      const { own, at, setting } = address;
      const fault = addressFault(address, guest, surroundings);
      if (fault !== undefined) return [bad(guest, at, fault)];
      const gateway = fixedAddress(address.gateway);
      if (gateway === null || canBeGateway(own, gateway)) return [];
      const { net, addressesAt } = address.interface;
      const field = address.gateway === net.gateway ? 'gw' : 'gw6';
      const outside = bad(
        guest,
        placeIn(addressesAt, field),
        `the gateway ${address.gateway} is outside of ${setting}`,
      );
      return [
        { ...outside, hint: 'Write a gateway of that network, or the address with the prefix length of its network.' },
      ];
    });
  });
}

/**
 * BAD_ADDRESS: Proxmox accepts a VM's gateway only with an address of the same family (`requires` of ipconfig), and passes cloud-init no network at
 * all where that address comes from DHCP (qemu-server, PVE/QemuServer/Network.pm, parse_ipconfig).
 */
export function gatewaysFitTheirAddresses({ config }: RuleContext): Diagnostic[] {
  return config.vm.flatMap((guest): Diagnostic[] => {
    return interfacesOf(guest).flatMap(({ net, addressesAt }): Diagnostic[] => {
      const { ip, ip6, gateway, gateway6 } = net;
      const fixed = [ip, ip6].filter((each) => each?.includes('/') === true);
      return [
        { field: 'gw', via: gateway, beside: ip },
        { field: 'gw6', via: gateway6, beside: ip6 },
      ].flatMap(({ field, via, beside }): Diagnostic[] => {
        if (via === null || fixed.some((each) => each?.includes(':') === via.includes(':'))) return [];
        const fault = beside?.includes('/')
          ? `the gateway ${via} is of another family than ${beside}`
          : `a gateway beside "${beside ?? 'dhcp'}"`;
        return [bad(guest, placeIn(addressesAt, field), fault)];
      });
    });
  });
}

/** When every address is outside the subnet, it is the subnet that is wrong. */
function nobodyFits(config: Config, around: Surroundings): Diagnostic | null {
  const { subnet, subnetText, bridge } = around;
  if (subnet === undefined) return null;
  const own = allGuests(config).flatMap((guest) =>
    addressesOf(guest)
      .filter((one) => isOnNetworkOf(guest, one.interface, bridge) && !isRoutedAlone(one))
      .filter((one) => one.own.address.kind() === subnet.address.kind())
      .map((one) => ({ guest, setting: one.setting, address: one.own.address })),
  );
  const [first] = own;
  if (first === undefined || own.length < 2) return null;
  if (own.some(({ address }) => contains(subnet, address))) return null;
  return {
    code: 'BAD_ADDRESS',
    at: placeIn(config.hypervisor.writtenAt, 'network', 'interfaces', 'address'),
    message: `all ${own.length} guests on ${bridge} are outside of ${subnetText}, such as ${nameOfGuest(first.guest)} at ${first.setting}`,
    hint: 'Correct the address of the host, or default_subnet, or those of the guests.',
  };
}

interface Surroundings {
  /** The host's management bridge. */
  readonly bridge: string;
  readonly gateway: string | null;
  readonly host: string | null;
  readonly subnet: Network | undefined;
  readonly subnetText: string;
}

const UNKNOWN: Surroundings = { bridge: '', gateway: null, host: null, subnet: undefined, subnetText: '' };

function surroundingsOf({ name, gateway, address, subnet }: HostNetwork): Surroundings {
  const text = (setting: string | null) => {
    const parsed = fixedAddress(setting);
    return parsed === null ? null : spelling(parsed);
  };
  return {
    bridge: name,
    gateway: text(gateway),
    host: text(address),
    subnet: parseNetwork(subnet ?? ''),
    subnetText: subnet ?? '',
  };
}

function addressFault(address: DeclaredAddress, guest: Guest, around: Surroundings): string | undefined {
  const { own, text } = address;
  const gateway = fixedAddress(address.gateway);
  if (text === around.gateway || (gateway !== null && text === spelling(gateway))) {
    return `${text} is the address of the gateway`;
  }
  if (text === around.host) return `${text} is the address of the host`;
  if (isReserved(own)) return `${text} is the number or broadcast address of its network, not one a guest can have`;
  const { subnet, subnetText, bridge } = around;
  if (
    subnet === undefined ||
    isRoutedAlone(address) ||
    !isOnNetworkOf(guest, address.interface, bridge) ||
    subnet.address.kind() !== own.address.kind()
  )
    return undefined;
  return contains(subnet, own.address) ? undefined : `${text} is outside of ${subnetText}, the subnet on ${bridge}`;
}

/** An address without neighbours that is reached by its own gateway, as rented servers have it: whatever network is on the bridge. */
function isRoutedAlone({ own, gateway }: DeclaredAddress): boolean {
  return isSingle(own) && gateway !== null;
}

/** On the host's own bridge, without a VLAN tag. */
function isOnNetworkOf({ kind }: Guest, { net }: DeclaredInterface, bridge: string): boolean {
  return (net.bridge ?? CREATION_DEFAULTS[kind].bridge) === bridge && net.vlan === null;
}

function bad(guest: Guest, at: Diagnostic['at'], fault: string): Diagnostic {
  return { code: 'BAD_ADDRESS', at, message: `${nameOfGuest(guest)}: ${fault}`, target: targetOf(guest) };
}

/** NO_GATEWAY: on the host's network, which has a gateway, a guest with a fixed address has none and reaches nothing beyond that network. */
export function fixedAddressesHaveAGateway({ config, unreadable }: RuleContext): Diagnostic[] {
  const { name: bridge, gateway, address } = config.hypervisor.network;
  const via = fixedAddress(gateway);
  const subnet = parseNetwork(address ?? '');
  if (via === null || unreadable.host('network')) return [];
  return allGuests(config).flatMap((guest): Diagnostic[] => {
    const all = addressesOf(guest).filter(({ own }) => own.address.kind() === via.kind());
    const first = all.find(({ interface: { key } }) => key === 'net0');
    if (first === undefined || all.some(({ gateway }) => gateway !== null)) return [];
    const own = first.own.address;
    if (!isOnNetworkOf(guest, first.interface, bridge)) return [];
    // Another subnet on the same bridge has its own gateway, or none on purpose.
    if (subnet !== undefined && !contains(subnet, own)) return [];
    const { at } = first;
    const message = `${nameOfGuest(guest)} has the fixed address ${first.setting} and no gateway: it reaches nothing beyond ${bridge}`;
    return [{ code: 'NO_GATEWAY', at, message, hint: `Write "gw": "${gateway}".`, target: targetOf(guest) }];
  });
}

/** BAD_ADDRESS: the lowest bit of the first byte marks a multicast MAC address, which Proxmox refuses. */
export function macsAreUnicast({ config }: RuleContext): Diagnostic[] {
  return allGuests(config).flatMap((guest) =>
    macsOf(guest)
      .filter(({ mac }) => Number.parseInt(mac.slice(0, 2), 16) % 2 === 1)
      .map(({ mac, at }) => ({
        ...bad(guest, at, `${mac} is a multicast MAC address`),
        hint: 'Let the second digit be even, for example 52:54:00:….',
      })),
  );
}

/** BAD_ADDRESS: the host has an invalid address, or cannot reach its own gateway. */
export function hostGatewayIsReachable({ config }: RuleContext): Diagnostic[] {
  const { address, gateway } = config.hypervisor.network;
  const own = address === null ? undefined : parseNetwork(address);
  if (own !== undefined && isReserved(own)) {
    const at = placeIn(config.hypervisor.writtenAt, 'network', 'interfaces', 'address');
    const message = `${address} is the number or broadcast address of its network, not one the host can have`;
    return [{ code: 'BAD_ADDRESS', at, message }];
  }
  const via = gateway === null ? undefined : parseAddress(gateway);
  if (own === undefined || via === undefined || via.kind() !== own.address.kind()) return [];
  const same = spelling(via) === spelling(own.address);
  if (canBeGateway(own, via) && !same) return [];
  return [
    {
      code: 'BAD_ADDRESS',
      at: placeIn(config.hypervisor.writtenAt, 'network', 'interfaces', 'gateway'),
      message: same
        ? `The host's gateway ${gateway} is its own address`
        : `The host's gateway ${gateway} is outside of ${address}`,
    },
  ];
}
