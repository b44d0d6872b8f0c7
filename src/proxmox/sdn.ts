// Facts of the software-defined network: what zones of each type have, and where addresses lie (pve-network, PVE/Network/SDN).

import { bitsOf, isIpv4, isIpv6 } from './addresses.ts';

const COMMON = ['dns', 'dnszone', 'ipam', 'mtu', 'nodes', 'reversedns'];

/** Of the types that the lab and the manager know: options that a zone must have, and those that it may (Zones/*Plugin.pm, options). */
export const ZONE_TYPES: Readonly<
  Record<string, { readonly required: readonly string[]; readonly optional: readonly string[] }>
> = {
  simple: { required: [], optional: [...COMMON, 'dhcp'] },
  vlan: { required: ['bridge'], optional: [...COMMON, 'bridge-disable-mac-learning'] },
  qinq: { required: ['bridge', 'tag'], optional: [...COMMON, 'bridge-disable-mac-learning', 'vlan-protocol'] },
  vxlan: { required: [], optional: [...COMMON, 'peers', 'vxlan-port', 'fabric'] },
  evpn: {
    required: ['controller', 'vrf-vxlan'],
    optional: [
      ...[...COMMON, 'advertise-subnets', 'bridge-disable-mac-learning', 'disable-arp-nd-suppression', 'exitnodes'],
      ...['exitnodes-local-routing', 'exitnodes-primary', 'mac', 'rt-import', 'vxlan-port'],
    ],
  },
};

/** Likewise of controllers (Controllers/*Plugin.pm, options). */
export const CONTROLLER_TYPES: typeof ZONE_TYPES = {
  evpn: { required: ['asn'], optional: ['peers', 'fabric'] },
  bgp: {
    required: ['asn', 'node', 'peers'],
    optional: ['bgp-multipath-as-path-relax', 'ebgp', 'ebgp-multihop', 'loopback'],
  },
  isis: { required: ['isis-domain', 'isis-ifaces', 'isis-net', 'node'], optional: ['loopback'] },
};

/** Whether an address lies in a network. */
export function isWithin(address: string, network: string, length: number): boolean {
  if (isIpv4(address) !== isIpv4(network) || isIpv6(address) !== isIpv6(network)) return false;
  const version = isIpv4(network) ? 4 : 6;
  return bitsOf(address, version).slice(0, length) === bitsOf(network, version).slice(0, length);
}
