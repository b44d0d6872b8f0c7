// What the host filters by the text of its two firewall files, as Proxmox reads them: also by rules that cannot be declared, and without those that
// Proxmox leaves out.

import { parseAddressSet } from '../../../config/address-set.ts';
import { type FirewallConfig, parseFirewall, setEntryProblem } from '../../../proxmox/firewall/file.ts';
import { type Rule as ProxmoxRule, type RuleEnvironment, ruleProblems } from '../../../proxmox/firewall/rule.ts';
import { mayBeOfSdn } from '../../../proxmox/sdn.ts';
import { ruleOf } from '../../guest/proxmox/firewall.ts';
import { BLACKLIST, type NameContents, namedAddresses, type Rule } from './evaluate.ts';
import { withGroups } from './expand-groups.ts';
import type { Filtering } from './reach.ts';

/**
 * Rules of the datacenter are tried after those of the host (PVE/Firewall.pm, enable_host_firewall).
 *
 * @param clusterText content of cluster.fw; empty where there is none
 * @param hostText content of host.fw
 * @param detectedNetwork the network that Proxmox detects as the host's own, such as `10.0.0.0/24`; null counts as one without addresses
 */
export function filteringIn(clusterText: string, hostText: string, detectedNetwork: string | null): Filtering {
  const cluster = parseFirewall(clusterText, 'cluster', { sdn: SDN }).config;
  const host = parseFirewall(hostText, 'host', { cluster }).config;
  const effective = (rules: readonly ProxmoxRule[], environment: RuleEnvironment): Rule[] =>
    rules.flatMap((rule) => {
      const problems = ruleProblems({ ...rule }, environment, cluster, environment === 'host' ? host : undefined);
      return problems.length > 0 ? [] : (ruleOf(rule) ?? []);
    });
  const blacklist = cluster.ipset.has('blacklist') ? [BLACKLIST] : [];
  const rules = [...blacklist, ...effective(host.rules, 'host'), ...effective(cluster.rules, 'cluster')];
  const localNetwork = cluster.aliases.get('local_network')?.cidr ?? detectedNetwork;
  const named = namedAddresses(withLocalNetwork(contentsOf(cluster), localNetwork));
  const policyIn = cluster.options.get('policy_in');
  return {
    enabled: cluster.options.get('enable') === '1' && host.options.get('enable') !== '0',
    policyIn: policyIn === 'ACCEPT' || policyIn === 'REJECT' ? policyIn : 'DROP',
    rules: withGroups(rules, (group) => effective(cluster.groups.get(group)?.entries ?? [], 'group')),
    named,
    management: named('+management') ?? parseAddressSet(localNetwork ?? '') ?? [],
  };
}

/** Whether a rule names the set `management`, which has the detected network: what it decides depends on that network. */
export function namesManagement({ enabled, rules }: Filtering): boolean {
  return enabled && rules.some(({ source, dest }) => [source, dest].some((list) => MANAGEMENT.test(list ?? '')));
}

const SDN = { has: mayBeOfSdn };
const MANAGEMENT = /\+(?:dc\/)?management\b/i;

/** Proxmox adds the host's own network to the set `management`, as its last entry (PVE/Firewall.pm, compile_ipsets). */
function withLocalNetwork({ aliases, ipset }: NameContents, cidr: string | null): NameContents {
  const entries = [...(ipset.get('management')?.entries ?? []), ...(cidr === null ? [] : [{ cidr }])];
  return { aliases, ipset: new Map([...ipset, ['management', { entries }]]) };
}

/** Without entries of sets that Proxmox leaves out: also one that is there twice, of which the first counts. */
function contentsOf(cluster: FirewallConfig): NameContents {
  const sets = [...cluster.ipset].map(([name, { entries }]) => {
    const known = entries.filter(
      ({ cidr }, index) =>
        setEntryProblem(cidr, undefined, cluster) === undefined &&
        entries.findIndex((entry) => entry.cidr === cidr) === index,
    );
    return [name, { entries: known }] as const;
  });
  return { aliases: cluster.aliases, ipset: new Map(sets) };
}
