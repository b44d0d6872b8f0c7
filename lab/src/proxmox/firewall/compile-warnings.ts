// What only the generation of chains finds in firewall files: names that are not where their prefix says, and security groups that are missing
// (PVE/Firewall.pm, compile_iptables_filter).

import type { FirewallConfig } from '../../../../src/proxmox/firewall/file.ts';
import { type Rule, type RuleEnvironment, ruleProblems } from '../../../../src/proxmox/firewall/rule.ts';

export interface GuestFirewall {
  readonly environment: 'ct' | 'vm';
  readonly config: FirewallConfig;
  /** Its interfaces with `firewall=1`, such as `net0`, sorted. */
  readonly interfaces: readonly string[];
}

type Version = '4' | '6';
type Direction = 'in' | 'out';

/** Once for each version of IP. @param guests VMs before containers, each sorted */
export function compileWarnings(
  cluster: FirewallConfig,
  host: FirewallConfig,
  guests: readonly GuestFirewall[],
): string[] {
  return (['4', '6'] as const).flatMap((version) => {
    const chains = new Chains(cluster, version);
    if (host.options.get('enable') !== '0') chains.addHost(host);
    for (const guest of guests) chains.addGuest(guest);
    return chains.warnings;
  });
}

/** The chains of one version. */
class Chains {
  readonly warnings: string[] = [];
  private readonly names = new Set<string>();
  private readonly cluster: FirewallConfig;
  private readonly version: Version;

  constructor(cluster: FirewallConfig, version: Version) {
    this.cluster = cluster;
    this.version = version;
  }

  addHost(host: FirewallConfig): void {
    const rules = [
      ...this.active(host.rules, 'host', host),
      ...this.active(this.cluster.rules, 'cluster', this.cluster),
    ];
    for (const direction of ['in', 'out'] as const)
      for (const rule of rules) this.warned(() => this.add(rule, direction, host));
  }

  addGuest({ environment, config, interfaces }: GuestFirewall): void {
    if (config.options.get('enable') !== '1') return;
    const rules = this.active(config.rules, environment, config);
    // A group that fails ends all chains of the guest; any other rule only itself.
    this.warned(() => {
      for (const name of interfaces)
        for (const direction of ['in', 'out'] as const)
          for (const rule of rules.filter(({ iface = name }) => iface === name)) {
            if (rule.type === 'group') this.add(rule, direction, config);
            else this.warned(() => this.add(rule, direction, config));
          }
    });
  }

  private active(rules: readonly Rule[], environment: RuleEnvironment, own: FirewallConfig | undefined): Rule[] {
    return rules.filter(({ enable, ipversion = this.version, ...rule }) => {
      const problems = ruleProblems({ ...rule }, environment, this.cluster, own);
      return enable !== '0' && ipversion === this.version && problems.length === 0;
    });
  }

  private add(rule: Rule, direction: Direction, own: FirewallConfig): void {
    if (rule.type === 'group') this.addGroup(rule.action ?? '', direction);
    else if (rule.type === direction) this.checkNames(rule, own);
  }

  private addGroup(group: string, direction: Direction): void {
    if (this.names.has(`GROUP-${group}-${direction.toUpperCase()}`)) return;
    const entries = this.cluster.groups.get(group)?.entries;
    if (entries === undefined) this.warnings.push(`no such security group '${group}'`);
    const rules = this.active(entries ?? [], 'group', undefined);
    for (const each of ['in', 'out'] as const) {
      const chain = `GROUP-${group}-${each.toUpperCase()}`;
      if (this.names.has(chain)) throw new Warning(`chain '${chain}' already exists`);
      this.names.add(chain);
      for (const rule of rules.filter(({ type }) => type === each)) this.checkNames(rule, undefined);
    }
  }

  private checkNames({ source, dest }: Rule, own: FirewallConfig | undefined): void {
    for (const name of [source, dest]) {
      const missing = name === undefined ? undefined : missingName(name, this.cluster, own);
      if (missing !== undefined) throw new Warning(missing);
    }
  }

  private warned(generate: () => void): void {
    try {
      generate();
    } catch (error) {
      if (!(error instanceof Warning)) throw error;
      this.warnings.push(error.message);
    }
  }
}

class Warning extends Error {}

/** Why an address of a rule cannot be generated (ipt_gen_src_or_dst_match). @param own the guest's or host's file; undefined in a group */
function missingName(name: string, cluster: FirewallConfig, own: FirewallConfig | undefined): string | undefined {
  const [, plus, scope, word = ''] = /^(\+)?(?:(guest|dc|sdn)\/)?([A-Za-z][\w-]+)$/.exec(name) ?? [];
  if (word === '') return undefined;
  const isIn = (place: string): boolean => scope === undefined || scope === place;
  if (plus === undefined) {
    const key = word.toLowerCase();
    const isThere =
      (scope !== 'dc' && own?.aliases.has(key) === true) || (scope !== 'guest' && cluster.aliases.has(key));
    return isThere ? undefined : `no such alias '${name}'`;
  }
  const isThere =
    (isIn('guest') && own?.ipset.has(word)) ||
    (isIn('dc') && cluster.ipset.has(word)) ||
    (isIn('sdn') && cluster.sdn?.has(word));
  return isThere ? undefined : `no such ipset '${word}'`;
}
