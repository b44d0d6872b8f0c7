// The datacenter's firewall file, and which firewall files refer to an alias, set or group of it.

import { type FirewallConfig, hasHiddenSections, parseFirewall } from '../../../proxmox/firewall/file.ts';
import type { RuleEnvironment } from '../../../proxmox/firewall/rule.ts';

export const CLUSTER_FIREWALL = '/etc/pve/firewall/cluster.fw';

export function clusterFirewall(text: string): FirewallConfig {
  return parseFirewall(text, 'cluster').config;
}

/**
 * The text above a group or set, all of it where there is none of the name. Proxmox reads the file in one pass, so that what stands below counts as not
 * there. It writes aliases first, and sets above groups: only a file that was written by hand has another order.
 */
export function textAbove(text: string, section: 'group' | 'ipset', name: string): string {
  const lines = text.split('\n');
  const header = new RegExp(`^\\s*\\[${section}\\s+(\\S+)\\]`, 'i');
  const at = lines.findLastIndex((line) => header.exec(line)?.[1]?.toLowerCase() === name.toLowerCase());
  return at === -1 ? text : lines.slice(0, at).join('\n');
}

/**
 * Why Proxmox leaves out a line; undefined where it does not.
 *
 * @param problem why by these names
 * @param above the names above the line's group or set
 * @param all those of the whole file
 */
export function leftOutBy(
  problem: (names: FirewallConfig) => string | undefined,
  above: FirewallConfig,
  all: FirewallConfig,
): string | undefined {
  const why = problem(above);
  const isBelow = why !== undefined && problem(all) === undefined;
  return isBelow ? `${why} above it: move [ALIASES] to the top of ${CLUSTER_FIREWALL}, and sets above groups` : why;
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
  return parseFirewall(text, environment).config;
}

/** Why any change through Proxmox would lose what this firewall file has, and what to do; null where it would not. */
export function hiddenSections(text: string, path: string): string | null {
  if (!hasHiddenSections(text)) return null;
  return `headings in ${path} end with carriage returns, so that Proxmox reads nothing of their sections and drops them with the next change; look whether they may come into force, and then take the carriage returns out (sed -i 's/\\r$//' ${path})`;
}
