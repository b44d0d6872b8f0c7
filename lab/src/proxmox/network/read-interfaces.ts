// Reads /etc/network/interfaces as Proxmox does (pve-common, PVE/Network/Interfaces.pm, __read_etc_network_interfaces): what it does not know stays as lines.

import {
  bitsOfMask,
  type Family,
  type Interface,
  type Interfaces,
  type InterfacesFile,
  isTrue,
  newInterface,
  takeOvsOption,
  textOf,
} from './interface.ts';

/** Names of physical network cards (PHYSICAL_NIC_RE). */
const PHYSICAL = /^(?:eth\d+|en[^:.]+|ib[^:.]+|(?:nic|if)\d+)$/;

const RENAMED: Readonly<Record<string, string>> = {
  ovs_mtu: 'mtu',
  'bond-slaves': 'slaves',
  bond_slaves: 'slaves',
  'bond-xmit-hash-policy': 'bond_xmit_hash_policy',
  'bond-mode': 'bond_mode',
  'bond-miimon': 'bond_miimon',
  'bridge-vlan-aware': 'bridge_vlan_aware',
  'bridge-fd': 'bridge_fd',
  'bridge-stp': 'bridge_stp',
  'bridge-ports': 'bridge_ports',
  'bridge-vids': 'bridge_vids',
};

/** Options that are taken as they are. */
const SIMPLE = new Set([
  'mtu',
  'ovs_type',
  'ovs_options',
  'ovs_bridge',
  'ovs_bonds',
  'ovs_ports',
  'bridge_fd',
  'bridge_vids',
  'bridge-access',
  'bridge-learning',
  'bridge-arp-nd-suppress',
  'bridge-unicast-flood',
  'bridge-multicast-flood',
  'bridge-disable-mac-learning',
  'bond_miimon',
  'bond_xmit_hash_policy',
  'bond-primary',
  'link-type',
  'uplink-id',
  'vlan-protocol',
  'vlan-raw-device',
  'vlan-id',
  'vxlan-id',
  'vxlan-svcnodeip',
  'vxlan-physdev',
  'vxlan-local-tunnelip',
]);

const BOND_MODES = ['balance-rr', 'active-backup', 'balance-xor', 'broadcast', '802.3ad', 'balance-tlb', 'balance-alb'];

/** A line that ends a stanza. */
const NEXT = /^\s*(?:(?:iface|mapping|auto|source|source-directory)\s|allow-)/;

/**
 * @param text content of the file
 * @param kernel names of the interfaces that exist
 */
export function readInterfaces(text: string, kernel: readonly string[]): InterfacesFile {
  const interfaces: Interfaces = new Map();
  const lines: { priority: number; line: string }[] = [];
  const rest = text.replace(/\n$/, '').split('\n');
  let priority = 2;
  let at = 0;
  while (at < rest.length) {
    const line = rest[at++] ?? '';
    if (/^\s*#/.test(line)) continue;
    const [, started] = /^\s*(?:allow-auto|auto|allow-ovs|allow-hotplug)\s+(.*)$/.exec(line) ?? [];
    const [stanza, name = '', family, method] = /^\s*iface\s+(\S+)(?:\s+(inet6?)\s+(\S+))?\s*$/.exec(line) ?? [];
    if (started !== undefined) {
      startAutomatically(interfaces, started.split(/\s+/));
    } else if (stanza !== undefined) {
      const one = entry(interfaces, name);
      if (!isTrue(one.values.get('priority'))) one.values.set('priority', priority++);
      one.families = [...(one.families ?? []), (family as Family | undefined) ?? null];
      at = readStanza(one, family as Family | undefined, method, rest, at);
    } else if (/\w/.test(line)) lines.push({ priority: priority++, line });
  }
  markKernel(interfaces, kernel);
  if (!interfaces.has('lo')) interfaces.set('lo', loopback());
  for (const name of [...interfaces.keys()].sort()) complete(interfaces, name);
  return { interfaces, lines: lines.flatMap((each) => withoutOvsPorts(each, interfaces)) };
}

function startAutomatically(interfaces: Interfaces, names: readonly string[]): void {
  for (const name of names) entry(interfaces, name).values.set('autostart', 1);
}

function loopback(): Interface {
  const values = { priority: 1, method: 'loopback', type: 'loopback', autostart: 1 };
  return { ...newInterface(), values: new Map(Object.entries(values)) };
}

function entry(interfaces: Interfaces, name: string): Interface {
  const one = interfaces.get(name) ?? newInterface();
  interfaces.set(name, one);
  return one;
}

/** Reads the lines below `iface`; returns the position of the first that does not belong to it. */
function readStanza(
  one: Interface,
  family: Family | undefined,
  method: string | undefined,
  rest: readonly string[],
  first: number,
): number {
  const suffix = family === 'inet6' ? '6' : '';
  if (method !== undefined) one.values.set(`method${suffix}`, method);
  let comments = family === undefined ? textOf(one, 'comments') : '';
  let at = first;
  for (; at < rest.length; at++) {
    const line = (rest[at] ?? '').replace(/\s+$/, '');
    const [, comment] = /^\s*#(.*?)\s*$/.exec(line) ?? [];
    const [, option = '', id, value] = /^\s*((\S+)\s+(.+))$/.exec(line) ?? [];
    if (comment !== undefined) comments += `${comment}\n`;
    else if (NEXT.test(line)) break;
    else if (id === undefined || value === undefined) {
      at++;
      break;
    } else take(one, family, RENAMED[id] ?? id, value, option);
  }
  if (comments !== '') one.values.set(`comments${suffix}`, comments);
  return at;
}

function take(one: Interface, family: Family | undefined, id: string, value: string, line: string): void {
  const { values } = one;
  const suffix = family === 'inet6' ? '6' : '';
  if (['address', 'netmask', 'broadcast', 'gateway'].includes(id)) {
    const isOfSix = family === undefined && id !== 'netmask' && value.includes(':');
    values.set(`${id}${isOfSix ? '6' : suffix}`, value);
  } else if (SIMPLE.has(id)) values.set(id, value);
  else if (id === 'slaves' || id === 'bridge_ports') takePorts(one, id, value);
  else if (id === 'bridge_stp') values.set(id, /^\s*(on|yes)\s*$/i.test(value) ? 'on' : 'off');
  else if (id === 'bridge_vlan_aware') values.set(id, 1);
  else if (id === 'bond_mode') values.set(id, BOND_MODES[/^\d$/.test(value) ? Number(value) : -1] ?? value);
  else if (id === 'vxlan-remoteip') one.remoteAddresses.push(value);
  else one.options[suffix].push(line);
}

function takePorts({ values }: Interface, id: string, value: string): void {
  const ports = [...new Set(value.split(/\s+/).filter((port) => port !== 'none'))].sort().join(' ');
  const before = values.get(id);
  values.set(id, isTrue(before) ? `${before}${ports === '' ? '' : ` ${ports}`}` : ports);
}

/** Cards of the node that the file does not name are interfaces too. */
function markKernel(interfaces: Interfaces, kernel: readonly string[]): void {
  for (const name of kernel) {
    if (name !== 'lo' && (PHYSICAL.test(name) || interfaces.has(name))) entry(interfaces, name).values.set('exists', 1);
  }
}

/** The type of an interface and what follows from it, its address with its network, and defaults. */
function complete(interfaces: Interfaces, name: string): void {
  const one = entry(interfaces, name);
  const { values } = one;
  values.set('type', typeOf(interfaces, name, one));
  for (const suffix of ['', '6'] as const) withNetwork(one, suffix);
  for (const method of ['method', 'method6']) if (!isTrue(values.get(method))) values.set(method, 'manual');
  const six = values.get('comments6');
  values.delete('comments6');
  if (isTrue(six)) values.set('comments', `${textOf(one, 'comments')}${six}`);
  one.families ??= ['inet'];
}

/** The type, in the order of Proxmox's checks; some set what follows from it. */
function typeOf(interfaces: Interfaces, name: string, one: Interface): string {
  const { values } = one;
  const ovsType = textOf(one, 'ovs_type');
  if (values.has('bridge_ports')) return bridge(one);
  if (ovsType === 'OVSBridge') return ovsType;
  if (/^bond\d+$/.test(name)) return bond(one, ovsType);
  const [, aliased] = /^(\S+):\d+$/.exec(name) ?? [];
  if (aliased !== undefined) return childOf(interfaces, aliased, one, 'alias');
  if (isVlan(name, one)) return childOf(interfaces, textOf(one, 'vlan-raw-device'), one, 'vlan');
  if (PHYSICAL.test(name)) return ovsType === '' ? 'eth' : ovsPortOf(one, ovsType, 'OVSPort');
  if (name === 'lo') return 'loopback';
  if (isTrue(values.get('vxlan-id'))) return 'vxlan';
  if (values.has('ovs_type')) return ovsPortOf(one, ovsType, 'OVSIntPort');
  return values.get('link-type') === 'dummy' ? 'dummy' : 'unknown';
}

function bridge({ values }: Interface): string {
  if (!values.has('bridge_stp')) values.set('bridge_stp', 'off');
  if (!values.has('bridge_fd') && values.get('bridge_stp') === 'off') values.set('bridge_fd', 0);
  return 'bridge';
}

function bond(one: Interface, ovsType: string): string {
  if (ovsType === '') return 'bond';
  return ovsType === 'OVSBond' ? ovsBond(one) : 'unknown';
}

/** Whether it is a VLAN by its name, `eno1.5`, or by its device; sets its device and tag. */
function isVlan(name: string, { values }: Interface): boolean {
  const [, device, id] = /^(\S+)\.(\d+)$/.exec(name) ?? [];
  const hasDevice = isTrue(values.get('vlan-raw-device'));
  if (device !== undefined && !hasDevice) values.set('vlan-raw-device', device);
  const tag = device === undefined ? /^vlan(\d+)$/.exec(name)?.[1] : id;
  const is = device !== undefined || hasDevice;
  if (is && isTrue(tag)) values.set('vlan-id', tag);
  return is;
}

function ovsPortOf(one: Interface, ovsType: string, expected: string): string {
  return ovsType === expected ? ovsPort(one, ovsType) : 'unknown';
}

/** One on top of another exists with that; the other is an interface even if the file does not say so. */
function childOf(interfaces: Interfaces, parent: string, { values }: Interface, type: string): string {
  const above = interfaces.get(parent);
  values.set('exists', above === undefined ? 0 : (above.values.get('exists') ?? null));
  if (above === undefined) entry(interfaces, parent).values.set('exists', 0);
  return type;
}

function ovsPort(one: Interface, type: string): string {
  const tag = takeOvsOption(one, 'tag');
  if (tag !== undefined) one.values.set('ovs_tag', tag);
  return type;
}

function ovsBond(one: Interface): string {
  const mode = takeOvsOption(one, 'bond_mode') ?? '';
  const lacp = takeOvsOption(one, 'lacp');
  const isSlb = lacp === 'active' && mode === 'balance-slb';
  // This mode needs LACP.
  one.values.set('bond_mode', isSlb || mode === 'balance-tcp' ? `lacp-${mode}` : mode);
  return ovsPort(one, 'OVSBond');
}

/** Splits an address with its network, or joins an address and its mask. */
function withNetwork({ values }: Interface, suffix: '' | '6'): void {
  const address = values.get(`address${suffix}`);
  if (!isTrue(address)) return;
  const [, base, bits] = /^(.+)\/(\d+)$/.exec(String(address)) ?? [];
  const mask = String(values.get(`netmask${suffix}`) ?? '');
  const length = /^\d+$/.test(mask) ? mask : bitsOfMask(mask);
  if (base !== undefined && bits !== undefined) {
    values.set(`cidr${suffix}`, address);
    values.set(`address${suffix}`, base);
    values.set(`netmask${suffix}`, bits);
  } else if (isTrue(mask) && length !== undefined) {
    values.set(`cidr${suffix}`, `${address}/${length}`);
    if (suffix === '') values.set('netmask', String(length));
  } else values.set(`cidr${suffix}`, `${address}/${suffix === '' ? 32 : 128}`);
}

/** Lines `allow-BRIDGE PORT` are written anew with the bridge. */
function withoutOvsPorts(each: InterfacesFile['lines'][number], interfaces: Interfaces): InterfacesFile['lines'] {
  if (/^allow-ovs\s+/.test(each.line)) return [];
  const [, bridge = '', ports] = /^allow-(\S+)\s+(.*)$/.exec(each.line) ?? [];
  if (ports === undefined) return [each];
  const own = textOf(interfaces.get(bridge), 'ovs_ports').split(/\s+/);
  const left = ports.split(/\s+/).filter((port) => !own.includes(port));
  return left.length === 0 ? [] : [{ ...each, line: `allow-${bridge} ${left.join(' ')}` }];
}
