// The interfaces of the node as its files declare them, and as its kernel has them: the kernel follows only when the configuration is reloaded.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { replaceFile } from '../../proxmox/lock.ts';
import { type LabNode, pathOf } from '../../proxmox/node.ts';

interface Link {
  readonly mtu: number;
  /** With prefix length. */
  readonly addresses: readonly string[];
}

export type Links = Readonly<Record<string, Link>>;

export const MAIN = '/etc/network/interfaces';
const KERNEL = 'run/lab/links.json';

/** The options of ifupdown2 that Phoenix's and Proxmox's files use. */
const KEYWORDS =
  /^(address|netmask|gateway|broadcast|mtu|hwaddress|alias|vlan-\S+|bond-\S+|bridge-(ports|stp|fd|vlan-aware|vids|pvid|ageing|maxwait)|vxlan-\S+|link-type|veth-peer-name|ip6?-forward|(pre|post)?-?(up|down))$/;

/** Exists where Open vSwitch is installed, whose options are valid then (ifupdown2, addons/openvswitch.py). */
const OVS_PROGRAM = '/usr/bin/ovs-vsctl';
const OVS_KEYWORDS = /^ovs[-_](type|ports|bonds|bridge|options|mtu)$/;

/** Allowed values of bond options (ifupdown2, addons/bond.py). */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  'bond-mode': [
    '0',
    'balance-rr',
    '1',
    'active-backup',
    '2',
    'balance-xor',
    '3',
    'broadcast',
    '4',
    '802.3ad',
    '5',
    'balance-tlb',
    '6',
    'balance-alb',
  ],
  'bond-xmit-hash-policy': [
    '0',
    'layer2',
    '1',
    'layer3+4',
    '2',
    'layer2+3',
    '3',
    'encap2+3',
    '4',
    'encap3+4',
    '5',
    'vlan+srcmac',
  ],
};

interface DeclaredLink {
  mtu: number;
  readonly addresses: string[];
}

/** What has been read of the files so far. */
interface Declared {
  readonly links: Map<string, DeclaredLink>;
  /** Names of interfaces that are brought up. */
  readonly auto: Set<string>;
  readonly faults: string[];
}

/** The declared interfaces, and all errors that ifupdown2 reports. */
export function declaredLinks(node: LabNode): { readonly links: Links; readonly faults: readonly string[] } {
  const declared: Declared = { links: new Map(), auto: new Set(), faults: [] };
  const hasOvs = existsSync(pathOf(node, OVS_PROGRAM));
  for (const file of filesOf(node)) readInto(declared, file, readFileSync(pathOf(node, file), 'utf8'), hasOvs);
  const { links, auto, faults } = declared;
  return {
    links: Object.fromEntries([...links].filter(([name]) => auto.has(name) || !name.startsWith('vmbr'))),
    faults,
  };
}

function readInto(declared: Declared, file: string, text: string, hasOvs: boolean): void {
  /** The interface whose lines follow; null outside of one. */
  let name: string | null = null;
  // A backslash at the end of a line continues it.
  for (const line of text.replaceAll('\\\n', ' ').split('\n')) {
    const [word = '', ...rest] = line.trim().split(/\s+/);
    if (word === '' || word.startsWith('#')) continue;
    if (word === 'iface') name = openLink(declared.links, rest[0] ?? '');
    else if (OUTSIDE.test(word)) {
      name = null;
      bringUp(declared.auto, word, rest);
    } else if (name === null) declared.faults.push(`${file}: line '${line.trim()}': unexpected`);
    else {
      const fault = take(declared.links.get(name), word, rest.join(' '), hasOvs);
      if (fault !== null) declared.faults.push(`${file}: iface ${name}: ${fault}`);
    }
  }
}

/** Words of lines that belong to no interface. */
const OUTSIDE = /^(auto|allow-.*|source|source-directory)$/;

function bringUp(auto: Set<string>, word: string, names: readonly string[]): void {
  if (!word.startsWith('source')) for (const name of names) auto.add(name);
}

/** An interface may be declared in several places, whose options add up. Returns its name. */
function openLink(links: Declared['links'], name: string): string {
  if (name === 'lo') links.set(name, { mtu: 65536, addresses: ['127.0.0.1/8'] });
  else if (!links.has(name)) links.set(name, { mtu: 1500, addresses: [] });
  return name;
}

/** Adds an option to an interface; returns why it is invalid, or null. */
function take(link: DeclaredLink | undefined, written: string, value: string, hasOvs: boolean): string | null {
  // The older spellings of these are understood.
  const plain = written.replace(/^(bridge|bond|vxlan)_/, '$1-');
  const word = hasOvs && written === 'ovs_mtu' ? 'mtu' : plain;
  if (link === undefined || !(KEYWORDS.test(word) || (hasOvs && OVS_KEYWORDS.test(word))))
    return `unsupported keyword (${word})`;
  const values = VALUES[word];
  if (values?.includes(value) === false) {
    return `${word}: invalid value "${value}": valid attribute values: [${values.map((each) => `'${each}'`).join(', ')}]`;
  }
  if (word === 'mtu') {
    if (!/^\d+$/.test(value)) return `invalid value "${value}" for attribute mtu`;
    link.mtu = Number(value);
  }
  if (word === 'address') {
    const [address = '', prefix = ''] = value.split('/');
    if (isIP(address) === 0 || !/^\d*$/.test(prefix)) return `invalid value "${value}" for attribute address`;
    link.addresses.push(value);
  }
  return null;
}

/** The main file and those that it includes. */
function filesOf(node: LabNode): string[] {
  if (!existsSync(pathOf(node, MAIN))) return [];
  const lines = readFileSync(pathOf(node, MAIN), 'utf8').matchAll(/^source\s+(\/\S+)\/\*$/gm);
  const included = [...lines].flatMap(([, folder = '']) =>
    existsSync(pathOf(node, folder))
      ? readdirSync(pathOf(node, folder))
          .filter((name) => /^[\w-]+$/.test(name))
          .map((name) => join(folder, name))
          .sort()
      : [],
  );
  return [MAIN, ...included];
}

/** The interfaces in the kernel: those that were declared at the last reload. */
export function kernelLinks(node: LabNode): Links {
  const file = pathOf(node, KERNEL);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : declaredLinks(node).links;
}

export function setKernelLinks(node: LabNode, links: Links): void {
  replaceFile(pathOf(node, KERNEL), JSON.stringify(links));
}

/** The bridges in the kernel, with their MTU. */
export function bridges(node: LabNode): Map<string, number> {
  const file = pathOf(node, 'etc/network/interfaces.d/sdn');
  const sdn = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const vnets = new Set([...sdn.matchAll(/^iface (\S+)/gm)].map(([, name]) => name));
  const links = Object.entries(kernelLinks(node)).filter(([name]) => /^(vmbr|vnet)/.test(name) || vnets.has(name));
  return new Map(links.map(([name, { mtu }]) => [name, mtu]));
}
