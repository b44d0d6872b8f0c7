// Options of the whole datacenter, of its firewall and of the node: single objects that always exist, each stored as lines of a file (pve-cluster,
// PVE/DataCenterConfig.pm; pve-firewall, PVE/API2/Firewall/Cluster.pm; pve-manager, PVE/NodeConfig.pm).

import type { JsonObject } from '../../../model/json.ts';
import { parseOptionLines } from '../../../proxmox/files/option-lines.ts';
import { CLUSTER_FIREWALL, clusterFirewall, hiddenSections } from '../firewall/file.ts';
import type { ObjectRow, Reference } from '../row.ts';

export const datacenterOptions: ObjectRow = {
  kind: 'datacenter',
  field: 'options',
  single: 'options',
  label: 'datacenter',
  describes: 'Options of the whole datacenter. Only those that are declared are kept.',
  id: null,
  paths: { create: '/cluster/options', change: '/cluster/options' },
  file: '/etc/pve/datacenter.cfg',
  read: (text) => new Map([['options', parseOptionLines(text)]]),
  mark: null,
  // `description` is for people; the last three are obsolete or duplicate other options.
  without: ['description', 'location', 'migration_unsecure', 'u2f', 'fencing'],
  required: [],
  defaults: { mac_prefix: 'BC:24:11' },
  oneOf: [],
  clear: 'delete',
  members: [],
  references: {},
  faults: (_name, { 'next-id': range }) => {
    const { lower = 100, upper = 1_000_000 } = objectOf(range) as { lower?: number; upper?: number };
    return lower < upper
      ? []
      : [{ option: 'next-id', message: `must have a lower (${lower}) below its upper (${upper})` }];
  },
  lossOnDelete: 'nothing: what was declared of it is taken away',
};

export const nodeOptions: ObjectRow = {
  kind: 'node',
  field: 'node_options',
  single: 'options',
  label: 'node',
  describes: 'Options of the node that the agent serves. Only those that are declared are kept.',
  id: null,
  paths: { create: '/nodes/{node}/config', change: '/nodes/{node}/config' },
  placeholderValues: () => ({ node: 'localhost' }),
  file: '/etc/pve/local/config',
  read: (text) => new Map([['options', parseOptionLines(text)]]),
  mark: null,
  digest: 'sha1',
  // These are for people.
  without: ['description', 'location'],
  required: [],
  defaults: { 'ballooning-target': '80', 'startall-onboot-delay': '0' },
  oneOf: [],
  clear: 'delete',
  members: [],
  references: {},
  furtherReferences: acmeOf,
  faults: (_name, options) => domainFaults(options),
  lossOnDelete: 'nothing: what was declared of it is taken away',
};

/** Proxmox asks for a name of the certificate once (pve-manager, PVE/NodeConfig.pm, get_acme_conf). */
function domainFaults(options: JsonObject) {
  const seen = new Map<string, string>();
  return Object.entries(options).flatMap(([option, value]) => {
    if (!option.startsWith('acme')) return [];
    const { domain, domains } = objectOf(value);
    const names = [domain, ...String(domains ?? '').split(/[;,\s]+/)].flatMap((name) => (name ? [String(name)] : []));
    return names.flatMap((name) => {
      const other = seen.get(name.toLowerCase());
      seen.set(name.toLowerCase(), other ?? option);
      return other === undefined ? [] : [{ option, message: `must not name ${name}, which ${other} names already` }];
    });
  });
}

function objectOf(value: JsonObject[string] | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** The ACME account and plugins that the node's certificate is requested with. */
function acmeOf(_name: string, options: JsonObject): Reference[] {
  return Object.entries(options).flatMap(([option, value]): Reference[] => {
    if (!option.startsWith('acme')) return [];
    const { account, plugin } = objectOf(value);
    return [
      ...(typeof account === 'string'
        ? [{ sort: 'ACME account', name: account, at: [option, 'account'] } as const]
        : []),
      ...(typeof plugin === 'string' ? [{ sort: 'ACME plugin', name: plugin, at: [option, 'plugin'] } as const] : []),
    ];
  });
}

export const firewallOptions: ObjectRow = {
  kind: 'firewall',
  field: 'firewall_options',
  single: 'options',
  label: 'firewall of the datacenter',
  describes:
    'Options of the firewall of the datacenter beside those that `firewall` of the hypervisor file says. Only those that are declared are kept.',
  id: null,
  paths: { create: '/cluster/firewall/options', change: '/cluster/firewall/options' },
  file: CLUSTER_FIREWALL,
  read: (text) =>
    new Map([
      ['options', Object.fromEntries([...clusterFirewall(text).options].map(([name, value]) => [name, [value]]))],
    ]),
  mark: null,
  // Those that decide about inbound traffic are in the hypervisor's file, whose rules prevent a lockout.
  without: ['enable', 'policy_in', 'policy_out'],
  required: [],
  defaults: { ebtables: '1', policy_forward: 'ACCEPT' },
  oneOf: [],
  clear: 'delete',
  members: [],
  references: {},
  losing: (text) => hiddenSections(text, CLUSTER_FIREWALL),
  lossOnDelete: 'nothing: what was declared of it is taken away',
};
