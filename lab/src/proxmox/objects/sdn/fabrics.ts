// Fabrics of the software-defined network and their nodes by the API (pve-network, PVE/API2/Network/SDN/Fabrics; proxmox-ve-rs,
// proxmox-ve-config/src/sdn/fabric): one file, which is validated as a whole before it is written.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseSections, printSections, type Section } from '../../../../../src/proxmox/files/section-config.ts';
import { parsePropertyString } from '../../../../../src/proxmox/parameters/property-string.ts';
import { FABRIC_NODE_PROTOCOLS, FABRIC_PROTOCOLS, isWithin } from '../../../../../src/proxmox/sdn.ts';
import { replaceFile } from '../../lock.ts';
import { type LabNode, pathOf } from '../../node.ts';
import type { Parameters } from '../../parameters/check.ts';
import { Refusal, refuse } from '../../refusal.ts';

type Sections = Map<string, Section>;
type Protocol = keyof typeof FABRIC_PROTOCOLS;

const FILE = 'etc/pve/sdn/fabrics.cfg';
const FABRIC = '/cluster/sdn/fabrics/fabric';
const NODE = '/cluster/sdn/fabrics/node/{fabric_id}';

/** The verb in error messages. */
const DOING: Readonly<Record<string, string>> = { POST: 'adding', PUT: 'updating', DELETE: 'deleting' };

/** Whether a call changes a fabric or a node of one. */
export function isOfFabrics(template: string): boolean {
  return [FABRIC, `${FABRIC}/{id}`, NODE, `${NODE}/{node_id}`].includes(template);
}

/** What a failed change says before its reason. */
export function failureOfFabrics(method: string, template: string): string {
  return `${DOING[method]} ${template.startsWith(FABRIC) ? 'fabric' : 'node'} failed`;
}

/** @param users the controllers and zones that use a fabric, with its name */
export function changeFabrics(
  node: LabNode,
  method: string,
  template: string,
  parameters: Parameters,
  users: readonly { readonly what: string; readonly fabric: string }[],
): void {
  const what = template.startsWith(FABRIC) ? 'fabric' : 'node';
  try {
    const sections = fabricsOf(node);
    if (what === 'fabric') changeFabric(sections, method, parameters, users);
    else changeNode(sections, method, parameters);
    validate(sections);
    const file = pathOf(node, FILE);
    mkdirSync(dirname(file), { recursive: true });
    replaceFile(file, printSections(inOrder(sections), []));
  } catch (error) {
    if (error instanceof Refusal) refuse(`${failureOfFabrics(method, template)}: ${error.message}`);
    throw error;
  }
}

export function fabricsOf(node: LabNode): Sections {
  const file = pathOf(node, FILE);
  return parseSections(existsSync(file) ? readFileSync(file, 'utf8') : '');
}

function changeFabric(
  sections: Sections,
  method: string,
  { id: named, ...parameters }: Parameters,
  users: readonly { readonly what: string; readonly fabric: string }[],
): void {
  const id = String(named);
  const found = sections.get(id);
  if (method === 'DELETE') {
    const user = users.find(({ fabric }) => fabric === id);
    if (user !== undefined) refuse(`this fabric is still used in the ${user.what}`);
    if (found === undefined) refuse(`fabric '${id}' does not exist in configuration`);
    for (const key of [...sections.keys()]) if (key === id || key.startsWith(`${id}_`)) sections.delete(key);
    return;
  }
  if (method === 'POST' && found !== undefined) refuse(`fabric '${id}' already exists in config`);
  if (method === 'PUT' && found === undefined) refuse(`fabric '${id}' does not exist in configuration`);
  sections.set(id, changed(found, 'fabric', FABRIC_PROTOCOLS, parameters));
}

function changeNode(sections: Sections, method: string, parameters: Parameters): void {
  const { fabric_id: fabric, node_id: node, ...given } = parameters;
  const id = `${fabric}_${node}`;
  const found = sections.get(id);
  const within = sections.get(String(fabric)) ?? refuse(`fabric '${fabric}' does not exist in configuration`);
  if (method !== 'POST' && found === undefined) refuse(`node '${node}' does not exist in fabric '${fabric}'`);
  if (method === 'DELETE') {
    sections.delete(id);
    return;
  }
  if (method === 'POST' && found !== undefined) refuse(`node '${node}' already exists in config for fabric ${fabric}`);
  if (protocolOf(within) !== given['protocol']) refuse('node has a different protocol than the referenced fabric');
  sections.set(id, changed(found, 'node', FABRIC_NODE_PROTOCOLS, given));
}

/** Options of other protocols are ignored. */
function changed(
  found: Section | undefined,
  sort: 'fabric' | 'node',
  protocols: Readonly<Record<Protocol, { readonly required: readonly string[]; readonly optional: readonly string[] }>>,
  { protocol, delete: unset, digest: _, 'lock-token': __, ...given }: Parameters,
): Section {
  const speaks = String(protocol) as Protocol;
  if (found !== undefined && protocolOf(found) !== speaks) refuse('fabric and updater have different protocols');
  const own: readonly string[] = [...protocols[speaks].required, ...protocols[speaks].optional];
  const cleared = [unset ?? []].flat();
  const kept = Object.entries(found?.options ?? {}).filter(([option]) => !cleared.includes(option));
  const set = Object.entries(given).flatMap(([option, value]) =>
    own.includes(option) ? [[option, [value ?? []].flat()] as const] : [],
  );
  const options = Object.fromEntries([...kept, ...set]);
  if (sort === 'fabric' && speaks === 'ospf' && options['area'] === undefined) refuse('missing field `area`');
  return { type: `${speaks}_${sort}`, options };
}

function protocolOf({ type }: Section): string {
  return type.split('_')[0] ?? '';
}

const PREFIXES = [
  ['ip_prefix', 'ip'],
  ['ip6_prefix', 'ip6'],
] as const;

type Named = readonly [id: string, section: Section];

/** Refuses a file that is wrong as a whole. The order is that of the real program, which reports the first fault alone. */
function validate(sections: Sections): void {
  const fabrics = [...sections].filter(([, { type }]) => type.endsWith('_fabric'));
  const interfaces = new Set<string>();
  const areas = new Set<string>();
  for (const [index, [id, fabric]] of fabrics.entries()) {
    for (const earlier of fabrics.slice(0, index)) checkOverlap([id, fabric], earlier);
    for (const area of fabric.options['area']?.slice(0, 1) ?? []) addOnce(areas, area, 'duplicate OSPF area');
    const nodes = [...sections].filter(([key, { type }]) => type.endsWith('_node') && key.startsWith(`${id}_`));
    for (const name of nodes.flatMap((node) => interfacesOf(id, node)))
      addOnce(interfaces, name, 'interface is already in use by another fabric');
    checkNodes(id, fabric, nodes);
    checkPrefixes(id, fabric);
  }
}

function checkOverlap([id, fabric]: Named, [other, { options }]: Named): void {
  for (const [prefix] of PREFIXES) {
    const [theirs, own] = [options[prefix]?.[0], fabric.options[prefix]?.[0]];
    if (theirs !== undefined && own !== undefined && overlap(theirs, own))
      refuse(`IP prefix ${own} in fabric '${id}' overlaps with IPv4 prefix ${theirs} in fabric '${other}'`);
  }
}

function checkPrefixes(id: string, fabric: Section): void {
  if (PREFIXES.every(([prefix]) => fabric.options[prefix] === undefined))
    refuse(`fabric '${id}' does not have an IP prefix configured`);
  if (protocolOf(fabric) === 'ospf' && fabric.options['ip6_prefix'] !== undefined)
    refuse('IPv6 is currently not supported for protocol ospf');
}

/** The interfaces of a node of the fabric, each with the name of the node. */
function interfacesOf(fabric: string, [id, { options }]: Named): string[] {
  return (options['interfaces'] ?? []).map((text) => `${id.slice(fabric.length + 1)} ${interfaceName(text)}`);
}

function checkNodes(id: string, fabric: Section, nodes: readonly Named[]): void {
  const addresses = new Set<string>();
  for (const [key, { options }] of nodes) {
    if (options['ip'] === undefined && options['ip6'] === undefined)
      refuse(`node '${key}' does not have an IP configured`);
    for (const [prefix, address] of PREFIXES) {
      const own = options[address]?.[0];
      if (own !== undefined) addOnce(addresses, own, `fabric ${id} contains nodes with duplicated IPs`);
      checkAddress(id, key, fabric.options[prefix]?.[0], own);
    }
  }
}

/** A node has an address exactly where its fabric has a prefix, and within it. */
function checkAddress(fabric: string, node: string, network: string | undefined, own: string | undefined): void {
  if (network === undefined && own !== undefined)
    refuse(`fabric '${fabric}' does not have an IP prefix configured for the node IP ${own}`);
  if (network !== undefined && own === undefined)
    refuse(`node '${node}' does not have an IP configured for this fabric prefix ${network}`);
  if (network !== undefined && own !== undefined && !covers(network, own))
    refuse(`node IP ${own} is outside the IP prefix ${network} of the fabric`);
}

/** Refuses a value that is there already. */
function addOnce(values: Set<string>, value: string, refusal: string): void {
  if (values.has(value)) refuse(refusal);
  values.add(value);
}

function interfaceName(text: string): string {
  const parsed = parsePropertyString('storage/interfaces', text);
  return parsed.ok ? (parsed.properties['name'] ?? '') : text;
}

function covers(network: string, address: string): boolean {
  const [start = '', bits] = network.split('/');
  return isWithin(address, start, Number(bits));
}

function overlap(one: string, other: string): boolean {
  const [[a = '', aBits], [b = '', bBits]] = [one.split('/'), other.split('/')];
  return isWithin(a, b, Math.min(Number(aBits), Number(bBits)));
}

/** Each fabric followed by its nodes, sorted by name. */
function inOrder(sections: Sections): Sections {
  return new Map([...sections].sort(([a], [b]) => (a < b ? -1 : 1)));
}
