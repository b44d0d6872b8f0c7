// The network of a lab with real containers: its own namespace with the node's bridge, isolated from the machine's addresses, with NAT to the
// outside.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type LabNode, pathOf } from '../proxmox/node.ts';
import { call, succeeds } from './machine.ts';

/** Unique per lab folder. Interface names are limited to 15 characters. */
export function labName(node: LabNode): string {
  return `phx${createHash('sha256').update(resolve(node.dir)).digest('hex').slice(0, 8)}`;
}

/**
 * No effect if it exists. @param gateway of the containers, with prefix length
 *
 *
 */
export function openNetwork(node: LabNode, bridge: string, gateway: string | null): void {
  const name = labName(node);
  if (!succeeds('ip', 'netns', 'exec', name, 'true')) makeNamespace(node, name);
  const inside = (...args: readonly string[]): string => call('ip', '-n', name, ...args);
  if (!succeeds('ip', '-n', name, 'link', 'show', bridge)) {
    inside('link', 'add', bridge, 'type', 'bridge');
    for (const address of nodeAddresses(node, bridge)) inside('addr', 'add', address, 'dev', bridge);
    inside('link', 'set', bridge, 'up');
  }
  const known = inside('-o', 'addr', 'show', 'dev', bridge);
  if (gateway !== null && !known.includes(` ${gateway} `)) inside('addr', 'add', gateway, 'dev', bridge);
}

function makeNamespace(node: LabNode, name: string): void {
  call('ip', 'netns', 'add', name);
  call('ip', '-n', name, 'link', 'set', 'lo', 'up');
  const [outside, within] = uplinkAddresses(node);
  call('ip', 'link', 'add', `${name}o`, 'type', 'veth', 'peer', 'name', `${name}i`, 'netns', name);
  call('ip', 'addr', 'add', `${outside}/30`, 'dev', `${name}o`);
  call('ip', 'link', 'set', `${name}o`, 'up');
  call('ip', '-n', name, 'addr', 'add', `${within}/30`, 'dev', `${name}i`);
  call('ip', '-n', name, 'link', 'set', `${name}i`, 'up');
  call('ip', '-n', name, 'route', 'add', 'default', 'via', outside);
  // NAT twice: in the namespace and on the machine.
  const masquerade = (chain: string): string =>
    `add chain ip ${name} ${chain} { type nat hook postrouting priority 100; }`;
  for (const run of [['nft'], ['ip', 'netns', 'exec', name, 'nft']]) {
    const [program = '', ...before] = run;
    call(program, ...before, 'add', 'table', 'ip', name);
    call(program, ...before, masquerade('out'));
    const leaves = before.length === 0 ? ['ip', 'saddr', `${outside}/30`] : ['oifname', `${name}i`];
    call(program, ...before, 'add', 'rule', 'ip', name, 'out', ...leaves, 'masquerade');
  }
  call('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  call('ip', 'netns', 'exec', name, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
}

/** Moves an interface of the machine into the lab and onto a bridge there. */
export function joinBridge(node: LabNode, link: string, bridge: string): void {
  call('ip', 'link', 'set', link, 'netns', labName(node));
  call('ip', '-n', labName(node), 'link', 'set', link, 'master', bridge, 'up');
}

/** Two addresses of an otherwise unused network, derived from the lab's name. */
function uplinkAddresses(node: LabNode): [outside: string, within: string] {
  const number = Number.parseInt(labName(node).slice(3, 7), 16) % (254 * 64);
  const [third, fourth] = [1 + Math.floor(number / 64), (number % 64) * 4];
  return [`169.254.${third}.${fourth + 1}`, `169.254.${third}.${fourth + 2}`];
}

/** Addresses of the bridge in the node's interfaces file. */
function nodeAddresses(node: LabNode, bridge: string): string[] {
  const text = readFileSync(pathOf(node, 'etc/network/interfaces'), 'utf8');
  const stanza = text.split(/^(?=iface )/m).find((each) => each.startsWith(`iface ${bridge} `)) ?? '';
  return [...stanza.matchAll(/^\s*address\s+(\S+)/gm)].map(([, address = '']) => address);
}

/** No effect if it does not exist. */
export function closeNetwork(node: LabNode): void {
  const name = labName(node);
  succeeds('nft', 'delete', 'table', 'ip', name);
  succeeds('ip', 'link', 'del', `${name}o`);
  succeeds('ip', 'netns', 'del', name);
}
