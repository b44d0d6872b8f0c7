// Fabrics of the software-defined network, in which the nodes' routers exchange routes, and each node's settings in a fabric. They are applied
// together with the rest of the network.

import {
  FABRIC_NODE_PROTOCOLS,
  FABRIC_PROTOCOLS,
  type FabricSort,
  ofFabrics,
  typedSections,
} from '../../../proxmox/sdn.ts';
import type { ObjectRow } from '../row.ts';

const COMMON = {
  file: '/etc/pve/sdn/fabrics.cfg',
  typeOption: 'protocol',
  without: ['lock-token'],
  required: ['protocol'],
  // Proxmox requires it in every update.
  alwaysSent: ['protocol'],
  defaults: {},
  oneOf: [],
  clear: 'delete',
  members: [],
  mark: null,
  appliedTogether: true,
} as const;

const reading = (sort: FabricSort) => (text: string) => ofFabrics(sort, typedSections(text));

export const fabrics: ObjectRow = {
  ...COMMON,
  kind: 'fabric',
  field: 'sdn_fabrics',
  label: 'fabric',
  describes: 'Networks of routers that the nodes are, which EVPN controllers and VXLAN zones may use, by name.',
  id: 'id',
  nameFormat: {
    pattern: /^[a-zA-Z0-9][a-zA-Z0-9-]{0,6}[a-zA-Z0-9]$/,
    expected: 'must be a name of 2 to 8 letters, digits and -, which neither begins nor ends with -',
  },
  paths: { create: '/cluster/sdn/fabrics/fabric', change: '/cluster/sdn/fabrics/fabric/{id}' },
  read: reading('fabric'),
  types: FABRIC_PROTOCOLS,
  references: {},
  lossOnDelete: 'the ways between its nodes',
  faults: (_name, { protocol, ip_prefix, ip6_prefix, area, ...intervals }) => [
    ...(protocol === 'openfabric' && ip_prefix === undefined && ip6_prefix === undefined
      ? [{ option: 'protocol', message: 'must have ip_prefix, ip6_prefix or both, as every fabric of openfabric' }]
      : []),
    ...(area === undefined || isArea(String(area))
      ? []
      : [{ option: 'area', message: 'must be a number from 0 to 4294967295, or that as an IPv4 address' }]),
    // The API accepts a fraction, and the program behind it does not.
    ...['hello_interval', 'csnp_interval'].flatMap((option) =>
      intervals[option] === undefined || Number.isInteger(intervals[option])
        ? []
        : [{ option, message: 'must be a whole number of seconds' }],
    ),
  ],
};

export const fabricNodes: ObjectRow = {
  ...COMMON,
  kind: 'fabricnode',
  field: 'sdn_fabric_nodes',
  label: 'fabric node',
  describes: 'What the nodes have of a fabric, by both: "core/pve1".',
  id: null,
  nameFormat: {
    pattern: /^[a-zA-Z0-9][a-zA-Z0-9-]{0,6}[a-zA-Z0-9]\/[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/,
    expected: 'must be a fabric and a node, such as core/pve1',
  },
  paths: {
    create: '/cluster/sdn/fabrics/node/{fabric_id}',
    change: '/cluster/sdn/fabrics/node/{fabric_id}/{node_id}',
  },
  read: reading('node'),
  types: FABRIC_NODE_PROTOCOLS,
  unorderedLists: ['interfaces'],
  references: {},
  furtherReferences: (name) => [{ sort: 'fabric', name: name.split('/')[0] ?? '', at: [] }],
  lossOnDelete: 'the way to that node by its fabric',
  faults: (_name, { protocol, ip, ip6, interfaces }) => [
    ...(protocol === 'openfabric' && ip === undefined && ip6 === undefined
      ? [{ option: 'protocol', message: 'must have ip, ip6 or both, as every node of a fabric of openfabric' }]
      : []),
    ...(protocol === 'ospf' ? forOpenfabric(interfaces) : []),
  ],
};

/** OSPF allows only a name and an IPv4 address for an interface (pve-network, PVE/Network/SDN/Fabrics.pm). */
function forOpenfabric(interfaces: unknown): { option: string; message: string }[] {
  const foreign = Array.isArray(interfaces)
    ? interfaces.flatMap((one) => Object.keys(one as object).filter((key) => key !== 'name' && key !== 'ip'))
    : [];
  return foreign.slice(0, 1).map((key) => ({
    option: 'interfaces',
    message: `must not have ${key}, which interfaces of openfabric alone have`,
  }));
}

/** An OSPF area: a 32-bit number, in decimal or as an IPv4 address (proxmox-ve-rs, proxmox-sdn-types/src/ospf.rs). */
function isArea(area: string): boolean {
  const parts = area.split('.');
  const bytes = parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
  return parts.length === 4 ? bytes : /^\d{1,10}$/.test(area) && Number(area) < 2 ** 32;
}
