// External IPAM and DNS servers that the software-defined network registers addresses and names with. They are separate targets: Proxmox contacts a
// server as soon as it is declared. Their credentials are in the same file, which is read without them.

import {
  DNS_TYPES,
  IPAM_TYPES,
  IPAMS_FILE,
  OWN_IPAM,
  SDN_DNS_FILE,
  typedSections,
  WITHOUT_SDN_SECRETS,
} from '../../../proxmox/sdn.ts';
import type { HostReader } from '../../manager.ts';
import type { ObjectRow } from '../row.ts';

const SECONDS = 60;

const COMMON = {
  read: typedSections,
  mark: null,
  without: ['lock-token', 'reversev6mask'],
  required: ['type'],
  defaults: {},
  oneOf: [],
  clear: 'delete',
  members: [],
  references: {},
} as const;

const NAMED = {
  pattern: /^[a-zA-Z][a-zA-Z0-9]{1,39}$/,
  expected: 'must be a name of 2 to 40 letters and digits, and begin with a letter',
};

export const ipams: ObjectRow = {
  ...COMMON,
  kind: 'ipam',
  field: 'sdn_ipams',
  label: 'IPAM',
  describes: 'Who keeps the addresses of zones beside Proxmox itself, by name: NetBox or phpIPAM.',
  id: 'ipam',
  nameFormat: NAMED,
  reserved: (name) => (name === OWN_IPAM ? 'Proxmox always has it' : null),
  paths: { create: '/cluster/sdn/ipams', change: '/cluster/sdn/ipams/{ipam}' },
  file: IPAMS_FILE,
  readSource: (host) => withoutSecrets(host, IPAMS_FILE),
  types: IPAM_TYPES,
  secrets: {
    token: {
      describes: 'Token of its API, by reference',
      refuses: () => null,
      stored: { by: 'options', has: () => true },
      requiredOnCreate: () => true,
    },
  },
  lossOnDelete: 'nothing of what is kept there, but zones that name it make no subnet and no guest more',
};

export const dnsServers: ObjectRow = {
  ...COMMON,
  kind: 'sdndns',
  field: 'sdn_dns',
  label: 'DNS server',
  describes: 'Servers that names of guests in zones are put into, by name: PowerDNS.',
  id: 'dns',
  nameFormat: NAMED,
  paths: { create: '/cluster/sdn/dns', change: '/cluster/sdn/dns/{dns}' },
  file: SDN_DNS_FILE,
  readSource: (host) => withoutSecrets(host, SDN_DNS_FILE),
  types: DNS_TYPES,
  secrets: {
    key: {
      describes: 'Key of its API, by reference',
      refuses: () => null,
      stored: { by: 'options', has: () => true },
      requiredOnCreate: () => true,
    },
  },
  lossOnDelete: 'nothing of what is kept there, but names of guests come there no more',
};

/** The file without the servers' credentials; null where it does not exist. */
async function withoutSecrets(host: HostReader, file: string): Promise<string | null> {
  if ((await host.inspect([file])).size === 0) return null;
  const args = [WITHOUT_SDN_SECRETS, file];
  const { exit, stdout, stderr } = await host.run({ kind: 'command', program: 'sed', args, timeoutSeconds: SECONDS });
  if (exit === 0) return stdout;
  throw new Error(`sed ${args.join(' ')}: ${stderr.trim()}`);
}
