// The network of the node by the API (pve-manager, PVE/API2/Network.pm): changes go to /etc/network/interfaces.new until they are reloaded or reverted.

import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { bitsOf, isIpv6 } from '../../../../src/proxmox/addresses.ts';
import { booleanOf, splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { methodSchemas } from '../../../../src/proxmox/parameters/table.ts';
import { declaredLinks, kernelLinks, MAIN, setKernelLinks } from '../../host/links/links.ts';
import { answersOf } from '../answers.ts';
import { type Call, print, task, taskWarning, warn } from '../call.ts';
import { replaceFile } from '../lock.ts';
import { type LabNode, pathOf } from '../node.ts';
import { writeSdnInterfaces } from '../objects/sdn/apply.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse, refuseParameters } from '../refusal.ts';
import { text } from '../verb-parameters.ts';
import { checkInterfaces } from './check-interfaces.ts';
import { type Family, type Interface, type InterfacesFile, isTrue, newInterface, textOf } from './interface.ts';
import { printInterfaces } from './print-interfaces.ts';
import { readInterfaces } from './read-interfaces.ts';

const NEW = `${MAIN}.new`;
const OVS_PROGRAM = '/usr/bin/ovs-vsctl';

/** Answers a call on the network; undefined for any other call. */
export const networkCall = answersOf({
  'GET /nodes/{node}/network': ({ node }, parameters) => {
    const type = text(parameters, 'type');
    return [...present(node).interfaces].flatMap(([name, one]) =>
      name !== 'lo' && isOfType(one, type) ? [{ ...shown(one), iface: name }] : [],
    );
  },
  'GET /nodes/{node}/network/{iface}': ({ node }, parameters) => {
    return shown(existing(present(node), text(parameters, 'iface') ?? ''));
  },
  'POST /nodes/{node}/network': create,
  'PUT /nodes/{node}/network/{iface}': update,
  'DELETE /nodes/{node}/network/{iface}': remove,
  'PUT /nodes/{node}/network': reload,
  'DELETE /nodes/{node}/network': ({ node }) => rmSync(pathOf(node, NEW), { force: true }),
});

/** With changes that are not reloaded yet. */
function present(node: LabNode): InterfacesFile {
  const file = [NEW, MAIN].map((path) => pathOf(node, path)).find((path) => existsSync(path));
  return readInterfaces(file === undefined ? '' : readFileSync(file, 'utf8'), Object.keys(kernelLinks(node)));
}

function isOfType(one: Interface, wanted: string | undefined): boolean {
  const type = textOf(one, 'type');
  const isBridge = type === 'bridge' || type === 'OVSBridge';
  if (wanted === undefined || wanted === 'include_sdn') return true;
  return wanted === type || (isBridge && /^any(_local)?_bridge$/.test(wanted));
}

function shown({ values, families, options, remoteAddresses }: Interface): Readonly<Record<string, unknown>> {
  return {
    ...Object.fromEntries(values),
    ...(families === undefined ? {} : { families }),
    ...(options[''].length === 0 ? {} : { options: options[''] }),
    ...(options[6].length === 0 ? {} : { options6: options[6] }),
    ...(remoteAddresses.length === 0 ? {} : { 'vxlan-remoteip': remoteAddresses }),
  };
}

function existing({ interfaces }: InterfacesFile, name: string): Interface {
  return interfaces.get(name) ?? refuseParameters({ iface: 'interface does not exist' });
}

function create(call: Call, parameters: Parameters): void {
  const file = present(call.node);
  const name = text(parameters, 'iface') ?? '';
  if (file.interfaces.has(name)) refuseParameters({ iface: 'interface already exists' });
  const given = givenValues(parameters);
  checkGateways(file, name, given);
  checkPortsAreFree(file, name, given);
  splitNetworks(given);
  checkAddress6(given);
  if (String(given.get('type')).startsWith('OVS') && !existsSync(pathOf(call.node, OVS_PROGRAM)))
    refuse("Open VSwitch is not installed (need package 'openvswitch-switch')");
  joinOvsBridge(file, name, given);
  if (given.has('bridge_vids')) given.set('bridge_vids', vlanList(given).join(' '));
  file.interfaces.set(name, { ...newInterface(), values: withMethods(given), families: familiesOf(given) });
  write(call, file);
}

function update(call: Call, parameters: Parameters): void {
  const file = present(call.node);
  const name = text(parameters, 'iface') ?? '';
  const one = existing(file, name);
  for (const key of splitList(text(parameters, 'delete') ?? '')) {
    for (const gone of /^cidr6?$/.test(key)
      ? [key, ...['netmask', 'address'].map((each) => key.replace('cidr', each))]
      : [key])
      one.values.delete(gone);
    if (key === 'options' || key === 'options6') one.options[key === 'options' ? '' : '6'].length = 0;
  }
  const given = givenValues(parameters);
  splitNetworks(given);
  checkGateways(file, name, given);
  checkPortsAreFree(file, name, given);
  checkAddress6(given);
  for (const [key, value] of withMethods(given)) one.values.set(key, value);
  one.families = familiesOf(given);
  if (given.has('bridge_vids')) vlanList(given);
  write(call, file);
}

function remove(call: Call, parameters: Parameters): void {
  const file = present(call.node);
  const name = text(parameters, 'iface') ?? '';
  const one = existing(file, name);
  const bridge = file.interfaces.get(textOf(one, 'ovs_bridge'));
  if (['OVSIntPort', 'OVSBond'].includes(textOf(one, 'type')) && isTrue(bridge?.values.get('ovs_ports'))) {
    const ports = textOf(bridge, 'ovs_ports').split(/\s+/);
    bridge?.values.set('ovs_ports', ports.filter((port) => port !== name).join(' '));
  }
  file.interfaces.delete(name);
  write(call, file);
}

function write(call: Call, file: InterfacesFile): void {
  checkInterfaces(file.interfaces);
  replaceFile(
    pathOf(call.node, NEW),
    printInterfaces(file, (line) => warn(call, line)),
  );
}

/** The parameters of a call as properties of an interface. */
function givenValues(parameters: Parameters): Map<string, string> {
  const schemas = methodSchemas('POST /nodes/{node}/network');
  const given = Object.keys(parameters).filter((name) => !['node', 'iface', 'delete'].includes(name));
  return new Map(
    given.map((name) => {
      const value = text(parameters, name) ?? '';
      return [name, schemas?.get(name)?.type === 'boolean' ? (booleanOf(value) ?? value) : value];
    }),
  );
}

function checkGateways({ interfaces }: InterfacesFile, name: string, given: ReadonlyMap<string, string>): void {
  const sorts = [
    ['gateway', 'Default gateway'],
    ['gateway6', 'Default ipv6 gateway'],
  ] as const;
  for (const [key, what] of sorts) {
    if (!isTrue(given.get(key))) continue;
    const [other] = [...interfaces].find(([each, { values }]) => each !== name && isTrue(values.get(key))) ?? [];
    if (other !== undefined) refuseParameters({ [key]: `${what} already exists on interface '${other}'.` });
  }
}

const PORT_LISTS = ['bridge_ports', 'ovs_ports', 'slaves', 'ovs_bonds'];

function checkPortsAreFree({ interfaces }: InterfacesFile, name: string, given: ReadonlyMap<string, string>): void {
  const own = PORT_LISTS.filter((key) => isTrue(given.get(key)));
  const wanted = new Set(splitList(own.map((key) => given.get(key)).join(' ')));
  for (const [other, one] of interfaces) {
    if (other === name) continue;
    const ports = splitList(PORT_LISTS.map((key) => textOf(one, key)).join(' '));
    const taken = ports.find((port) => wanted.has(port));
    if (taken !== undefined) refuseParameters({ [own[0] ?? '']: `${taken} is already used on interface '${other}'.` });
  }
}

/** An address with its network becomes an address and a mask. */
function splitNetworks(given: Map<string, string>): void {
  for (const suffix of ['', '6']) {
    const cidr = given.get(`cidr${suffix}`);
    if (!isTrue(cidr)) continue;
    for (const key of [`address${suffix}`, `netmask${suffix}`])
      if (isTrue(given.get(key))) refuseParameters({ [key]: `${key} conflicts with cidr${suffix}` });
    const [, address = '', mask = ''] = /^(.*)\/(\d+)$/.exec(cidr) ?? [];
    given.delete(`cidr${suffix}`);
    given.set(`address${suffix}`, address);
    given.set(`netmask${suffix}`, mask);
  }
}

/** Kinds of IPv6 addresses that a host cannot have, by their first bits, the most special first (Net::IP, ip_iptypev6). */
const NO_HOST: readonly (readonly [bits: string, kind: string])[] = [
  ['0'.repeat(128), 'UNSPECIFIED'],
  [`${'0'.repeat(127)}1`, 'LOOPBACK'],
  [`${'0'.repeat(80)}${'1'.repeat(16)}`, 'IPV4MAP'],
  [bitsOf('2001:db8::', 6).slice(0, 32), 'RESERVED'],
  ['11111111', 'MULTICAST'],
];
const HOST = ['001', '1111110', '1111111010'];

function checkAddress6(given: ReadonlyMap<string, string>): void {
  const address = given.get('address6') ?? '';
  if (address === '') return;
  const bits = Number(given.get('netmask6') ?? 0);
  if (bits > 128) refuseParameters({ netmask: `${bits} is not a valid subnet length for ipv6` });
  if (!isIpv6(address)) refuseParameters({ address: `${address} is not a valid host IPv6 address.` });
  const binary = bitsOf(address, 6);
  const special = NO_HOST.find(([first]) => binary.startsWith(first))?.[1];
  const kind = special ?? (HOST.some((first) => binary.startsWith(first)) ? undefined : 'RESERVED');
  if (kind !== undefined)
    refuseParameters({ address: `${address} with type '${kind}', cannot be used as host IPv6 address.` });
}

/** The port that a bridge of Open vSwitch gets with it. */
function joinOvsBridge({ interfaces }: InterfacesFile, name: string, given: ReadonlyMap<string, string>): void {
  if (!['OVSIntPort', 'OVSBond'].includes(given.get('type') ?? '')) return;
  const bridge = given.get('ovs_bridge');
  if (!isTrue(bridge)) refuseParameters({ ovs_bridge: 'parameter is required' });
  const found = interfaces.get(String(bridge)) ?? refuseParameters({ ovs_bridge: `bridge '${bridge}' does not exist` });
  if (textOf(found, 'type') !== 'OVSBridge') refuseParameters({ ovs_bridge: `interface '${bridge}' is no OVS bridge` });
  const ports = textOf(found, 'ovs_ports')
    .split(/\s+/)
    .filter((port) => port !== '');
  if (!ports.includes(name)) found.values.set('ovs_ports', [...ports, name].join(' '));
}

function vlanList(given: ReadonlyMap<string, string>): string[] {
  const list = splitList(given.get('bridge_vids') ?? '');
  return list.length > 0 ? list : refuseParameters({ bridge_vids: 'VLAN list items are empty' });
}

function withMethods(given: ReadonlyMap<string, string>): Map<string, string> {
  const method = (suffix: string): string => (isTrue(given.get(`address${suffix}`)) ? 'static' : 'manual');
  return new Map([...given, ['method', method('')], ['method6', method('6')]]);
}

function familiesOf(given: ReadonlyMap<string, string>): Family[] {
  const families: Family[] = [
    ...(isTrue(given.get('address')) ? (['inet'] as const) : []),
    ...(isTrue(given.get('address6')) ? (['inet6'] as const) : []),
  ];
  return families.length === 0 ? ['inet'] : families;
}

/** Puts the changes in force, as a task. */
function reload(call: Call): string | undefined {
  const { node } = call;
  task(call, 'srvreload', 'networking', () => {
    if (existsSync(pathOf(node, NEW))) renameSync(pathOf(node, NEW), pathOf(node, MAIN));
    const problem = writeSdnInterfaces(node);
    if (problem !== null) {
      taskWarning(call, "please install the 'dnsmasq' package in order to use the DHCP feature!");
      refuse(problem);
    }
    const { links, faults } = declaredLinks(node);
    setKernelLinks(node, links);
    for (const fault of faults) print(call, `${fault.split(':')[0]} : error: ${fault} `);
    if (faults.length > 0) refuse("command 'ifreload -a' failed: exit code 1");
  });
  return call.upids.at(-1);
}
