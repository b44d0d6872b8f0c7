// What firewall rules of all guests and nodes refer to by name: the aliases, IP sets and security groups of cluster.fw. Then the firewalls of vnets.

import type { SetEntry } from '../../../proxmox/firewall/file.ts';
import { entries } from '../firewall/entries.ts';
import {
  CLUSTER_FIREWALL,
  clusterFirewall,
  filesNamingAlias,
  filesNamingGroup,
  filesNamingSet,
  hiddenSections,
} from '../firewall/file.ts';
import { lineOfRule } from '../firewall/rule-calls.ts';
import { groupRules, rulesOfVnets } from '../firewall/rule-lists.ts';
import {
  hiddenVnetSections,
  namesForVnets,
  VNET_FIREWALLS,
  vnetFirewalls,
  vnetFirewallText,
} from '../firewall/vnets.ts';
import type { ObjectRow } from '../row.ts';

/** Proxmox stores names of sets and groups in lower case, and looks up aliases in lower case. */
function nameOf(most: number) {
  return {
    pattern: new RegExp(`^[a-z][a-z0-9_-]{1,${most - 1}}$`),
    expected: `must be a name of 2 to ${most} lower-case letters, digits, _ and -, and begin with a letter`,
  };
}

/** As in the row of vnets. */
const VNET = /^[a-zA-Z][a-zA-Z0-9]{1,7}$/;

const common = {
  file: CLUSTER_FIREWALL,
  without: [],
  defaults: {},
  oneOf: [],
  clear: 'empty',
  members: [],
  references: {},
  losing: (text: string) => hiddenSections(text, CLUSTER_FIREWALL),
} as const satisfies Partial<ObjectRow>;

export const aliases: ObjectRow = {
  ...common,
  kind: 'alias',
  field: 'aliases',
  label: 'alias',
  describes: 'Names of addresses and networks that rules of every firewall and IP sets may use, by name.',
  id: 'name',
  nameFormat: nameOf(64),
  paths: { create: '/cluster/firewall/aliases', change: '/cluster/firewall/aliases/{name}' },
  read: (text) =>
    new Map(
      [...clusterFirewall(text).aliases].map(([name, { cidr, comment }]) => [name, { cidr: [cidr], ...said(comment) }]),
    ),
  without: ['rename'],
  required: ['cidr'],
  alwaysSent: ['cidr', 'comment'],
  firewallsNaming: filesNamingAlias,
  lossOnDelete: 'what rules mean by its name',
};

export const ipSets: ObjectRow = {
  ...common,
  kind: 'ipset',
  field: 'ip_sets',
  label: 'IP set',
  describes: 'Sets of addresses, networks and aliases that rules of every firewall may name with a + before, by name.',
  id: 'name',
  nameFormat: nameOf(64),
  paths: { create: '/cluster/firewall/ipset', change: '/cluster/firewall/ipset/{name}' },
  rename: 'rename',
  read: (text) =>
    new Map(
      [...clusterFirewall(text).ipset].map(([name, { comment, entries: all }]) => [
        name,
        { ...said(comment), entries: all.map(lineOf) },
      ]),
    ),
  part: entries,
  required: [],
  firewallsNaming: filesNamingSet,
  lossOnDelete: 'what is in it',
};

export const firewallGroups: ObjectRow = {
  ...common,
  kind: 'securitygroup',
  field: 'firewall_groups',
  label: 'security group',
  describes: 'Rules that firewalls of guests may use together, with a rule of type group, by name.',
  id: 'group',
  nameFormat: nameOf(18),
  paths: { create: '/cluster/firewall/groups', change: '/cluster/firewall/groups/{group}' },
  rename: 'rename',
  read: (text) =>
    new Map(
      [...clusterFirewall(text).groups].map(([name, { comment, entries: all }]) => [
        name,
        { ...said(comment), rules: all.map(lineOfRule) },
      ]),
    ),
  part: groupRules,
  required: [],
  firewallsNaming: filesNamingGroup,
  lossOnDelete: 'its rules',
};

export const vnetFirewallRow: ObjectRow = {
  ...common,
  losing: hiddenVnetSections,
  kind: 'vnetfirewall',
  field: 'vnet_firewalls',
  label: 'firewall of vnet',
  describes:
    'Firewalls of vnets, by the name of the vnet: options, and rules for what passes through it. Only those of the nftables firewall filter. Only what is declared is kept.',
  id: null,
  nameFormat: { pattern: VNET, expected: 'must be the name of a vnet, of 2 to 8 letters and digits' },
  paths: {
    create: '/cluster/sdn/vnets/{vnet}/firewall/options',
    change: '/cluster/sdn/vnets/{vnet}/firewall/options',
  },
  comesWith: (name) =>
    `vnet ${name} is not in force, and Proxmox keeps firewalls of such alone; declare it in sdn_vnets, or apply it in Proxmox`,
  file: VNET_FIREWALLS,
  readSource: vnetFirewallText,
  read: vnetFirewalls,
  mark: null,
  part: rulesOfVnets(namesForVnets),
  required: [],
  defaults: { enable: '0', policy_forward: 'ACCEPT', log_level_forward: 'nolog' },
  clear: 'delete',
  furtherReferences: (name) => [{ sort: 'vnet', name, at: [] }],
  lossOnDelete: 'nothing: what was declared of it is taken away',
};

function said(comment: string | undefined): { readonly comment?: readonly string[] } {
  return comment === undefined ? {} : { comment: [comment] };
}

function lineOf({ cidr, nomatch, comment }: SetEntry): string {
  return `${nomatch === true ? '!' : ''}${cidr}${comment === undefined ? '' : ` # ${comment}`}`;
}
