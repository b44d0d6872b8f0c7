// Sections of the hypervisor's file about the host itself: its user, its addresses, its firewall.

import { z } from 'zod';
import * as address from '../../../config/schema/addresses.ts';
import { becomes } from '../../../config/schema/option.ts';
import * as text from '../../../config/schema/text.ts';
import * as value from '../../../config/schema/values.ts';
import { hostRule } from '../../guest/schema.ts';
import { bond, bridge, ovsBond, ovsBridge, ovsPort, vlan } from './interfaces.ts';

const policy = z.enum(['ACCEPT', 'DROP', 'REJECT']);

const inProxmox = (name: string): string => `${name}@pam`;
const ACCOUNT = [
  { verb: 'pveum user add', option: 'userid', write: inProxmox },
  ...['pveum acl modify', 'pveum acl delete'].map((verb) => ({ verb, option: 'users', write: inProxmox })),
];

export const hostUser = z.strictObject({
  username: becomes(ACCOUNT, value.EXPECT_USER, value.userName).describe('Administrator of the host and of Proxmox.'),
  password_hash: value.secret
    .meta({ secret: 'no password is set from it' })
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

export const hostNetwork = z
  .strictObject({
    interfaces: interfaces.prefault({}).describe('The interface that guests are reached through.'),
    bridges: z
      .array(bridge)
      .default([])
      .describe('Bridges that Phoenix sets up beside that interface, for networks of guests. Default: none.'),
    bonds: z
      .array(bond)
      .default([])
      .describe(
        'Bonds that Phoenix sets up of interfaces of the host, for bridges and VLANs to rest on. Default: none.',
      ),
    vlans: z
      .array(vlan)
      .default([])
      .describe('VLANs of the host on its other interfaces, such as one for storage. Default: none.'),
    ovs_bridges: z
      .array(ovsBridge)
      .default([])
      .describe('Bridges of Open vSwitch, which a person installs: `apt install openvswitch-switch`. Default: none.'),
    ovs_bonds: z.array(ovsBond).default([]).describe('Bonds on bridges of Open vSwitch. Default: none.'),
    ovs_ports: z
      .array(ovsPort)
      .default([])
      .describe('Ports by which the host itself is on bridges of Open vSwitch. Default: none.'),
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
  })
  .superRefine(({ ovs_bridges, ovs_bonds, ovs_ports }, { addIssue }) => {
    const bridges = ovs_bridges.map(({ name }) => name);
    for (const [field, list] of Object.entries({ ovs_bonds, ovs_ports })) {
      for (const [index, { bridge }] of list.entries()) {
        const message = 'must be the name of a bridge of ovs_bridges';
        if (!bridges.includes(bridge)) addIssue({ code: 'custom', path: [field, index, 'bridge'], message });
      }
    }
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
    .array(hostRule)
    .default([])
    .describe(
      'Rules of the host, in the order in which they are tried; one of type group stands for those of a security group. Default: none.',
    ),
});
