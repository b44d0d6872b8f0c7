// The interfaces that a node writes for the vnets in force (pve-network, PVE/Network/SDN/Zones and its plugins). Rules of SNAT, which follow from the
// kernel's routes, and zones of type qinq and evpn are left out beyond their bridges.

import { existsSync, readFileSync } from 'node:fs';
import { splitList } from '../../../../../src/proxmox/parameters/perl.ts';
import { kernelLinks, MAIN } from '../../../host/links/links.ts';
import { isTrue, wordsOf } from '../../network/interface.ts';
import { readInterfaces } from '../../network/read-interfaces.ts';
import { type LabNode, pathOf } from '../../node.ts';
import type { RunningObject, RunningSdn } from './running.ts';

/** Lines of each interface. */
type Stanzas = Record<string, readonly string[]>;

/** Content of /etc/network/interfaces.d/sdn. */
export function interfacesText(node: LabNode, { version, zones, vnets, subnets }: RunningSdn): string {
  const stanzas: Stanzas = {};
  for (const id of Object.keys(vnets).sort()) {
    const vnet = vnets[id] ?? {};
    const zone = zones[String(vnet['zone'])];
    const nodes = zone?.['nodes'] as Readonly<Record<string, 1>> | undefined;
    if (zone === undefined || (nodes !== undefined && nodes[node.name] === undefined)) continue;
    const own = Object.entries(subnets).flatMap(([name, subnet]) =>
      subnet['vnet'] === id ? [[name, subnet] as const] : [],
    );
    for (const [name, lines] of Object.entries(stanzasOf(node, id, vnet, zone, own))) stanzas[name] ??= lines;
  }
  const texts = Object.keys(stanzas)
    .sort()
    .map((name) => `\nauto ${name}\niface ${name}\n${(stanzas[name] ?? []).map((line) => `\t${line}\n`).join('')}`);
  return `#version:${version}\n${texts.join('')}`;
}

type Subnets = readonly (readonly [string, RunningObject])[];

function stanzasOf(node: LabNode, id: string, vnet: RunningObject, zone: RunningObject, subnets: Subnets): Stanzas {
  const { addresses, forwarding } = gatewaysOf(id, subnets);
  const mtu = zone['mtu'];
  switch (zone['type']) {
    case 'simple':
      return { [id]: [...addresses, ...bridgeLines('none', vnet, mtu), ...forwarding] };
    case 'vxlan': {
      const size = mtu ?? 1450;
      return {
        [id]: bridgeLines(`vxlan_${id}`, vnet, size),
        [`vxlan_${id}`]: [
          `vxlan-id ${vnet['tag']}`,
          ...peersOf(node, zone).map((address) => `vxlan_remoteip ${address}`),
          ...(zone['vxlan-port'] === undefined ? [] : [`vxlan-port ${zone['vxlan-port']}`]),
          `mtu ${size}`,
        ],
      };
    }
    case 'vlan':
      return vlanStanzas(node, id, vnet, zone);
    case 'evpn':
      return { [id]: [...addresses, ...bridgeLines(`vxlan_${id}`, vnet, mtu), ...forwarding] };
    default:
      return { [id]: bridgeLines(`${zone['bridge']}.${vnet['tag']}`, vnet, mtu) };
  }
}

/** The addresses of the vnet's routers, once each, and that packets are forwarded between their networks. */
function gatewaysOf(id: string, subnets: Subnets): { readonly addresses: string[]; readonly forwarding: string[] } {
  const sorted = subnets.toSorted(([a], [b]) => (a < b ? -1 : 1));
  const gateways = sorted.flatMap(([name, { gateway }]) =>
    gateway === undefined ? [] : [{ gateway: String(gateway), mask: name.split('-')[2] ?? '' }],
  );
  const addresses = gateways
    .filter(({ gateway }, index) => gateways.findIndex((one) => one.gateway === gateway) === index)
    .map(({ gateway, mask }) => `address ${gateway}/${mask}`);
  const single = sorted.flatMap(([name]) => {
    const [, network = '', mask] = name.split('-');
    return mask === '32' && !network.includes(':') ? [`up ip route add ${network}/32 dev ${id}`] : [];
  });
  const has = (six: boolean): boolean => gateways.some(({ gateway }) => gateway.includes(':') === six);
  return {
    addresses: [...addresses, ...single],
    forwarding: [...(has(false) ? ['ip-forward on'] : []), ...(has(true) ? ['ip6-forward on'] : [])],
  };
}

function bridgeLines(ports: string, vnet: RunningObject, mtu: unknown): string[] {
  return [
    `bridge_ports ${ports}`,
    'bridge_stp off',
    'bridge_fd 0',
    ...(vnet['vlanaware'] === 1 ? ['bridge-vlan-aware yes', 'bridge-vids 2-4094'] : []),
    ...(mtu === undefined ? [] : [`mtu ${mtu}`]),
    ...(vnet['alias'] === undefined ? [] : [`alias ${vnet['alias']}`]),
  ];
}

/** The other ends of a VXLAN: those of the peers that are no address of this node. */
function peersOf(node: LabNode, zone: RunningObject): string[] {
  const own = Object.values(kernelLinks(node)).flatMap(({ addresses }) => addresses.map((each) => each.split('/')[0]));
  return splitList(String(zone['peers'] ?? '')).filter((address) => !own.includes(address));
}

/** A bridge that is not VLAN-aware gets one more for the tag, joined by a pair of virtual cables. */
function vlanStanzas(node: LabNode, id: string, vnet: RunningObject, zone: RunningObject): Stanzas {
  const [bridge, tag, mtu] = [String(zone['bridge']), String(vnet['tag']), zone['mtu']];
  const file = pathOf(node, MAIN);
  const { interfaces } = readInterfaces(existsSync(file) ? readFileSync(file, 'utf8') : '', []);
  const one = interfaces.get(bridge);
  if (one === undefined || isTrue(one.values.get('bridge_vlan_aware')))
    return { [id]: bridgeLines(`${bridge}.${tag}`, vnet, mtu) };
  const size = mtu === undefined ? [] : [`mtu ${mtu}`];
  const ports = wordsOf(one, 'bridge_ports').map((port) => ` ${port}.${tag}`);
  return {
    [id]: bridgeLines(`ln_${id}`, vnet, mtu),
    [`ln_${id}`]: ['link-type veth', `veth-peer-name pr_${id}`, ...size],
    [`pr_${id}`]: ['link-type veth', `veth-peer-name ln_${id}`, ...size],
    [`${bridge}v${tag}`]: [`bridge_ports ${ports.join('')} pr_${id}`, 'bridge_stp off', 'bridge_fd 0', ...size],
  };
}
