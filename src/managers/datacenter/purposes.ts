// What the options of objects mean, for the JSON Schema and the reference of the fields.

import type { ObjectRow } from './row.ts';

/** One line for the schema of an option: its own of the kind, else the common one, else Proxmox's name of it. */
export function purposeOf({ kind }: ObjectRow, option: string): string {
  return PURPOSES[`${kind}.${option}`] ?? PURPOSES[option] ?? `Proxmox's option ${option}`;
}

/** `KIND.OPTION`, or the option alone where it means the same for every kind. What is missing here is explained in Proxmox's manual. */
const PURPOSES: Readonly<Record<string, string>> = {
  all: 'Every guest of the datacenter, but for those in exclude',
  cidr: 'An address, or a network such as 10.0.0.0/24',
  comment: 'For people. Whose the object is stands behind it',
  'acl.groups': 'Groups that have the roles',
  'acl.path': 'What the roles are given on: "/", "/pool/prod", "/vms/101", "/storage/local"',
  'acl.propagate': 'Whether they hold for what lies below the path too. Default: as Proxmox has it, true',
  'acl.roles': 'Names of roles, built in or declared',
  'acl.tokens': 'Tokens that have the roles: "ada@pve!backup"',
  'acl.users': 'Users that have the roles: "ada@pve"',
  'realm.default': 'Whether it is the one that the login page offers first',
  'realm.type': 'What is asked: ad, ldap or openid. It cannot be changed',
  'ha.failback':
    'Whether it goes back to a node that its rules prefer, once that is there again. Default: as Proxmox has it, true',
  'ha.max_relocate': 'How often it is tried on another node when it does not start. Default: as Proxmox has it, 1',
  'ha.max_restart': 'How often it is started again on a node before another is tried. Default: as Proxmox has it, 1',
  'ha.state':
    'What HA sees to: started, stopped, disabled (stopped, and not moved), ignored. Default: as Proxmox has it, started',
  'harule.affinity': 'Whether its resources run on one node (positive), or each on another (negative)',
  'harule.disable': 'Whether it is out of force',
  'harule.nodes': 'Nodes that its resources run on, each with a priority where it matters: "pve:2"',
  'harule.resources': 'Resources of HA that it is about: "ct:101", "vm:201"',
  'harule.strict': 'Whether they run on no other node. Default: as Proxmox has it, false',
  'harule.type':
    'What it says: node-affinity, on which nodes; resource-affinity, together or apart. It cannot be changed',
  'firewall.ebtables': 'Whether rules for Ethernet are kept too. Default: as Proxmox has it, true',
  'firewall.log_ratelimit': 'How much is logged at most',
  'firewall.policy_forward':
    'What happens to packets that pass through and that no rule names. Default: as Proxmox has it, ACCEPT',
  'node.acme': "The account, and names of the node's own certificate",
  'node.ballooning-target':
    'Share of the memory, in percent, that ballooning keeps in use. Default: as Proxmox has it, 80',
  'node.startall-onboot-delay': 'Seconds before the first guest is started at boot. Default: as Proxmox has it, 0',
  'node.wakeonlan': 'How the node is woken over the network',
  'realmsync.enable-new': 'Whether users that come in may log in. Default: as Proxmox has it, true',
  'realmsync.realm': 'The realm, of type ad or ldap. It cannot be changed',
  'realmsync.remove-vanished':
    'What goes of users and groups that are gone there: acl, entry, properties, by semicolons',
  'realmsync.scope': 'What comes in: users, groups, both',
  'acmeaccount.contact': 'Addresses that the authority writes to',
  'acmeaccount.directory':
    "Where the authority is reached. It cannot be changed. Default: as Proxmox has it, that of Let's Encrypt",
  'acmeaccount.tos_url':
    'Address of the terms of service of the authority: whoever declares it agrees to them. It cannot be changed. Default: nothing is agreed to',
  'acmeplugin.api': 'The DNS provider whose API it calls, by its name in Proxmox: cf, hetzner, ovh',
  'acmeplugin.disable': 'Whether it is out of use',
  'acmeplugin.nodes': 'Nodes that use it. Default: all',
  'acmeplugin.type':
    'dns: a record of the provider; standalone: an answer of the node on port 80. It cannot be changed',
  'acmeplugin.validation-delay':
    'Seconds that a record is given to spread before the authority looks. Default: as Proxmox has it, 30',
  'cpu.flags': 'Flags that it has or lacks: "+aes;-pcid"',
  'cpu.guest-phys-bits': 'Bits of a physical address that the guest may use',
  'cpu.hidden': 'Whether it keeps from the guest that it runs on KVM. Default: as Proxmox has it, false',
  'cpu.hv-vendor-id': 'The vendor that Windows sees of Hyper-V',
  'cpu.level': 'The highest basic CPUID leaf that the guest can ask for',
  'cpu.phys-bits': 'Bits of a physical address that the guest is told, or host: those of the node',
  'cpu.reported-model': 'The CPU of QEMU that it is, and that the guest sees: host, EPYC, Skylake-Server',
  'controller.asn': 'Number of the autonomous system',
  'controller.ebgp': 'Whether its peers are of another autonomous system. Default: as Proxmox has it, false',
  'controller.node': 'The node that it is for',
  'controller.peers': 'Addresses that routes are exchanged with',
  'controller.type': 'What it speaks: evpn, bgp or isis. It cannot be changed',
  'zone.controller': 'The controller of a zone of type evpn',
  'zone.exitnodes': 'Nodes by which guests reach what is outside',
  'zone.vrf-vxlan': 'The VXLAN of the routes of a zone of type evpn',
  'gotify.server': 'Where the Gotify server is: "https://gotify.example.org"',
  'matcher.invert-match': 'Whether it is about all that its conditions do not fit. Default: as Proxmox has it, false',
  'matcher.match-calendar': 'When: "mon..fri 08:00-17:00"',
  'matcher.match-field': 'What: "exact:type=vzdump,replication", "regex:hostname=^pve"',
  'matcher.match-severity': 'How severe: info, notice, warning, error, unknown, several of them by commas',
  'matcher.mode': 'Whether all of its conditions have to fit, or any. Default: as Proxmox has it, all',
  'matcher.target': 'Targets that it goes to, whatever their type',
  author: 'Who a mail is from, beside the address',
  'from-address': 'The address that a mail is from',
  mailto: 'Addresses that mails go to',
  'mailto-user': 'Users of Proxmox whose addresses mails go to: "root@pam"',
  'smtp.mode': 'How the connection is kept secret: tls, starttls, insecure. Default: as Proxmox has it, tls',
  'webhook.body': 'What is sent, as a template',
  'webhook.header': 'Lines of the request such as "Title: {{ title }}"',
  'webhook.method': 'How it is sent: post, put, get',
  'webhook.url': 'Where it is sent, as a template',
  'replication.disable': 'Whether it is not carried out',
  'replication.rate': 'Most megabytes a second. Default: no bound',
  'replication.schedule':
    'How often, as a calendar event of Proxmox. Default: as Proxmox has it, "*/15": every quarter of an hour',
  'replication.target': 'The node that has the copy. It cannot be changed',
  'user.enable': 'Whether the user may log in. Default: as Proxmox has it, true',
  expire: 'When it ends, in seconds since 1970; 0: never',
  groups: 'Groups that the user is in, and no others',
  privs: 'Privileges of Proxmox, such as VM.Audit',
  privsep: 'Whether it has rights of its own only, and not those of its user. Default: as Proxmox has it, true',
  enabled: 'Whether it is carried out. Default: as Proxmox has it, true',
  exclude: 'Guests that are left out',
  mode: 'How a running guest is backed up. Default: snapshot',
  pool: 'The guests of this pool',
  schedule: 'When it runs, as a calendar event of Proxmox: "02:30", "sat 05:00", "mon..fri 22:00"',
  storage: 'The storage, or the storages, by the ids that Proxmox knows',
  vmid: 'Guests by their numbers',
  vms: 'Guests by their numbers',
};
