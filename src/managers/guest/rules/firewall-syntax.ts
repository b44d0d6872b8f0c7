// Finds firewall rules that Proxmox would ignore with nothing but a warning, so that the firewall would not be as intended.

import { hasHostBits, networkOf, parseNetwork, parseRange } from '../../../config/address.ts';
import type { Diagnostic } from '../../../config/diagnostic.ts';
import { meanings } from '../../../config/read/meanings.ts';
import { placeIn } from '../../../config/read/place.ts';
import { type RuleEnvironment, ruleProblems } from '../../../proxmox/firewall/rule.ts';
import { DATACENTER_FILE, HYPERVISOR_FILE } from '../../places.ts';
import type { RuleContext } from '../../rule.ts';
import type { FirewallRule } from '../declared.ts';
import { type KnownNames, knownNames } from '../firewall-names.ts';
import { meaningOf, type RuleList, ruleLists } from '../guests.ts';
import { proxmoxRule } from '../proxmox/firewall.ts';

/** Service names that every Debian has; others are refused, since Proxmox looks them up on the host. */
const SERVICES = new Set(
  (
    'bgp bootpc bootps domain ftp ftp-data git http http-alt https imap2 imaps ipp isakmp kerberos ldap ldaps ' +
    'microsoft-ds ms-sql-s mysql netbios-dgm netbios-ns netbios-ssn nfs ntp openvpn pop3 pop3s postgresql rsync ' +
    'rtsp sip sip-tls smtp snmp snmp-trap ssh submission submissions sunrpc syslog syslog-tls telnet tftp'
  ).split(' '),
);
/** Limit of iptables' multiport match, in which a range counts as two. */
const MAX_PORTS = 15;
const PROTOCOLS_WITH_PORTS: readonly (string | null)[] = ['tcp', 'udp', 'sctp', 'udplite', 'dccp'];

/**
 * BAD_RULE: Proxmox would ignore the rule, with a warning that nobody sees. Frequent mistakes get our own explanation; everything else that Proxmox's
 * own check refuses is reported in its words.
 */
export function firewallRulesCount({ config, unreadable }: RuleContext): Diagnostic[] {
  // A part that could not be read may declare any name.
  const mayBeMore = unreadable.file(DATACENTER_FILE) || unreadable.host('known_aliases', 'known_ip_sets');
  const judge = judgingOnce(knownNames(config), mayBeMore);
  return ruleLists(config).flatMap((list) =>
    list.rules.flatMap((rule) =>
      judge(rule, list.owner, list.interfaces ?? ['net0']).map(([field, message, hint]) => ({
        code: 'BAD_RULE' as const,
        at: placeIn(rule.writtenAt, field),
        message,
        ...(hint === undefined ? {} : { hint }),
        ...(list.target === undefined ? {} : { target: list.target }),
      })),
    ),
  );
}

const ENVIRONMENTS: Readonly<Record<RuleList['owner'], RuleEnvironment>> = {
  guest: 'ct',
  host: 'host',
  datacenter: 'cluster',
  stack: 'ct',
  group: 'group',
  vnet: 'vnet',
};

type Fault = readonly [field: string, message: string, hint?: string];

/** Caches results, since many guests have the same few rules. */
function judgingOnce(
  known: KnownNames,
  mayBeMore: boolean,
): (rule: FirewallRule, owner: RuleList['owner'], interfaces: readonly string[]) => readonly Fault[] {
  const judged = new Map<string, readonly Fault[]>();
  return (rule, owner, interfaces) => {
    const of = rule.iface === null ? '' : interfaces.join();
    const key = `${owner}\n${of}\n${meaningOf(rule)}`;
    const found = judged.get(key) ?? faults(rule, owner, known, mayBeMore, interfaces);
    judged.set(key, found);
    return found;
  };
}

function faults(
  rule: FirewallRule,
  owner: RuleList['owner'],
  known: KnownNames,
  mayBeMore: boolean,
  interfaces: readonly string[],
): Fault[] {
  const found = [
    ...portFaults(rule),
    ...addressFaults(rule),
    ...(owner === 'host' || owner === 'datacenter' ? [] : interfaceFaults(rule, interfaces)),
    ...(mayBeMore ? [] : groupFaults(rule, known)),
  ];
  const faulty = new Set<string>(found.map(([field]) => field));
  // Proxmox reports a missing protocol and the port: that is one fault.
  const hasPortFault = faulty.has('port') || faulty.has('source_port');
  const others = [
    ...ruleProblems(proxmoxRule(rule), ENVIRONMENTS[owner], known, undefined),
    ...scopeProblems(rule, known),
  ]
    .filter(([, message]) => !mayBeMore || !message.startsWith('no such '))
    .map(([property, message]) => inOurWords(property, message, rule))
    .filter(([field]) => !faulty.has(field) && !(field === 'proto' && hasPortFault));
  return [...found, ...new Map(others.map((fault) => [fault[0], fault])).values()];
}

function portFaults({ port, sourcePort, proto }: FirewallRule): Fault[] {
  const fields = { port, source_port: sourcePort };
  return Object.entries(fields).flatMap(([field, ports]): Fault[] => {
    if (ports === null) return [];
    const without = proto === null ? 'no protocol' : `protocol ${proto}, which has no ports`;
    const fault = portsFault(ports);
    return [
      ...(PROTOCOLS_WITH_PORTS.includes(proto)
        ? []
        : [[field, `The rule has port ${ports}, but ${without}`, 'Add "proto": "tcp" or "udp".'] as const]),
      ...(fault === undefined ? [] : [[field, fault, 'Write ports and ranges like "80,443" or "6000:6010".'] as const]),
    ];
  });
}

function addressFaults(rule: FirewallRule): Fault[] {
  return (['source', 'dest'] as const).flatMap((field): Fault[] => {
    const fault = rule[field] === null ? undefined : addressesFault(rule[field]);
    return fault === undefined ? [] : [[field, ...fault]];
  });
}

/** @param interfaces names of the guest's interfaces in Proxmox */
function interfaceFaults({ iface }: FirewallRule, interfaces: readonly string[]): Fault[] {
  if (iface === null || interfaces.includes(iface)) return [];
  const is = /^net\d+$/.test(iface) ? 'an interface that the guest does not have' : 'no interface of a guest';
  const has = interfaces.length === 0 ? 'The guest has no interface' : `The guest has ${interfaces.join(', ')}`;
  return [['iface', `"${iface}" is ${is}`, `${has}.`]];
}

function groupFaults({ type, action }: FirewallRule, { groups }: KnownNames): Fault[] {
  if (type !== 'group' || groups.has(action)) return [];
  const hint = `Declare it in "firewall_groups" of ${DATACENTER_FILE}; without "rules", where people keep them.`;
  return [['action', `There is no security group "${action}"`, hint]];
}

/**
 * IP sets that are not where the prefix says. Proxmox takes such a rule and fails when it generates the chain, which loses the rules behind it
 * (PVE/Firewall.pm, ipt_gen_src_or_dst_match). Guests have no declared sets of their own.
 */
function scopeProblems(rule: FirewallRule, known: KnownNames): (readonly [string, string])[] {
  return (['source', 'dest'] as const).flatMap((field) => {
    const [, scope, name = ''] = /^\+(dc|guest|sdn)\/(\S+)$/.exec(rule[field] ?? '') ?? [];
    if (scope === undefined || (scope === 'dc' && known.ipset.has(name)) || (scope === 'sdn' && known.sdn?.has(name)))
      return [];
    return [[field, `no such ipset '${name}'`] as const];
  });
}

const FIELDS: Readonly<Record<string, string>> = { dport: 'port', sport: 'source_port', 'icmp-type': 'icmp_type' };

function inOurWords(property: string, message: string, rule: FirewallRule): Fault {
  const field = FIELDS[property] ?? property;
  const value = property === 'source' || property === 'dest' ? (rule[property] ?? '') : '';
  if (/^(any|all|\*)$/i.test(value))
    return [field, `"${value}" is no address`, `Take "${field}" out: a rule without it is for every address.`];
  if (message.startsWith('no such alias'))
    return [field, `No alias "${value}" is known`, nameHint('alias', 'aliases', 'known_aliases')];
  if (message.startsWith('no such ipset')) {
    return value === value.toLowerCase()
      ? [field, `No IP set "${value}" is known`, nameHint('IP set', 'ip_sets', 'known_ip_sets')]
      : [field, `"${value}" names no IP set: Proxmox keeps their names in lower case`, `Write ${value.toLowerCase()}.`];
  }
  if (message.startsWith('detected mixed'))
    return [field, 'The rule is for IPv4 and for IPv6 at once, which no packet is', 'Write a rule for each of them.'];
  return [field, `Proxmox would leave the rule out: ${message}`];
}

function nameHint(what: string, field: string, setting: string): string {
  return `Declare the ${what} in "${field}" of ${DATACENTER_FILE}. If people keep one of that name in the datacenter's firewall, name it in "${setting}" of ${HYPERVISOR_FILE}.`;
}

function portsFault(ports: string): string | undefined {
  const items = ports.split(',').map((item) => item.trim());
  const wrong = items.find((item) => !isPort(item));
  if (wrong !== undefined) return wrong === '' ? `"${ports}" has an empty entry` : `"${wrong}" is not a port`;
  const count = items.reduce((sum, item) => sum + (item.includes(':') ? 2 : 1), 0);
  return count > MAX_PORTS ? `"${ports}" has more than ${MAX_PORTS} ports, the most one rule can have` : undefined;
}

function isPort(item: string): boolean {
  const range = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(item);
  if (range === null) return SERVICES.has(item);
  const [first, last] = [Number(range[1]), Number(range[2] ?? range[1])];
  // Proxmox ignores a single port 0, and would filter every port; a range may begin with it, as in 0:1023.
  return last >= 1 && first <= last && last <= 65_535;
}

function addressesFault(addresses: string): readonly [message: string, hint?: string] | undefined {
  const items = addresses.split(',').map((item) => item.trim());
  const wrong = items.find(
    (item) => !isName(item) && parseNetwork(item) === undefined && parseRange(item) === undefined,
  );
  if (wrong !== undefined) {
    const meant = meanings('source', wrong).find(
      (each) => typeof each === 'string' && parseNetwork(each) !== undefined,
    );
    const message = `"${wrong}" is neither an address, a network, a range nor a name`;
    return meant === undefined ? [message] : [message, `Write ${JSON.stringify(meant)}.`];
  }
  const inside = items.find((item) => hasHostBits(item));
  if (inside !== undefined) {
    const [address = ''] = inside.split('/');
    const hint = `Write ${networkOf(inside)} for the whole network, or ${address} for that address alone.`;
    return [`"${inside}" is an address inside of its network, and Proxmox takes only the network`, hint];
  }
  if (items.length > 1) {
    const alone = items.find((item) => isName(item) || parseRange(item) !== undefined);
    const what = alone !== undefined && isName(alone) ? 'a name' : 'a range';
    if (alone !== undefined) return [`"${alone}" is ${what}, which Proxmox takes only alone`, 'Write a rule for each.'];
  }
  const families = new Set(items.map(familyOf));
  return families.size > 1 ? [`"${addresses}" mixes IPv4 and IPv6, which Proxmox refuses`] : undefined;
}

/** Names of aliases and sets begin with a letter; a prefix may say that they are of the datacenter, the guest or SDN. */
function isName(item: string): boolean {
  return /^(\+(dc\/|guest\/|sdn\/)?|(dc\/|guest\/)?)[a-z][a-z0-9_-]+$/i.test(item);
}

function familyOf(item: string): string | undefined {
  return (parseNetwork(item)?.address ?? parseRange(item)?.first)?.kind();
}
