// What the plugins of pve-network check of an object before it is written or deleted (PVE::Network::SDN::*Plugin).

import { readFileSync } from 'node:fs';
import type { Options } from '../../../../../src/proxmox/files/section-config.ts';
import { parsePropertyString } from '../../../../../src/proxmox/parameters/property-string.ts';
import { dhcpRangeProblem, mayBeGateway } from '../../../../../src/proxmox/sdn.ts';
import { configPath, guestIds, type LabNode } from '../../node.ts';
import type { Parameters } from '../../parameters/check.ts';
import { refuse, refuseParameters } from '../../refusal.ts';
import { type SdnRow, type Sections, sdnSections } from './files.ts';
import { runningSdn } from './running.ts';
import { sdnServices } from './services.ts';

/** A section that is to be written. */
interface SdnEdit {
  readonly id: string;
  /** All sections of the file, this one as it is to be. */
  readonly sections: Sections;
  /** The parameters of the call, in which Proxmox looks for some options alone. */
  readonly given: Parameters;
  readonly before: Options | undefined;
}

export function checkSdn(node: LabNode, row: SdnRow, { id, sections, given, before }: SdnEdit): void {
  const { type = '', options = {} } = sections.get(id) ?? {};
  if (row.file === 'zones') {
    checkServices(node, id, options, given, before);
    if (type === 'vxlan') checkVxlanZone(options);
    if (type === 'evpn') checkEvpnZone(node, id, options, sections);
  }
  if (row.file === 'controllers' && type === 'evpn') checkEvpn(id, sections);
  if (row.file === 'controllers' && (type === 'bgp' || type === 'isis')) checkRouters(node, id, type, sections);
  if (row.file === 'vnets') checkVnet(node, id, sections, before);
  if (row.file === 'subnets') checkSubnet(node, id, options);
}

function checkVxlanZone({ peers, fabric }: Options): void {
  const both = 'must have exactly one of peers / fabric defined';
  if ((peers === undefined) === (fabric === undefined)) refuseParameters({ peers: both, fabric: both });
}

function checkEvpnZone(node: LabNode, id: string, options: Options, sections: Sections): void {
  const controller = options['controller']?.[0] ?? '';
  const vxlan = options['vrf-vxlan']?.[0];
  const found = sdnSections(node, 'controllers').get(controller);
  const at = 'at /usr/share/perl5/PVE/Network/SDN/Zones/EvpnPlugin.pm line';
  if (found === undefined) refuse(`controller ${controller} don't exist ${at} 354.`);
  if (found?.type !== 'evpn') refuse(`${controller} is not a evpn controller type ${at} 356.`);
  const other = [...sections].find(([name, { options: its }]) => name !== id && its['vrf-vxlan']?.[0] === vxlan);
  if (other !== undefined) refuse(`vrf-vxlan ${vxlan} is already declared in ${other[0]} ${at} 367.`);
}

/** What a zone names (PVE/API2/Network/SDN/Zones.pm): in the call, of what is in the file only whether the IPAM changes. */
function checkServices(
  node: LabNode,
  id: string,
  options: Options,
  given: Parameters,
  before: Options | undefined,
): void {
  const isChanged = before !== undefined && before['ipam']?.[0] !== options['ipam']?.[0];
  if (isChanged && [...sdnSections(node, 'subnets').keys()].some((subnet) => subnet.split('-')[0] === id))
    refuseParameters({ ipam: "can't change ipam if a subnet is already defined in this zone" });
  for (const option of ['dns', 'reversedns'] as const) {
    const server = given[option];
    if (server !== undefined && !sdnServices(node, 'dns').has(String(server)))
      refuseParameters({ [option]: `${server} don't exist` });
  }
  if (given['dnszone'] !== undefined && given['dns'] === undefined) refuseParameters({ dnszone: 'missing dns server' });
  const { ipam } = given;
  if (ipam !== undefined && !sdnServices(node, 'ipam').has(String(ipam)))
    refuseParameters({ ipam: `${ipam} not existing` });
}

/** The zone's plugin first (vnet_update_hook), then what holds for every vnet (VnetPlugin.pm, on_update_hook). */
function checkVnet(node: LabNode, id: string, sections: Sections, before: Options | undefined): void {
  const { options = {} } = sections.get(id) ?? {};
  const hasSubnets = [...sdnSections(node, 'subnets').values()].some(({ options: its }) => its['vnet']?.[0] === id);
  const isVlanAware = options['vlanaware']?.[0] === '1';
  const vnet: VnetTag = { name: id, zone: options['zone']?.[0], tag: options['tag']?.[0] };
  if (before !== undefined && hasSubnets && before['zone']?.[0] !== vnet.zone)
    refuseParameters({ zone: "can't change zone if subnets exist" });
  checkTag(sdnSections(node, 'zones'), vnet, tagsOfOthers(sections, id), isVlanAware);
  if (isVlanAware && hasSubnets) refuseParameters({ vlanaware: 'vlanaware vnet is not compatible with subnets' });
}

interface VnetTag {
  readonly name: string;
  readonly zone: string | undefined;
  readonly tag: string | undefined;
}

function tagsOfOthers(sections: Sections, id: string): VnetTag[] {
  return [...sections].flatMap(([name, { options }]) =>
    name === id ? [] : [{ name, zone: options['zone']?.[0], tag: options['tag']?.[0] }],
  );
}

/** Which tags a vnet may have, by the type of its zone (vnet_update_hook of the zone's plugin). */
function checkTag(zones: Sections, vnet: VnetTag, others: readonly VnetTag[], isVlanAware: boolean): void {
  const { type } =
    zones.get(vnet.zone ?? '') ??
    refuse('cannot lookup undefined type! at /usr/share/perl5/PVE/API2/Network/SDN/Vnets.pm line 326.');
  const same = others.find((other) => other.zone === vnet.zone && other.tag === vnet.tag);
  if (type === 'simple' && vnet.tag !== undefined) refuseParameters({ tag: 'vlan tag is not allowed on simple zone' });
  if (type === 'vlan') checkVlanTag(vnet, same);
  if (type === 'qinq') checkQinqTag(vnet, same);
  if (type === 'vxlan' || type === 'evpn') {
    const isVxlan = (name: string | undefined) => ['vxlan', 'evpn'].includes(zones.get(name ?? '')?.type ?? '');
    if (vnet.tag === undefined) refuseParameters({ tag: 'missing vxlan tag' });
    if (type === 'evpn' && isVlanAware)
      refuseParameters({ 'vlan-aware': "vlan-aware option can't be enabled with evpn" });
    const other = others.find(({ zone, tag }) => isVxlan(zone) && tag === vnet.tag);
    if (other !== undefined)
      refuseParameters({ tag: `vxlan tag ${vnet.tag} already exist in vnet ${other.name} in zone ${other.zone} ` });
  }
}

function checkVlanTag({ tag }: VnetTag, same: VnetTag | undefined): void {
  if (tag === undefined) refuseParameters({ tag: 'missing vlan tag' });
  if (Number(tag) > 4096) refuseParameters({ tag: 'vlan tag max value is 4096' });
  if (same !== undefined) refuseParameters({ tag: `tag ${tag} already exist in vnet ${same.name}` });
}

function checkQinqTag({ zone, tag }: VnetTag, same: VnetTag | undefined): void {
  if (Number(tag ?? 0) > 4096) refuseParameters({ tag: 'VLAN tag maximal value is 4096' });
  if (same === undefined) return;
  const clash = tag === undefined ? 'tag-less vnet already exists' : `tag ${tag} already exist`;
  refuseParameters({ tag: `${clash} in zone ${zone} vnet ${same.name}` });
}

/** PVE::Network::SDN::SubnetPlugin, on_update_hook. */
function checkSubnet(node: LabNode, id: string, options: Options): void {
  const [, address = '', mask = ''] = id.split('-');
  if (sdnSections(node, 'vnets').get(options['vnet']?.[0] ?? '')?.options['vlanaware']?.[0] === '1')
    refuseParameters({ vnet: "you can't add a subnet on a vlanaware vnet" });
  const gateway = options['gateway']?.[0];
  if (gateway !== undefined && !mayBeGateway(gateway, address, Number(mask)))
    refuseParameters({ gateway: `${gateway} is not in subnet ${address}/${mask}` });
  const ranges = (options['dhcp-range'] ?? []).flatMap((text) => {
    const parsed = parsePropertyString('pve-sdn-dhcp-range', text);
    const { 'start-address': start = '', 'end-address': end = '' } = parsed.ok ? parsed.properties : {};
    return parsed.ok ? [{ 'start-address': start, 'end-address': end }] : [];
  });
  const problem = dhcpRangeProblem(address, Number(mask), ranges);
  if (problem !== undefined) refuseParameters({ 'dhcp-range': problem.message });
}

/** Counts the controllers of this node alone, and the one that is checked not among them (Bgp- and IsisPlugin.pm, on_update_hook). */
function checkRouters(node: LabNode, id: string, type: 'bgp' | 'isis', sections: Sections): void {
  const others = [...sections].filter(
    ([name, one]) => name !== id && one.type === type && one.options['node']?.[0] === node.name,
  );
  if (others.length < 2) return;
  const [plugin, line, what] = type === 'bgp' ? ['Bgp', 183, 'bgp'] : ['Isis', 123, 'bgp or isis'];
  refuse(
    `only 1 ${what} controller can be defined at /usr/share/perl5/PVE/Network/SDN/Controllers/${plugin}Plugin.pm line ${line}.`,
  );
}

function checkEvpn(id: string, sections: Sections): void {
  const at = 'at /usr/share/perl5/PVE/Network/SDN/Controllers/EvpnPlugin.pm line';
  if ([...sections].some(([name, { type }]) => name !== id && type === 'evpn'))
    refuse(`only 1 global evpn controller can be defined ${at} 520.`);
  const { peers, fabric } = sections.get(id)?.options ?? {};
  if ((peers === undefined) === (fabric === undefined))
    refuse(`must have exactly one of peers / fabric defined ${at} 525.`);
}

export function checkSdnUnused(node: LabNode, row: SdnRow, id: string): void {
  const within = (file: SdnRow['file'], option: string): string | undefined =>
    [...sdnSections(node, file)].find(([, { options }]) => options[option]?.[0] === id)?.[0];
  const vnet = row.file === 'zones' ? within('vnets', 'zone') : undefined;
  if (vnet !== undefined)
    refuse(`zone ${id} is used by vnet ${vnet} at /usr/share/perl5/PVE/Network/SDN/Zones/Plugin.pm line 149.`);
  const zone = row.file === 'controllers' ? within('zones', 'controller') : undefined;
  if (zone !== undefined)
    refuse(
      `controller ${id} is used by ${zone} at /usr/share/perl5/PVE/Network/SDN/Controllers/EvpnPlugin.pm line 504.`,
    );
  if (row.file === 'vnets' && within('subnets', 'vnet') !== undefined)
    refuseParameters({ vnet: "Can't delete vnet if subnets exists" });
  if (row.file === 'subnets') checkNoLeases(node, id);
}

/** The IPAM of a zone gives addresses to guests on its vnets, once the subnet is in force (PVE/Network/SDN/Ipams/PVEPlugin.pm, del_subnet). */
function checkNoLeases(node: LabNode, id: string): void {
  const [zone = '', network, mask] = id.split('-');
  const { zones, subnets } = runningSdn(node);
  const subnet = subnets[id];
  const isLeasing = zones[zone]?.['ipam'] !== undefined && zones[zone]['dhcp'] !== undefined;
  if (!isLeasing || subnet?.['dhcp-range'] === undefined) return;
  const onVnet = new RegExp(`^net\\d+:.*\\bbridge=${subnet['vnet']}\\b`, 'm');
  const isUsed = (['lxc', 'qemu'] as const).some((kind) =>
    guestIds(node, kind).some((guest) => onVnet.test(readFileSync(configPath(node, kind, guest), 'utf8'))),
  );
  if (isUsed) refuse(`cannot delete subnet '${network}/${mask}', not empty`);
}
