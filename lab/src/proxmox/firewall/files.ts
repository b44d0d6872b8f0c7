// The firewall files of a lab: their paths, loading and saving.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type FirewallConfig, parseFirewall, printFirewall } from '../../../../src/proxmox/firewall/file.ts';
import type { RuleEnvironment } from '../../../../src/proxmox/firewall/rule.ts';
import { ipSetsOfVnet } from '../../../../src/proxmox/sdn.ts';
import { replaceFile } from '../lock.ts';

/** One firewall file: the cluster's, the host's, a guest's, or a vnet's. */
export type FirewallPlace = { readonly environment: 'cluster' | 'host' | 'ct' | 'vm' | 'vnet'; readonly file: string };

export const clusterPlace: FirewallPlace = { environment: 'cluster', file: '/etc/pve/firewall/cluster.fw' };
export const hostPlace: FirewallPlace = { environment: 'host', file: '/etc/pve/local/host.fw' };
export const guestPlace = (kind: 'lxc' | 'qemu', id: string): FirewallPlace => ({
  environment: kind === 'lxc' ? 'ct' : 'vm',
  file: `/etc/pve/firewall/${id}.fw`,
});

export const vnetPlace = (vnet: string): FirewallPlace => ({
  environment: 'vnet',
  file: `/etc/pve/sdn/firewall/${vnet}.fw`,
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
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return parseFirewall(text, place.environment satisfies RuleEnvironment, {
    cluster,
    sdn: place === clusterPlace ? setsOfSdn(dir) : undefined,
    fileName: place.file,
    aboutRules,
  });
}

/** Those of a lab have no addresses from its IPAM. */
function setsOfSdn(dir: string): ReadonlySet<string> {
  return new Set(runningVnets(dir).flatMap(ipSetsOfVnet));
}

/** The vnets of the running configuration. */
export function runningVnets(dir: string): string[] {
  const file = join(dir, 'etc/pve/sdn/.running-config');
  const { vnets = {} } = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as { readonly vnets?: { readonly ids?: object } })
    : {};
  return Object.keys(vnets.ids ?? {});
}

export function saveFirewall(dir: string, place: FirewallPlace, config: FirewallConfig): void {
  const [file, text] = [join(dir, place.file), printFirewall(config)];
  // One without content is removed (PVE/Firewall.pm, save_clusterfw_conf and others).
  if (text === '') rmSync(file, { force: true });
  else replaceFile(file, text);
}
