// Prevents a lockout: after every push the host must stay reachable, and the agent able to fetch the next commit.

import { contains, covers, fixedAddress, type Network, overlaps, parseNetwork } from '../../../config/address.ts';
import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import type { Config } from '../../config.ts';
import type { FirewallRule } from '../../guest/declared.ts';
import { listed } from '../../guest/guests.ts';
import { namesPort, someNetwork } from '../../guest/rules/firewall-reach.ts';
import type { RuleContext } from '../../rule.ts';
import type { HostFirewall, HostNetwork } from '../declared.ts';
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
  const rules = expanded(rulesOfHost(firewall, config), config);
  const blocked = MANAGEMENT.flatMap(({ port, name }) => {
    const rule = refusal(port, rules, network);
    return rule === undefined ? [] : [{ rule, name }];
  });
  return [...Map.groupBy(blocked, ({ rule }) => rule)].map(([rule, ports]) => ({
    code: 'LOCKOUT',
    at: rule.writtenAt,
    message: `The rule closes port ${listed(ports.map(({ name }) => name))} of the host to ${network.subnet ?? 'everyone'}`,
    hint: 'Put a rule before it that accepts these ports from where the host is managed.',
  }));
}

/** The rule that blocks every packet from the management network to this port; undefined while some are accepted. */
function refusal(port: number, rules: readonly FirewallRule[], network: HostNetwork): FirewallRule | undefined {
  const from = parseNetwork(network.address ?? '') ?? parseNetwork(network.subnet ?? '');
  for (const rule of rules) {
    if (!concernsHost(rule, network) || !namesPort(rule.port, port)) continue;
    if (rule.action === 'ACCEPT') {
      if (someNetwork(rule.source, true, (source) => from === undefined || overlaps(source, from))) return undefined;
    } else if (someNetwork(rule.source, false, (source) => from !== undefined && covers(source, from))) {
      return rule;
    }
  }
  return undefined;
}

function concernsHost(rule: FirewallRule, network: HostNetwork): boolean {
  const host = fixedAddress(network.address);
  const isHost = (dest: Network) => host === null || contains(dest, host);
  return (
    rule.type === 'in' &&
    rule.enabled &&
    (rule.proto === null || rule.proto === 'tcp') &&
    rule.sourcePort === null &&
    (rule.iface === null || rule.iface === network.name) &&
    someNetwork(rule.dest, false, isHost)
  );
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
