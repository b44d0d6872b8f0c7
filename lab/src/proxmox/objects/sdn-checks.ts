// What the plugins of pve-network check of an object before it is written or deleted (PVE::Network::SDN::*Plugin).

import { isWithin } from '../../../../src/proxmox/sdn.ts';
import type { LabNode } from '../node.ts';
import { refuse, refuseParameters } from '../refusal.ts';
import { type SdnRow, type Sections, sdnSections } from './sdn-files.ts';

export function checkSdn(node: LabNode, row: SdnRow, id: string, sections: Sections): void {
  const { type = '', options = {} } = sections.get(id) ?? {};
  const one = (option: string): string | undefined => options[option]?.[0];
  if (row.file === 'zones' && type === 'vxlan' && (one('peers') === undefined) === (one('fabric') === undefined)) {
    const both = 'must have exactly one of peers / fabric defined';
    refuseParameters({ peers: both, fabric: both });
  }
  if (row.file === 'controllers' && type === 'evpn') checkEvpn(id, sections);
  if (row.file === 'zones' && type === 'evpn') {
    const controller = one('controller') ?? '';
    const found = sdnSections(node, 'controllers').get(controller);
    const at = 'at /usr/share/perl5/PVE/Network/SDN/Zones/EvpnPlugin.pm line';
    if (found === undefined) refuse(`controller ${controller} don't exist ${at} 354.`);
    if (found?.type !== 'evpn') refuse(`${controller} is not a evpn controller type ${at} 356.`);
    const other = [...sections].find(
      ([name, { options: its }]) => name !== id && its['vrf-vxlan']?.[0] === one('vrf-vxlan'),
    );
    if (other !== undefined) refuse(`vrf-vxlan ${one('vrf-vxlan')} is already declared in ${other[0]} ${at} 367.`);
  }
  if (row.file === 'vnets') {
    const zone = sdnSections(node, 'zones').get(one('zone') ?? '') ?? refuse('cannot lookup undefined type!');
    const tag = one('tag');
    if (zone.type === 'simple' && tag !== undefined)
      refuseParameters({ tag: 'vlan tag is not allowed on simple zone' });
    if (zone.type !== 'simple' && tag === undefined)
      refuseParameters({ tag: `missing ${zone.type === 'vxlan' || zone.type === 'evpn' ? 'vxlan' : 'vlan'} tag` });
    const other = [...sections].find(
      ([name, vnet]) => name !== id && vnet.options['zone']?.[0] === one('zone') && vnet.options['tag']?.[0] === tag,
    );
    if (tag !== undefined && other !== undefined)
      refuseParameters({ tag: `tag ${tag} already exist in vnet ${other[0]}` });
  }
  const gateway = one('gateway');
  if (row.file === 'subnets' && gateway !== undefined) {
    const [, address = '', mask = ''] = id.split('-');
    if (!isWithin(gateway, address, Number(mask)))
      refuseParameters({ gateway: `${gateway} is not in subnet ${address}/${mask}` });
  }
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
}
