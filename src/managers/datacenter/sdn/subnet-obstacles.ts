// Changes that Proxmox refuses while there are subnets: of a zone's IPAM, of a vnet's zone, and of subnets in which addresses are given out. Told before
// anything is changed, since the calls before would have been carried out. Pure.

import type { SdnState } from './state.ts';

/**
 * Why an option of a zone or vnet cannot be changed; null where it can (pve-network, PVE/API2/Network/SDN/{Zones,Vnets}.pm).
 *
 * @param isVlanaware whether the vnet is to be VLAN-aware
 * @param leaving ids of subnets that are deleted first
 */
export function subnetObstacle(
  { config }: SdnState,
  { sort, id, isVlanaware }: { readonly sort: 'zones' | 'vnets'; readonly id: string; readonly isVlanaware: boolean },
  changed: readonly string[],
  leaving: readonly string[],
): string | null {
  const staying = [...config.subnets].flatMap(([subnet, options]) => {
    const isIn = sort === 'zones' ? subnet.split('-')[0] === id : options['vnet']?.[0] === id;
    return isIn && !leaving.includes(subnet) ? [subnet] : [];
  });
  if (staying.length === 0) return null;
  const names = staying.join(', ');
  if (sort === 'zones')
    return changed.includes('ipam')
      ? `ipam of zone ${id} cannot be changed: Proxmox refuses that while the zone has subnets (${names}); take them out of the file first, and put them in again with the new ipam`
      : null;
  if (changed.includes('zone'))
    return `vnet ${id} cannot come to another zone: Proxmox refuses that while it has subnets (${names}); take them out first`;
  return isVlanaware && changed.includes('vlanaware')
    ? `vnet ${id} cannot be vlanaware: Proxmox refuses that while it has subnets (${names}); take them out first`
    : null;
}

/** Why a subnet cannot be deleted; null where it can (pve-network, PVE/Network/SDN/Ipams/PVEPlugin.pm, del_subnet). */
export function removalObstacle({ config, addresses }: SdnState, id: string): string | null {
  const [zone = '', network, bits] = id.split('-');
  const given = addresses[`${zone} ${network}/${bits}`] ?? [];
  return given.length === 0 || config.zones.get(zone)?.['ipam']?.[0] !== 'pve'
    ? null
    : `subnet ${network}/${bits} of zone ${zone} is no longer declared, and its addresses ${given.join(', ')} are given out: Proxmox refuses to delete it; take them back under Datacenter, SDN, IPAM first`;
}
