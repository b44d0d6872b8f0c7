// The bridges that the configuration declares beside the interface that the host is managed by: one file of ours, which
// /etc/network/interfaces includes.

import { fitting } from '../../../model/text.ts';
import { MARK } from '../act.ts';
import type { HostBridge } from '../declared.ts';

/** `[Proxmox]` edits the main file alone and leaves this one as it is. */
export const BRIDGES_FILE = '/etc/network/interfaces.d/phoenix';

/** No line of it ends in a backslash, which would have ifupdown2 read the next one as its end. */
const WORD = /^[A-Za-z0-9_.:/-]+$/;
const inFile = (word: string): string => fitting(word, WORD, 'the network of the host');

/** @throws Error for a name or address that is more than one word */
export function bridgesText(bridges: readonly HostBridge[]): string {
  return `${[MARK, ...bridges.map(stanza)].join('\n\n')}\n`;
}

function stanza(bridge: HostBridge): string {
  const { vlanAware, mtu } = bridge;
  const name = inFile(bridge.name);
  const address = bridge.address === null ? null : inFile(bridge.address);
  const ports = bridge.ports.map(inFile);
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

/**
 * The same file with these servers; its other lines stay.
 * @throws Error for a server that is no address
 */
export function withNameservers(text: string, servers: readonly string[]): string {
  const others = text.split('\n').filter((line) => !/^nameserver\s/.test(line) && line.trim() !== '');
  return `${[...others, ...servers.map((server) => `nameserver ${fitting(server, /^[0-9A-Fa-f.:]+(%[\w.-]+)?$/, 'the list of DNS servers')}`)].join('\n')}\n`;
}
