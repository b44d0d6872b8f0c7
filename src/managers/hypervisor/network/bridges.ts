// The bridges that the configuration declares beside the interface that the host is managed by: one file of ours, which
// /etc/network/interfaces includes.

import type { HostBridge } from '../../../config/config-host.ts';
import { MARK } from '../act.ts';

/** `[Proxmox]` edits the main file alone and leaves this one as it is. */
export const BRIDGES_FILE = '/etc/network/interfaces.d/phoenix';

export function bridgesText(bridges: readonly HostBridge[]): string {
  return `${[MARK, ...bridges.map(stanza)].join('\n\n')}\n`;
}

function stanza({ name, address, ports, vlanAware, mtu }: HostBridge): string {
  const family = address?.includes(':') ? 'inet6' : 'inet';
  return [
    `auto ${name}`,
    `iface ${name} ${family} ${address === null ? 'manual' : 'static'}`,
    ...(address === null ? [] : [`\taddress ${address}`]),
    `\tbridge-ports ${ports.length === 0 ? 'none' : ports.join(' ')}`,
    '\tbridge-stp off',
    '\tbridge-fd 0',
    ...(vlanAware ? ['\tbridge-vlan-aware yes', '\tbridge-vids 2-4094'] : []),
    ...(mtu === null ? [] : [`\tmtu ${mtu}`]),
  ].join('\n');
}

/** The servers of a resolv.conf in their order. */
export function nameserversIn(text: string): string[] {
  return [...text.matchAll(/^nameserver\s+(\S+)/gm)].map(([, server = '']) => server);
}

/** The same file with these servers; its other lines stay. */
export function withNameservers(text: string, servers: readonly string[]): string {
  const others = text.split('\n').filter((line) => !/^nameserver\s/.test(line) && line.trim() !== '');
  return `${[...others, ...servers.map((server) => `nameserver ${server}`)].join('\n')}\n`;
}
