// Facts of the software-defined network: what zones of each type have, and where addresses lie (pve-network, PVE/Network/SDN).

import { bitsOf, isIpv4, isIpv6 } from './addresses.ts';
import { type Options, parseSections } from './section-config.ts';

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

/** Likewise of fabrics and their nodes, by protocol (proxmox-ve-rs, proxmox-ve-config/src/sdn/fabric). */
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

/** IPAMs beside Proxmox's own, and DNS servers (Ipams/*Plugin.pm, Dns/PowerdnsPlugin.pm, options); what opens them is asked for too. */
export const IPAM_TYPES: typeof ZONE_TYPES = {
  netbox: { required: ['url'], optional: ['fingerprint'] },
  phpipam: { required: ['url', 'section'], optional: ['fingerprint'] },
};
export const DNS_TYPES: typeof ZONE_TYPES = {
  powerdns: { required: ['url'], optional: ['fingerprint', 'reversemaskv6', 'ttl'] },
};

/** Proxmox's own IPAM, which is there always (Ipams.pm, config). */
export const OWN_IPAM = 'pve';

export const IPAMS_FILE = '/etc/pve/sdn/ipams.cfg';
export const SDN_DNS_FILE = '/etc/pve/sdn/dns.cfg';

/** For sed: either file without what opens a server. */
export const WITHOUT_SDN_SECRETS = '/^[[:space:]]*\\(token\\|key\\)[[:space:]]/d';

/** Fabrics and their nodes stand in one file, and say in the type of their section which protocol they speak. */
export type FabricSort = 'fabric' | 'node';

/** Of sections whose type is `openfabric_fabric`, `ospf_node` and the like, those of one sort, with the protocol as an option. */
export function ofFabrics(sort: FabricSort, sections: Iterable<readonly [string, Options]>): Map<string, Options> {
  return new Map(
    [...sections].flatMap(([id, { type, id: _again, ...options }]): [string, Options][] => {
      const [, protocol = '', found] = /^(\w+)_(fabric|node)$/.exec(type?.[0] ?? '') ?? [];
      return found === sort ? [[id, { ...options, protocol: [protocol] }]] : [];
    }),
  );
}

/** The sections of a file by their id, each with its type among its options. */
export function typedSections(text: string): Map<string, Options> {
  return new Map([...parseSections(text)].map(([id, { type, options }]) => [id, { ...options, type: [type] }]));
}

/** Whether an address lies in a network. */
export function isWithin(address: string, network: string, length: number): boolean {
  if (isIpv4(address) !== isIpv4(network) || isIpv6(address) !== isIpv6(network)) return false;
  const version = isIpv4(network) ? 4 : 6;
  return bitsOf(address, version).slice(0, length) === bitsOf(network, version).slice(0, length);
}
