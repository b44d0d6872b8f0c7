// What Proxmox refuses to write into /etc/network/interfaces (pve-common, PVE/Network/Interfaces.pm, __write_etc_network_interfaces), in its order and words.

import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { refuse } from '../refusal.ts';
import { type Interface, type Interfaces, isTrue, newInterface, textOf, wordsOf } from './interface.ts';

/** Perl's end of a message without a line feed. */
const at = (line: number): string => ` at /usr/share/perl5/PVE/Network/Interfaces.pm line ${line}.`;

/** Refuses what cannot be written, and changes what depends on other interfaces. */
export function checkInterfaces(interfaces: Interfaces): void {
  const usedPorts = checkPorts(interfaces);
  removeUnusedOvsPorts(interfaces, usedPorts);
  checkOvsBridges(interfaces);
  checkOvsBonds(interfaces);
  checkBonds(interfaces);
  checkVxlans(interfaces);
  checkVlans(interfaces);
  checkUplinks(interfaces);
  checkBridgePorts(interfaces);
}

const typeOf = (one: Interface | undefined): string => textOf(one, 'type');

/** Of each port the interface that uses it. An address with its network is written as it is. */
function checkPorts(interfaces: Interfaces): Map<string, string> {
  const used = new Map<string, string>();
  for (const [name, { values }] of interfaces) {
    for (const suffix of ['', '6']) {
      const cidr = values.get(`cidr${suffix}`);
      values.delete(`cidr${suffix}`);
      if (!values.has(`address${suffix}`) && isTrue(cidr)) values.set(`address${suffix}`, cidr);
    }
    const lists = ['bridge_ports', 'ovs_ports', 'slaves', 'ovs_bonds'].map((key) => values.get(key)).filter(isTrue);
    for (const port of splitList(lists.join(' '))) {
      const other = used.get(port);
      if (other !== undefined && other !== name) refuse(`port '${port}' is already used on interface '${other}'`);
      used.set(port, name);
    }
  }
  return used;
}

const isOvsPort = (one: Interface): boolean => ['OVSPort', 'OVSIntPort', 'OVSBond'].includes(typeOf(one));

function removeUnusedOvsPorts(interfaces: Interfaces, used: ReadonlyMap<string, string>): void {
  for (const [name, one] of [...interfaces]) {
    if (!isOvsPort(one)) continue;
    const bridge = interfaces.get(used.get(name) ?? '');
    if (bridge === undefined) {
      const values = new Map(Object.entries({ type: 'eth', exists: 1, method: 'manual' }));
      interfaces.set(name, { ...newInterface(), values, families: ['inet'] });
    } else if (typeOf(bridge) !== 'OVSBridge') interfaces.delete(name);
  }
}

function checkOvsBridges(interfaces: Interfaces): void {
  for (const [bridge, one] of interfaces) {
    if (typeOf(one) !== 'OVSBridge') continue;
    for (const port of wordsOf(one, 'ovs_ports')) {
      const found = interfaces.get(port) ?? refuse(`OVS bridge '${bridge}' - unable to find port '${port}'`);
      found.values.set('autostart', 0);
      if (typeOf(found) === 'eth') found.values.set('type', 'OVSPort');
      else if (!isOvsPort(found)) refuse(`interface '${port}' is not defined as OVS port/bond`);
      found.values.set('ovs_bridge', bridge);
      checkMtu(interfaces, bridge, port);
    }
  }
}

function checkOvsBonds(interfaces: Interfaces): void {
  for (const [bond, one] of interfaces) {
    if (typeOf(one) !== 'OVSBond') continue;
    for (const port of wordsOf(one, 'ovs_bonds')) {
      const found = interfaces.get(port);
      found?.values.set('autostart', 1);
      if (typeOf(found) !== 'eth')
        refuse(`OVS bond '${bond}' - wrong interface type on slave '${port}' ('${typeOf(found)}' != 'eth')`);
      checkMtu(interfaces, bond, port);
    }
  }
}

function checkBonds(interfaces: Interfaces): void {
  for (const [bond, one] of interfaces) {
    if (typeOf(one) !== 'bond' || !isTrue(one.values.get('slaves'))) continue;
    const ports = wordsOf(one, 'slaves');
    for (const port of ports) {
      const found = interfaces.get(port);
      found?.values.set('autostart', 1);
      if (!['eth', 'bond'].includes(typeOf(found)))
        refuse(`bond '${bond}' - wrong interface type on slave '${port}' ('${typeOf(found)}' != 'eth or bond')`);
      checkMtu(interfaces, bond, port);
    }
    const primary = textOf(one, 'bond-primary');
    if (primary !== '' && !ports.includes(primary))
      refuse(`bond '${bond}' - bond-primary interface is not a slave${at(908)}`);
  }
}

function checkVxlans(interfaces: Interfaces): void {
  const ids = new Map<string, string>();
  for (const [name, one] of interfaces) {
    const id = textOf(one, 'vxlan-id');
    if (typeOf(one) === 'vxlan' && id !== '') {
      const other = ids.get(id);
      if (other !== undefined) refuse(`iface ${name} - duplicate vxlan-id ${id} already used in ${other}`);
      ids.set(id, name);
    }
    const has = (key: string) => one.values.has(key);
    const ways = [has('vxlan-svcnodeip'), one.remoteAddresses.length > 0, has('vxlan-local-tunnelip')];
    if (ways.filter(Boolean).length > 1)
      refuse(`iface ${name} - vxlan-svcnodeip, vxlan-remoteip and vxlan-localtunnelip are mutually exclusive`);
    if (has('vxlan-svcnodeip') !== has('vxlan-physdev'))
      refuse(`iface ${name} - vxlan-svcnodeip and vxlan-physdev must be define together`);
  }
}

function checkVlans(interfaces: Interfaces): void {
  for (const [name, one] of interfaces) {
    if (typeOf(one) !== 'vlan') continue;
    const { parent, id } = vlanOf(name, one);
    if (Number(id) > 4094) refuse(`vlan '${name}' - vlan-id ${id} should be <= 4094`);
    const above = interfaces.get(parent) ?? refuse(`vlan '${name}' - unable to find parent '${parent}'`);
    if (!['eth', 'bridge', 'bond', 'vlan'].includes(typeOf(above)))
      refuse(
        `vlan '${name}' - wrong interface type on parent '${parent}' ('${typeOf(above)}' != 'eth|bond|bridge|vlan' )`,
      );
    checkMtu(interfaces, parent, name);
  }
}

/** What the name of a VLAN says is not written. */
function vlanOf(name: string, { values }: Interface): { readonly parent: string; readonly id: string } {
  const [, device, tag] = /^(\S+)\.(\d+)$/.exec(name) ?? [];
  if (device !== undefined && tag !== undefined) {
    for (const key of ['vlan-raw-device', 'vlan-id']) if (isTrue(values.get(key))) values.delete(key);
    return { parent: device, id: tag };
  }
  const parent = values.get('vlan-raw-device');
  if (!isTrue(parent)) refuse(`missing vlan-raw-device option${at(954)}`);
  const [, number] = /^vlan(\d+)$/.exec(name) ?? [];
  const id = number ?? values.get('vlan-id');
  if (!isTrue(id)) refuse(`missing vlan-id option${at(962)}`);
  if (number !== undefined) values.delete('vlan-id');
  return { parent: String(parent), id: String(id) };
}

function checkUplinks(interfaces: Interfaces): void {
  const uplinks = new Map<string, string>();
  for (const [name, one] of interfaces) {
    const id = textOf(one, 'uplink-id');
    if (id === '') continue;
    if (!['eth', 'bond'].includes(typeOf(one)))
      refuse(`iface '${name}' - uplink-id ${id} is only allowed on physical and linux bond interfaces`);
    const other = uplinks.get(id);
    if (other !== undefined) refuse(`iface '${name}' - uplink-id ${id} is already assigned on '${other}'`);
    uplinks.set(id, name);
  }
}

const PORT_OPTIONS = [
  'bridge-learning',
  'bridge-arp-nd-suppress',
  'bridge-unicast-flood',
  'bridge-multicast-flood',
  'bridge-access',
];

function checkBridgePorts(interfaces: Interfaces): void {
  const bridges = new Map([...interfaces].filter(([, one]) => typeOf(one) === 'bridge'));
  const bridgeOf = new Map<string, string>();
  // VLANs that are only named as ports are made on the way.
  const all = new Map(interfaces);
  for (const [bridge, one] of bridges) {
    for (const port of wordsOf(one, 'bridge_ports')) {
      const found = all.get(port) ?? vlanPort(all, port);
      if (found === undefined) refuse(`bridge '${bridge}' - unable to find bridge port '${port}'`);
      if (hasAddress(found, '', '0.0.0.0') || hasAddress(found, '6', '::'))
        refuse(`iface ${port} - ip address can't be set on interface if bridged in ${bridge}`);
      checkMtu(all, port, bridge);
      bridgeOf.set(port, bridge);
    }
  }
  for (const [name, one] of interfaces) {
    const bridge = bridgeOf.get(name);
    const option = PORT_OPTIONS.find((key) => isTrue(one.values.get(key)));
    if (option !== undefined && bridge === undefined)
      refuse(
        `iface ${name} - ${option}: bridge port specific options can be used only on interfaces attached to a bridge`,
      );
    const isAware = isTrue(bridges.get(bridge ?? '')?.values.get('bridge_vlan_aware'));
    if (isTrue(one.values.get('bridge-access')) && !isAware)
      refuse(`iface ${name} - bridge-access option can be only used if interface is in a vlan aware bridge`);
  }
}

function vlanPort(all: Interfaces, port: string): Interface | undefined {
  const [, parent] = /(\S+)\.(\d+)$/.exec(port) ?? [];
  if (parent === undefined) return undefined;
  const mtu = all.get(parent)?.values.get('mtu');
  const values = new Map(
    Object.entries({ type: 'vlan', method: 'manual', method6: 'manual', ...(mtu ? { mtu } : {}) }),
  );
  const made = { ...newInterface(), values };
  all.set(port, made);
  return made;
}

function hasAddress({ values }: Interface, suffix: string, none: string): boolean {
  return values.get(`method${suffix}`) === 'static' && values.get(`address${suffix}`) !== none;
}

function checkMtu(interfaces: Interfaces, parent: string, child: string): void {
  const [above, below] = [interfaces.get(parent), interfaces.get(child)?.values.get('mtu')];
  if (!isTrue(below)) return;
  const own = above?.values.get('mtu');
  const mtu = isTrue(own) ? own : typeOf(above) === 'bond' ? below : 1500;
  if (Number(mtu) < Number(below)) refuse(`interface '${parent}' - mtu ${mtu} is lower than '${child}' - mtu ${below}`);
}
