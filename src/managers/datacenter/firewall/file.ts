// The datacenter's firewall file, and which firewall files refer to an alias, set or group of it.

import { type FirewallConfig, parseFirewall } from '../../../proxmox/firewall-file.ts';
import type { RuleEnvironment } from '../../../proxmox/firewall-rule.ts';

export const CLUSTER_FIREWALL = '/etc/pve/firewall/cluster.fw';

export function clusterFirewall(text: string): FirewallConfig {
  return parseFirewall(text, CLUSTER_FIREWALL, 'cluster', undefined, false).config;
}

/** Files whose rules or sets name an alias. A guest's own alias of that name is another. */
export function filesNamingAlias(name: string, files: ReadonlyMap<string, string>): string[] {
  return filesWhere(files, ({ aliases }, isCluster) => {
    const isAnother = !isCluster && aliases.has(name);
    return (word) => word === `dc/${name}` || (!isAnother && word === name);
  });
}

/** Files whose rules name a set. In a guest's file the guest's own set of that name takes precedence. */
export function filesNamingSet(name: string, files: ReadonlyMap<string, string>): string[] {
  return filesWhere(files, ({ ipset }, isCluster) => {
    const isAnother = !isCluster && ipset.has(name);
    return (word) => word === `+dc/${name}` || (!isAnother && word === `+${name}`);
  });
}

export function filesNamingGroup(name: string, files: ReadonlyMap<string, string>): string[] {
  return [...files].flatMap(([path, text]) => {
    const named = parsed(path, text).rules.some(({ type, action }) => type === 'group' && action === name);
    return named ? [path] : [];
  });
}

function filesWhere(
  files: ReadonlyMap<string, string>,
  naming: (config: FirewallConfig, isCluster: boolean) => (word: string) => boolean,
): string[] {
  return [...files].flatMap(([path, text]) => {
    const config = parsed(path, text);
    const isNamed = naming(config, path === CLUSTER_FIREWALL);
    const rules = [...config.rules, ...[...config.groups.values()].flatMap(({ entries }) => entries)];
    const words = [
      ...rules.flatMap(({ source, dest }) => [source, dest]),
      ...[...config.ipset.values()].flatMap(({ entries }) => entries.map(({ cidr }) => cidr)),
    ];
    return words.some((word) => word !== undefined && isNamed(word.toLowerCase())) ? [path] : [];
  });
}

function parsed(path: string, text: string): FirewallConfig {
  const environment: RuleEnvironment =
    path === CLUSTER_FIREWALL
      ? 'cluster'
      : path.endsWith('/host.fw')
        ? 'host'
        : path.includes('/sdn/firewall/')
          ? 'vnet'
          : 'ct';
  return parseFirewall(text, path, environment, undefined, false).config;
}
