// The software-defined network: controllers, zones that may use one, vnets in zones, and subnets of vnets. Proxmox applies all of it at once, so they
// are one target together.

import {
  CONTROLLER_TYPES,
  dhcpRangeProblem,
  isDhcpRange,
  mayBeGateway,
  typedSections,
  ZONE_TYPES,
} from '../../../proxmox/sdn.ts';
import type { ObjectRow } from '../row.ts';

/** At most eight letters and digits, since the name becomes part of an interface name. */
const named = {
  pattern: /^[a-zA-Z][a-zA-Z0-9]{1,7}$/,
  expected: 'must be a name of 2 to 8 letters and digits, and begin with a letter',
};

const COMMON = {
  required: [],
  oneOf: [],
  clear: 'delete',
  members: [],
  mark: null,
  appliedTogether: true,
} as const satisfies Partial<ObjectRow>;

export const controllers: ObjectRow = {
  ...COMMON,
  kind: 'controller',
  field: 'sdn_controllers',
  label: 'controller',
  describes: 'What tells the nodes the routes of EVPN zones, of type evpn, bgp or isis, by name.',
  id: 'controller',
  nameFormat: {
    pattern: /^[a-zA-Z][a-zA-Z0-9_-]{0,62}[a-zA-Z0-9]$/,
    expected: 'must be a name of 2 to 64 letters, digits, _ and -, and begin with a letter',
  },
  paths: { create: '/cluster/sdn/controllers', change: '/cluster/sdn/controllers/{controller}' },
  file: '/etc/pve/sdn/controllers.cfg',
  read: typedSections,
  without: ['lock-token'],
  required: ['type'],
  types: CONTROLLER_TYPES,
  defaults: { ebgp: '0', 'bgp-multipath-as-path-relax': '0' },
  references: { fabric: 'fabric' },
  lossOnDelete: 'the routes between the nodes of its zones',
  faults: (_name, { type, peers, fabric }) =>
    type === 'evpn' && (peers === undefined) === (fabric === undefined)
      ? [{ option: 'type', message: 'must have either peers or fabric, as every controller of type evpn' }]
      : [],
};

export const zones: ObjectRow = {
  ...COMMON,
  kind: 'zone',
  field: 'sdn_zones',
  label: 'zone',
  describes: 'Zones of the software-defined network, of type simple, vlan, qinq, vxlan or evpn, by name.',
  id: 'zone',
  nameFormat: named,
  paths: { create: '/cluster/sdn/zones', change: '/cluster/sdn/zones/{zone}' },
  file: '/etc/pve/sdn/zones.cfg',
  read: typedSections,
  // `dp-id` belongs to Faucet, which Proxmox no longer supports; `lock-token` to a lock held by somebody else.
  without: ['dp-id', 'lock-token'],
  required: ['type'],
  types: ZONE_TYPES,
  defaults: { 'vlan-protocol': '802.1q', 'vxlan-port': '4789', 'bridge-disable-mac-learning': '0' },
  references: { controller: 'controller', fabric: 'fabric', ipam: 'IPAM', dns: 'DNS server', reversedns: 'DNS server' },
  lossOnDelete: 'the network of the guests in it',
  sentWith: { dnszone: ['dns'] },
  faults: (_name, { type, peers, fabric, dns, dnszone, dhcp, ipam }) => [
    ...(type === 'vxlan' && (peers === undefined) === (fabric === undefined)
      ? [{ option: 'type', message: 'must have either peers or fabric, as every zone of type vxlan' }]
      : []),
    ...(dnszone !== undefined && dns === undefined
      ? [{ option: 'dnszone', message: 'must not stand without dns, the server that has the zone' }]
      : []),
    // Its dnsmasq knows the guests from the IPAM alone, and ignores all others (Dhcp/Dnsmasq.pm).
    ...(dhcp !== undefined && ipam === undefined
      ? [{ option: 'dhcp', message: 'must not stand without ipam, which knows the addresses to give out: "pve"' }]
      : []),
  ],
};

export const vnets: ObjectRow = {
  ...COMMON,
  kind: 'vnet',
  field: 'sdn_vnets',
  label: 'vnet',
  describes: 'Networks of a zone, by name: each is a bridge of that name on every node of the zone.',
  id: 'vnet',
  nameFormat: named,
  paths: { create: '/cluster/sdn/vnets', change: '/cluster/sdn/vnets/{vnet}' },
  file: '/etc/pve/sdn/vnets.cfg',
  read: typedSections,
  without: ['lock-token', 'type'],
  required: ['zone'],
  defaults: { vlanaware: '0', 'isolate-ports': '0' },
  references: { zone: 'zone' },
  lossOnDelete: 'the bridge of the guests on it',
};

export const subnets: ObjectRow = {
  ...COMMON,
  kind: 'subnet',
  field: 'sdn_subnets',
  label: 'subnet',
  describes: 'Networks of addresses on a vnet, by both: "vnet1/10.10.0.0/24".',
  id: null,
  nameFormat: {
    pattern: /^[a-zA-Z][a-zA-Z0-9]{1,7}\/[0-9a-fA-F.:]{2,39}\/\d{1,3}$/,
    expected: 'must be a vnet and a network, such as vnet1/10.10.0.0/24',
  },
  paths: { create: '/cluster/sdn/vnets/{vnet}/subnets', change: '/cluster/sdn/vnets/{vnet}/subnets/{subnet}' },
  file: '/etc/pve/sdn/subnets.cfg',
  read: typedSections,
  without: ['lock-token', 'type'],
  defaults: { snat: '0' },
  references: {},
  furtherReferences: (name) => [{ sort: 'vnet', name: name.split('/')[0] ?? '', at: [] }],
  lossOnDelete: 'the addresses that its gateway has and gives out',
  faults: (name, { gateway, 'dhcp-range': ranges }) => {
    const [, address = '', bits = ''] = name.split('/');
    const problem = Array.isArray(ranges)
      ? dhcpRangeProblem(address, Number(bits), ranges.filter(isDhcpRange))
      : undefined;
    return [
      ...(gateway === undefined || mayBeGateway(String(gateway), address, Number(bits))
        ? []
        : [{ option: 'gateway', message: `must be an address of ${address}/${bits}` }]),
      ...(problem === undefined
        ? []
        : [{ option: 'dhcp-range', message: `must be what Proxmox takes for dhcp-range: ${problem.message}` }]),
    ];
  },
};
