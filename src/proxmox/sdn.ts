// Facts about SDN: options by zone type, and address arithmetic (pve-network, PVE/Network/SDN).

import { bitsOf, isIp, isIpv4, isIpv6 } from './addresses.ts';
import { type Options, parseSections } from './files/section-config.ts';

const COMMON = ['dns', 'dnszone', 'ipam', 'mtu', 'nodes', 'reversedns'];

/** Required and optional options of the supported zone types (Zones/*Plugin.pm, options). */
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
      ...COMMON,
      'advertise-subnets',
      'bridge-disable-mac-learning',
      'disable-arp-nd-suppression',
      'exitnodes',
      'exitnodes-local-routing',
      'exitnodes-primary',
      'mac',
      'rt-import',
      'vxlan-port',
    ],
  },
};

/** Likewise for controllers (Controllers/*Plugin.pm, options). */
export const CONTROLLER_TYPES: typeof ZONE_TYPES = {
  evpn: { required: ['asn'], optional: ['peers', 'fabric'] },
  bgp: {
    required: ['asn', 'node', 'peers'],
    optional: ['bgp-multipath-as-path-relax', 'ebgp', 'ebgp-multihop', 'loopback'],
  },
  isis: { required: ['isis-domain', 'isis-ifaces', 'isis-net', 'node'], optional: ['loopback'] },
};

/** Likewise for fabrics and their nodes, by protocol (proxmox-ve-rs, proxmox-ve-config/src/sdn/fabric). */
export const FABRIC_PROTOCOLS = {
  openfabric: {
    required: [],
    optional: ['ip_prefix', 'ip6_prefix', 'hello_interval', 'csnp_interval'],
    fixed: ['protocol'],
  },
  ospf: { required: ['area', 'ip_prefix'], optional: [], fixed: ['protocol'] },
} as const;

export const FABRIC_NODE_PROTOCOLS = {
  openfabric: { required: [], optional: ['ip', 'ip6', 'interfaces'], fixed: ['protocol'] },
  ospf: { required: ['ip'], optional: ['interfaces'], fixed: ['protocol'] },
} as const;

/** Likewise for external IPAMs and DNS servers (Ipams/*Plugin.pm, Dns/PowerdnsPlugin.pm, options), including their credentials. */
export const IPAM_TYPES: typeof ZONE_TYPES = {
  netbox: { required: ['url'], optional: ['fingerprint'] },
  phpipam: { required: ['url', 'section'], optional: ['fingerprint'] },
};
export const DNS_TYPES: typeof ZONE_TYPES = {
  powerdns: { required: ['url'], optional: ['fingerprint', 'reversemaskv6', 'ttl'] },
};

/** Proxmox's built-in IPAM (Ipams.pm, config). */
export const OWN_IPAM = 'pve';

export const IPAMS_FILE = '/etc/pve/sdn/ipams.cfg';
export const SDN_DNS_FILE = '/etc/pve/sdn/dns.cfg';

/** sed expression that removes credentials from both files. */
export const WITHOUT_SDN_SECRETS = '/^[[:space:]]*\\(token\\|key\\)[[:space:]]/d';

/** Fabrics and their nodes are in one file; the section type contains the protocol. */
export type FabricSort = 'fabric' | 'node';

/** Sections of one sort (types such as `openfabric_fabric`, `ospf_node`), with the protocol as an option. */
export function ofFabrics(sort: FabricSort, sections: Iterable<readonly [string, Options]>): Map<string, Options> {
  return new Map(
    [...sections].flatMap(([id, { type, id: _again, ...options }]): [string, Options][] => {
      const [, protocol = '', found] = /^(\w+)_(fabric|node)$/.exec(type?.[0] ?? '') ?? [];
      return found === sort ? [[id, { ...options, protocol: [protocol] }]] : [];
    }),
  );
}

/** Sections of a file by id, with their type as an option. */
export function typedSections(text: string): Map<string, Options> {
  return new Map([...parseSections(text)].map(([id, { type, options }]) => [id, { ...options, type: [type] }]));
}

interface DhcpRange {
  readonly 'start-address': string;
  readonly 'end-address': string;
}

/** Whether a declared entry of `dhcp-range` has both addresses; one that lacks them is refused by the parameter table. */
export function isDhcpRange(entry: unknown): entry is DhcpRange {
  const { 'start-address': start, 'end-address': end } = Object(entry);
  return typeof start === 'string' && typeof end === 'string';
}

/** Why the first range that cannot be one of a subnet is refused, by its position (SubnetPlugin.pm, validate_dhcp_ranges); undefined for none. */
export function dhcpRangeProblem(
  network: string,
  length: number,
  ranges: readonly DhcpRange[],
): { readonly index: number; readonly message: string } | undefined {
  const bits = (address: string): string => (isIp(address) ? bitsOf(address, isIpv4(address) ? 4 : 6) : '');
  for (const [index, { 'start-address': start, 'end-address': end }] of ranges.entries()) {
    const [first, last] = [bits(start), bits(end)];
    if (isIpv4(start) === isIpv4(end) && first > last)
      return { index, message: `start-address ${start} must be smaller than end-address ${end}` };
    for (const [name, address] of Object.entries({ 'start-address': start, 'end-address': end })) {
      if (!isWithin(address, network, length))
        return { index, message: `${name} ${address} is not in subnet ${network}/${length}` };
    }
    const overlaps = ranges
      .slice(0, index)
      .some((other) => first <= bits(other['end-address']) && bits(other['start-address']) <= last);
    if (overlaps) return { index, message: 'dhcp ranges must not overlap' };
  }
  return undefined;
}

/** Whether Proxmox lets a subnet have this gateway: any for a single IPv4 address, which routes point to point (SubnetPlugin.pm, on_update_hook). */
export function mayBeGateway(gateway: string, network: string, length: number): boolean {
  return isWithin(gateway, network, length) || (isIpv4(gateway) && length === 32);
}

/** Whether an address is in a network. */
export function isWithin(address: string, network: string, length: number): boolean {
  if (isIpv4(address) !== isIpv4(network) || isIpv6(address) !== isIpv6(network)) return false;
  const version = isIpv4(network) ? 4 : 6;
  return bitsOf(address, version).slice(0, length) === bitsOf(network, version).slice(0, length);
}

const SETS_OF_VNET = ['all', 'gateway', 'no-gateway', 'dhcp'] as const;

/** Names of the IP sets that Proxmox generates for its firewall from the subnets of a vnet (proxmox-ve-config, src/sdn/config.rs). */
export function ipSetsOfVnet(vnet: string): string[] {
  return SETS_OF_VNET.map((part) => `${vnet}-${part}`);
}

/** Name of the IP set with the addresses that a guest has from Proxmox's own IPAM (proxmox-ve-config, src/sdn/ipam.rs). */
export function ipSetOfGuest(id: number | string): string {
  return `guest-ipam-${id}`;
}

/** Whether a set may be one of those, of whatever vnet or guest. */
export function mayBeOfSdn(set: string): boolean {
  return /^guest-ipam-\d+$/.test(set) || SETS_OF_VNET.some((part) => set.endsWith(`-${part}`));
}
