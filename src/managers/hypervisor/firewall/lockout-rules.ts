// Prevents a lockout: after every push the host must stay reachable, and the agent able to fetch the next commit.

import { parseNetwork } from '../../../config/address.ts';
import { addressesIn, EVERY_ADDRESS, intersects, parseAddressSet } from '../../../config/address-set.ts';
import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import type { Json, JsonObject } from '../../../model/json.ts';
import type { Config } from '../../config.ts';
import type { FirewallRule } from '../../guest/declared.ts';
import { listed } from '../../guest/guests.ts';
import type { RuleContext } from '../../rule.ts';
import type { HostFirewall, HostNetwork } from '../declared.ts';
import { addressesOfList, BLACKLIST, evaluate, isForTcpPort, type NamedAddresses, namedAddresses } from './evaluate.ts';
import { withGroups } from './expand-groups.ts';

const MANAGEMENT = [
  { port: 22, name: '22 (SSH)' },
  { port: 8006, name: '8006 (Proxmox)' },
];

/**
 * LOCKOUT: a rule closes SSH or Proxmox's own port to the whole management network. Proxmox accepts the host's local network on both by itself (ipset
 * `management`), whatever the policy, but only after the written rules: the policy alone locks nobody out, but a rule that refuses before any rule
 * that accepts does.
 */
export function hostStaysReachable({ config, unreadable }: RuleContext): Diagnostic[] {
  if (unreadable.host('network')) return [];
  const { firewall, network } = config.hypervisor;
  if (firewall === null || !firewall.enabled) return [];
  const rules = [...blacklistOf(config), ...expanded(rulesOfHost(firewall, config), config)];
  const named = declaredAddresses(config);
  const blocked = MANAGEMENT.flatMap(({ port, name }) => {
    const rule = refusal(port, rules, network, named);
    return rule === undefined ? [] : [{ rule, name }];
  });
  return [...Map.groupBy(blocked, ({ rule }) => rule)].map(([rule, ports]) => ({
    code: 'LOCKOUT',
    at: rule.writtenAt,
    message: `The ${isOwn(rule) ? 'rule' : 'IP set blacklist'} closes port ${listed(ports.map(({ name }) => name))} of the host to ${network.subnet ?? 'everyone'}`,
    hint: isOwn(rule)
      ? 'Put a rule before it that accepts these ports from where the host is managed.'
      : 'Take the network from which the host is managed out of the set: Proxmox drops what comes from it before any rule.',
  }));
}

/** Whether it is a rule, and not what Proxmox does about the IP set `blacklist`. */
function isOwn({ source }: FirewallRule): boolean {
  return source !== BLACKLIST.source;
}

/** What Proxmox does before every rule, where the set is declared. */
function blacklistOf({ datacenter }: Config): FirewallRule[] {
  return (datacenter?.get('ipset') ?? [])
    .filter(({ name }) => name === 'blacklist')
    .map(({ writtenAt }) => ({ ...BLACKLIST, writtenAt }));
}

/** The rule that blocks the last of the management network from this port; undefined while some are accepted. */
function refusal(
  port: number,
  rules: readonly FirewallRule[],
  network: HostNetwork,
  named: NamedAddresses,
): FirewallRule | undefined {
  const from = parseNetwork(network.address ?? '') ?? parseNetwork(network.subnet ?? '');
  const concerned = rules.filter((rule) => isForTcpPort(rule, port) && concernsHost(rule, network, named));
  const verdict = evaluate(concerned, from === undefined ? EVERY_ADDRESS : addressesIn(from), named, true);
  return verdict.kind === 'refused' ? verdict.rule : undefined;
}

/** A rule that accepts concerns the host also where it names a destination with unknown content, one that refuses does not. */
function concernsHost(rule: FirewallRule, network: HostNetwork, named: NamedAddresses): boolean {
  if (rule.iface !== null && rule.iface !== network.name) return false;
  const [address = ''] = (network.address ?? '').split('/');
  const host = parseAddressSet(address) ?? EVERY_ADDRESS;
  const dest = addressesOfList(rule.dest, named);
  return dest === undefined ? rule.action === 'ACCEPT' : intersects(dest, host);
}

/** Of the names that are declared: what those have that people keep is known on the host alone, where it is read before anything is written. */
function declaredAddresses({ datacenter }: Config): NamedAddresses {
  const aliases = (datacenter?.get('alias') ?? []).map(
    ({ name, options }) => [name, { cidr: String(options['cidr']) }] as const,
  );
  const sets = (datacenter?.get('ipset') ?? []).flatMap(({ name, written }) =>
    Array.isArray(written['entries']) ? [[name, { entries: written['entries'].map(entryOf) }] as const] : [],
  );
  return namedAddresses({ aliases: new Map(aliases), ipset: new Map(sets) });
}

/** An entry of an IP set as declared: an address, network or alias, or an object. */
function entryOf(entry: Json): { readonly cidr: string; readonly nomatch: boolean } {
  if (typeof entry === 'string') return { cidr: entry, nomatch: false };
  const { cidr, nomatch } = entry as JsonObject;
  return { cidr: String(cidr), nomatch: nomatch === true };
}

/** In the order in which they are tried. Those of the datacenter are for each of its nodes. */
function rulesOfHost(firewall: HostFirewall, { datacenterRules }: Config): FirewallRule[] {
  return [...firewall.rules, ...(datacenterRules ?? [])];
}

/**
 * Expands the groups that are declared. The content of groups that people manage is only known on the host, where it is read before anything is
 * written.
 */
function expanded(rules: readonly FirewallRule[], { securityGroups = [] }: Config): FirewallRule[] {
  return withGroups(rules, (group) => securityGroups.find(({ name }) => name === group)?.rules ?? []);
}

/** LOCKOUT: nothing may leave the host, so the agent could not fetch the commit that opens it again. */
export function agentCanFetch({ config }: RuleContext): Diagnostic[] {
  const { firewall } = config.hypervisor;
  if (firewall === null || !firewall.enabled || firewall.policyOut === 'ACCEPT') return [];
  const opens = (rule: FirewallRule) =>
    rule.type === 'out' && rule.enabled && rule.action === 'ACCEPT' && (rule.proto === null || rule.proto === 'tcp');
  if (expanded(rulesOfHost(firewall, config), config).some(opens)) return [];
  return [
    {
      code: 'LOCKOUT',
      at: placeIn(firewall.writtenAt, 'default_output_policy'),
      message: `Outgoing packets are refused (${firewall.policyOut}), and no rule lets any TCP connection out: Phoenix could not fetch the next commit`,
      hint: 'Add a rule of type "out" that accepts TCP to where the repository is.',
    },
  ];
}
