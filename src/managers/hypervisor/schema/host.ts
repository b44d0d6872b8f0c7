// Sections of the hypervisor's file about the host itself: its user, its addresses, its firewall.

import { z } from 'zod';
import * as address from '../../../config/schema/addresses.ts';
import { becomes } from '../../../config/schema/option.ts';
import * as text from '../../../config/schema/text.ts';
import * as value from '../../../config/schema/values.ts';
import { guestRule } from '../../guest/schema.ts';
import { BOND_MODES, DEFAULT_MIIMON_MS, HASH_POLICIES, HASH_POLICY_MODES } from '../network/read-interface.ts';

const policy = z.enum(['ACCEPT', 'DROP', 'REJECT']);

const inProxmox = (name: string): string => `${name}@pam`;
const ACCOUNT = [
  { verb: 'pveum user add', option: 'userid', write: inProxmox },
  ...['pveum acl modify', 'pveum acl delete'].map((verb) => ({ verb, option: 'users', write: inProxmox })),
];

export const hostUser = z.strictObject({
  username: becomes(ACCOUNT, value.EXPECT_USER, value.userName).describe('Administrator of the host and of Proxmox.'),
  password_hash: value.secret
    .optional()
    .describe('Hash of the password, by reference; `NOT_SET` for none. Default: none.'),
  sudo_access: z.boolean().default(false).describe('Whether sudo is allowed. Default: false.'),
  ssh_public_key: z
    .union([z.literal(''), value.sshPublicKey], value.PUBLIC_KEY)
    .optional()
    .describe('Public key that may log in; empty for none. Default: none.'),
});

const interfaces = z.strictObject({
  name: value.interfaceName.default('vmbr0').describe('Bridge or interface of the host. Default: vmbr0.'),
  address: address.cidr
    .optional()
    .describe('Address of the host with prefix length. Default: not told, so it cannot be checked against.'),
  gateway: address.ipAddress.optional().describe('Gateway of the network. Default: not told.'),
  dns_nameservers: z
    .array(address.ipAddress)
    .default([])
    .describe('DNS servers that the host itself asks. Default: left as they are.'),
});

/** Excludes keywords that ifupdown2 accepts in place of a port. */
const port = value.interfaceName.refine(
  (name) => !/^(all|glob|none|regex)$/.test(name),
  'must be the name of an interface, not a pattern',
);

const ofInterface = {
  address: address.cidr.optional().describe('Address of the host on it, with prefix length. Default: none.'),
  mtu: z
    .int()
    .min(1280)
    .max(65_520)
    .optional()
    .describe('Largest packet in bytes. Default: that of what it is made of.'),
  comment: text.prose.optional().describe('For readers of this file only.'),
};

export const bridge = z.strictObject({
  name: text.name(/^vmbr\d{1,4}$/, 'must be vmbr and a number').describe('The bridge, for example `vmbr2`.'),
  ports: z
    .array(port)
    .default([])
    .describe('Interfaces of the host that are part of it. Default: none, so that it leads to no other machine.'),
  vlan_aware: z.boolean().default(false).describe('Whether guests may have VLANs on it. Default: false.'),
  ...ofInterface,
});

/** Options of a bond that Proxmox writes only for certain modes (pve-common, PVE/Network/Interfaces.pm). */
export const bond = z
  .strictObject({
    name: text.name(/^bond\d{1,4}$/, 'must be bond and a number').describe('The bond, for example `bond0`.'),
    slaves: z.array(port).min(1).describe('Interfaces of the host that it is made of.'),
    mode: z
      .enum(BOND_MODES)
      .default('balance-rr')
      .describe('How it uses them; `802.3ad` (LACP) asks for a switch that takes part. Default: balance-rr.'),
    miimon: z
      .int()
      .min(0)
      .max(255)
      .default(DEFAULT_MIIMON_MS)
      .describe('Milliseconds between looks at whether each has a link; 0: never. Default: 100.'),
    xmit_hash_policy: z
      .enum(HASH_POLICIES)
      .optional()
      .describe('What of a packet decides who sends it, in the modes balance-xor and 802.3ad. Default: layer2.'),
    primary: port
      .optional()
      .describe('The one that is used while it has a link, in the mode active-backup. Default: any.'),
    ...ofInterface,
  })
  .superRefine(({ slaves, mode, xmit_hash_policy, primary }, { addIssue }) => {
    const refuse = (field: string, message: string) => addIssue({ code: 'custom', path: [field], message });
    if (xmit_hash_policy !== undefined && !HASH_POLICY_MODES.includes(mode))
      refuse('xmit_hash_policy', `must not stand beside mode ${mode}: it is for ${HASH_POLICY_MODES.join(' and ')}`);
    if (primary === undefined) return;
    if (mode !== 'active-backup') refuse('primary', `must not stand beside mode ${mode}: it is for active-backup`);
    else if (!slaves.includes(primary)) refuse('primary', `must be one of its slaves: ${slaves.join(', ')}`);
  });

const VLAN_NAME = /^.+\.(?:[1-9]\d{0,2}|[1-3]\d{3}|40[0-8]\d|409[0-4])$/;

export const vlan = z
  .strictObject({
    name: value.interfaceName.describe(
      'The VLAN, by its interface and number such as `eno2.30`, or by a name of its own.',
    ),
    interface: port
      .optional()
      .describe('Interface that it is on, beside a name of its own. Default: the name says it.'),
    vlan: z.int().min(1).max(4094).optional().describe('Its number, likewise. Default: the name says it.'),
    ...ofInterface,
  })
  .superRefine(({ name, interface: device, vlan: number }, { addIssue }) => {
    const isWhole = VLAN_NAME.test(name)
      ? device === undefined && number === undefined
      : device !== undefined && number !== undefined;
    if (isWhole) return;
    const message = VLAN_NAME.test(name)
      ? 'must not stand beside `interface` or `vlan`, which it says already'
      : 'must be an interface and a number such as eno2.30, or stand beside both `interface` and `vlan`';
    addIssue({ code: 'custom', path: ['name'], message });
  });

const HOST_NAME = 'must be a name such as nas or nas.example.internal: letters, digits, - and .';

/** In the form that Proxmox's own page accepts (pve-common, PVE/INotify.pm: write_etc_hosts). */
export const hostEntry = z.strictObject({
  address: address.ipAddress.describe('Where the names lead.'),
  names: z
    .array(text.name(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/, HOST_NAME))
    .min(1)
    .describe('The names, in full or short. The first is what a reverse look-up answers.'),
  comment: text.prose.optional().describe('For readers of this file only.'),
});

export const hostNetwork = z.strictObject({
  interfaces: interfaces.prefault({}).describe('The interface that guests are reached through.'),
  bridges: z
    .array(bridge)
    .default([])
    .describe('Bridges that Phoenix sets up beside that interface, for networks of guests. Default: none.'),
  bonds: z
    .array(bond)
    .default([])
    .describe('Bonds that Phoenix sets up of interfaces of the host, for bridges and VLANs to rest on. Default: none.'),
  vlans: z
    .array(vlan)
    .default([])
    .describe('VLANs of the host on its other interfaces, such as one for storage. Default: none.'),
  hosts: z
    .array(hostEntry)
    .default([])
    .describe(
      'Names that the host itself knows without asking anybody, as lines of its `/etc/hosts`; those of people stay. Default: none.',
    ),
  default_subnet: address.cidr
    .optional()
    .describe('Network whose addresses Phoenix gives out. Default: that of the address of the host.'),
  nfs_server: address.ipAddress
    .optional()
    .describe('Where VMs mount their volumes from. Default: the address of the host.'),
  portainer_agent_port: value.port.default(9001).describe('Port of the Portainer agents. Default: 9001.'),
  hostname: value.withoutEffect('the name of the host is left as it is.'),
  workgroup: value.withoutEffect('shares belong to the default workgroup.'),
  external_registry_url: value.withoutEffect('images are named in full in the compose files.'),
  portainer_server_ip: value.withoutEffect('it is the address of the VM with portainer_role primary.'),
  portainer_server_port: value.withoutEffect('it is the port of that VM in traefik_service.'),
  fallback_dns: value.withoutEffect('use `dns_server.upstream_servers`.'),
});

export const hostFirewall = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe('Whether firewalls of this node filter anything, those of guests included. Default: true.'),
  default_input_policy: policy
    .default('DROP')
    .describe('What happens to incoming packets that no rule names. Default: DROP.'),
  default_output_policy: policy
    .default('ACCEPT')
    .describe('What happens to outgoing packets that no rule names. Default: ACCEPT.'),
  global_firewall_rules: z
    .array(guestRule)
    .default([])
    .describe(
      'Rules of the host, in the order in which they are tried; one of type group stands for those of a security group. Default: none.',
    ),
});
