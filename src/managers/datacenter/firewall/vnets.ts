// The firewalls of vnets as the host has them: a file for each that has one, and the vnets in force, since Proxmox changes the firewall of no other
// (pve-firewall, PVE/API2/Firewall/Helpers.pm, check_vnet_access).

import type { Options } from '../../../proxmox/files/section-config.ts';
import { parseFirewall } from '../../../proxmox/firewall/file.ts';
import type { HostReader } from '../../manager.ts';
import { CLUSTER_FIREWALL, clusterFirewall, hiddenSections } from './file.ts';
import { lineOfRule } from './rule-calls.ts';

export const VNET_FIREWALLS = '/etc/pve/sdn/firewall';
const RUNNING = '/etc/pve/sdn/.running-config';

/** What the firewalls of vnets are read from, as one text. */
interface Source {
  /** Content of cluster.fw, whose names the rules use. */
  readonly cluster: string;
  readonly running: string;
  /** Files by name of the vnet. */
  readonly files: Readonly<Record<string, string>>;
}

export async function vnetFirewallText(host: HostReader): Promise<string> {
  const [cluster = '', running = '', folder] = await Promise.all([
    host.readFile(CLUSTER_FIREWALL),
    host.readFile(RUNNING),
    host.readFolders([VNET_FIREWALLS]),
  ]);
  const files = [...folder].flatMap(([path, text]): [string, string][] => {
    const [, name] = /\/([^/]+)\.fw$/.exec(path) ?? [];
    return name === undefined ? [] : [[name, text]];
  });
  const source: Source = { cluster, running, files: Object.fromEntries(files) };
  return JSON.stringify(source);
}

/** The names that rules of vnets refer to. */
export function namesForVnets(text: string): ReturnType<typeof clusterFirewall> {
  return clusterFirewall(sourceIn(text).cluster);
}

/** Of each vnet in force, its options and the lines of its rules. */
export function vnetFirewalls(text: string): ReadonlyMap<string, Options> {
  const { cluster, running, files } = sourceIn(text);
  const names = clusterFirewall(cluster);
  const { vnets = {} } = (running.trim() === '' ? {} : JSON.parse(running)) as {
    readonly vnets?: { readonly ids?: object };
  };
  return new Map(
    Object.keys(vnets.ids ?? {}).map((name): [string, Options] => {
      const { options, rules } = parseFirewall(files[name] ?? '', 'vnet', { cluster: names }).config;
      return [
        name,
        {
          ...Object.fromEntries([...options].map(([option, value]) => [option, [value]])),
          rules: rules.map(lineOfRule),
        },
      ];
    }),
  );
}

/** Why any change of the firewall of this vnet would lose what its file has, and what to do; null where it would not. */
export function hiddenVnetSections(text: string, name: string): string | null {
  return hiddenSections(sourceIn(text).files[name] ?? '', `${VNET_FIREWALLS}/${name}.fw`);
}

function sourceIn(text: string): Source {
  return text === '' ? { cluster: '', running: '', files: {} } : (JSON.parse(text) as Source);
}
