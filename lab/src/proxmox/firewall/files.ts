// The firewall files of a lab: their paths, loading and saving.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FirewallConfig, parseFirewall, printFirewall } from '../../../../src/proxmox/firewall-file.ts';
import type { RuleEnvironment } from '../../../../src/proxmox/firewall-rule.ts';
import { ipSetsOfVnet } from '../../../../src/proxmox/sdn.ts';
import { replaceFile } from '../lock.ts';

/** One firewall file: the cluster's, the host's, or a guest's. */
export type FirewallPlace = { readonly environment: 'cluster' | 'host' | 'ct' | 'vm'; readonly file: string };

export const clusterPlace: FirewallPlace = { environment: 'cluster', file: '/etc/pve/firewall/cluster.fw' };
export const hostPlace: FirewallPlace = { environment: 'host', file: '/etc/pve/local/host.fw' };
export const guestPlace = (kind: 'lxc' | 'qemu', id: string): FirewallPlace => ({
  environment: kind === 'lxc' ? 'ct' : 'vm',
  file: `/etc/pve/firewall/${id}.fw`,
});

export type Loaded = { readonly config: FirewallConfig; readonly warnings: readonly string[] };

/** Reads a file; a missing one is empty. */
export function loadFirewall(
  dir: string,
  place: FirewallPlace,
  cluster: FirewallConfig | undefined,
  aboutRules = false,
): Loaded {
  const path = join(dir, place.file);
  return parseFirewall(
    existsSync(path) ? readFileSync(path, 'utf8') : '',
    place.file,
    place.environment satisfies RuleEnvironment,
    cluster,
    aboutRules,
    place === clusterPlace ? setsOfSdn(dir) : undefined,
  );
}

/** Of the running configuration; those of a lab have no addresses from its IPAM. */
function setsOfSdn(dir: string): ReadonlySet<string> {
  const file = join(dir, 'etc/pve/sdn/.running-config');
  const { vnets = {} } = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as { readonly vnets?: { readonly ids?: object } })
    : {};
  return new Set(Object.keys(vnets.ids ?? {}).flatMap(ipSetsOfVnet));
}

export function saveFirewall(dir: string, place: FirewallPlace, config: FirewallConfig): void {
  replaceFile(join(dir, place.file), printFirewall(config));
}
