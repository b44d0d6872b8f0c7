// Checks objects of the software-defined network against each other: Proxmox would refuse these half-way.

import { hasHostBits, networkOf } from '../../../config/address.ts';
import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import { bridgesOf, misspeltBridge } from '../../bridges.ts';
import type { RuleContext } from '../../rule.ts';
import type { DeclaredObject } from '../declared.ts';
import { SDN } from './decide.ts';
import { fault } from './fault.ts';

/** INVALID_VALUE: a vnet has a tag if its zone uses tags, and tags are unique in a zone, those of VXLANs among all zones. */
export function tagsFitTheirZones({ config: { datacenter } }: RuleContext): Diagnostic[] {
  const types = new Map((datacenter?.get('zone') ?? []).map(({ name, options }) => [name, String(options['type'])]));
  const seen = new Map<string, string>();
  return (datacenter?.get('vnet') ?? []).flatMap((vnet): Diagnostic[] => {
    const { zone, tag } = vnet.options;
    const type = types.get(String(zone));
    if (type === undefined) return [];
    const own = tagFault(vnet, type);
    if (own !== null) return [own];
    if (type === 'simple') return [];
    const key = hasVxlanTags(type) ? `vxlan ${tag}` : `${zone} ${tag}`;
    const other = seen.get(key);
    seen.set(key, other ?? vnet.name);
    if (other === undefined) return [];
    return tag === undefined
      ? [fault(vnet, [], `must have tag: ${other} is the one vnet of zone ${zone} without`)]
      : [fault(vnet, ['tag'], `must not be that of vnet ${other}`)];
  });
}

const hasVxlanTags = (type: string): boolean => type === 'vxlan' || type === 'evpn';

/** What is wrong with the options of a vnet in a zone of this type, whatever other vnets there are. */
function tagFault(vnet: DeclaredObject, type: string): Diagnostic | null {
  const { tag, vlanaware } = vnet.options;
  if (type === 'simple' && tag === undefined) return null;
  if (type === 'simple')
    return fault(vnet, ['tag'], 'must not stand at a vnet of a zone of type simple, which has no tags');
  // The outer tag of a zone of type qinq is enough for one vnet of it (Zones/QinQPlugin.pm, vnet_update_hook).
  if (tag === undefined && type !== 'qinq') return fault(vnet, [], `must have tag: its zone is of type ${type}`);
  if (!hasVxlanTags(type) && Number(tag) > 4094)
    return fault(vnet, ['tag'], 'must be at most 4094, as every tag of a VLAN');
  if (type === 'evpn' && vlanaware === true)
    return fault(vnet, ['vlanaware'], 'must not stand at a vnet of a zone of type evpn');
  return null;
}

/**
 * INVALID_VALUE: a vnet is not called as an interface of the host. Both would be one stanza to ifupdown2, so that the host's own bridge would lose its
 * ports; Proxmox does not look.
 */
export function vnetsAreNoInterfaces({ config: { datacenter, hypervisor } }: RuleContext): Diagnostic[] {
  const { name, bridges, bonds, vlans, ovs = [] } = hypervisor.network;
  const interfaces = [name, ...[...bridges, ...bonds, ...vlans, ...ovs].map((one) => one.name)];
  return (datacenter?.get('vnet') ?? []).flatMap((vnet) =>
    interfaces.includes(vnet.name)
      ? [fault(vnet, [], 'must not be called as an interface of the host, which network declares')]
      : [],
  );
}

/** UNDECLARED_BRIDGE: a zone is on a bridge that is not declared and is called nearly as one that is. */
export function bridgesOfZonesAreSpeltRight({
  config: { datacenter, hypervisor },
  unreadable,
}: RuleContext): Diagnostic[] {
  if (unreadable.host('network')) return [];
  const known = bridgesOf(hypervisor.network);
  return (datacenter?.get('zone') ?? []).flatMap((zone): Diagnostic[] => {
    const { bridge } = zone.options;
    const meant = typeof bridge === 'string' ? misspeltBridge(bridge, known) : null;
    if (meant === null) return [];
    const message = `zone ${zone.name} is on ${bridge}, which nothing declares`;
    const hint = `Did you mean "${meant}"?`;
    return [{ code: 'UNDECLARED_BRIDGE', at: placeIn(zone.writtenAt, 'bridge'), message, hint, target: SDN }];
  });
}

/** BAD_ADDRESS and INVALID_VALUE: a subnet is a network address, of one vnet of its zone, and a VLAN-aware vnet has none. */
export function subnetsFitTheirVnets({ config: { datacenter } }: RuleContext): Diagnostic[] {
  const aware = new Set(
    (datacenter?.get('vnet') ?? []).flatMap(({ name, options }) => (options['vlanaware'] === true ? [name] : [])),
  );
  const zones = new Map((datacenter?.get('vnet') ?? []).map(({ name, options }) => [name, String(options['zone'])]));
  const withDhcp = new Set(
    (datacenter?.get('zone') ?? []).flatMap(({ name, options }) => (options['dhcp'] === undefined ? [] : [name])),
  );
  const seen = new Map<string, string>();
  return (datacenter?.get('subnet') ?? []).flatMap((subnet): Diagnostic[] => {
    const [vnet = '', ...parts] = subnet.name.split('/');
    const network = parts.join('/');
    if (hasHostBits(network)) {
      const message = `${network} is an address inside of its network`;
      return [
        {
          code: 'BAD_ADDRESS',
          at: subnet.writtenAt,
          message,
          hint: `Write ${vnet}/${networkOf(network)}.`,
          target: SDN,
        },
      ];
    }
    if (aware.has(vnet)) return [fault(subnet, [], `must not stand on vnet ${vnet}, which is vlanaware`)];
    const zone = zones.get(vnet) ?? '';
    const { gateway, 'dhcp-range': ranges } = subnet.options;
    const other = seen.get(`${zone} ${network}`);
    seen.set(`${zone} ${network}`, other ?? vnet);
    if (other !== undefined)
      return [fault(subnet, [], `must not stand on vnet ${vnet}: vnet ${other} of the same zone has ${network}`)];
    return withDhcp.has(zone) && network.includes(':') && gateway === undefined && ranges !== undefined
      ? [fault(subnet, [], `must have gateway: the DHCP server of zone ${zone} leaves out an IPv6 subnet without one`)]
      : [];
  });
}

/** The node has one router of BGP and one of IS-IS, which Proxmox lets two controllers describe (Controllers/{Bgp,Isis}Plugin.pm, on_update_hook). */
const MAX_ROUTERS = 2;

/** INVALID_VALUE: a node has no more controllers of type bgp, and none more of type isis, than Proxmox takes. */
export function nodesHaveFewControllers({ config: { datacenter } }: RuleContext): Diagnostic[] {
  const count = new Map<string, number>();
  return (datacenter?.get('controller') ?? []).flatMap((one): Diagnostic[] => {
    const { type, node } = one.options;
    if (type === 'evpn') return [];
    const key = `${type} ${node}`;
    count.set(key, (count.get(key) ?? 0) + 1);
    return (count.get(key) ?? 0) > MAX_ROUTERS
      ? [fault(one, ['node'], `must not be ${node}, which has ${MAX_ROUTERS} controllers of type ${type} already`)]
      : [];
  });
}

/** INVALID_VALUE: there is one controller of type evpn, every zone of that type uses it, and each has its own VRF VXLAN. */
export function controllersFitTheirZones({ config: { datacenter } }: RuleContext): Diagnostic[] {
  const controllers = datacenter?.get('controller') ?? [];
  const evpn = controllers.filter(({ options }) => options['type'] === 'evpn');
  const seen = new Map<string, string>();
  return [
    ...evpn.slice(1).map((one) => fault(one, ['type'], `must not be evpn: ${evpn[0]?.name} is that already`)),
    ...(datacenter?.get('zone') ?? []).flatMap((zone): Diagnostic[] => {
      const { type, controller, 'vrf-vxlan': vxlan } = zone.options;
      if (type !== 'evpn') return [];
      const other = seen.get(String(vxlan));
      seen.set(String(vxlan), other ?? zone.name);
      const found = controllers.find(({ name }) => name === controller);
      return [
        ...(found !== undefined && found.options['type'] !== 'evpn'
          ? [fault(zone, ['controller'], 'must be a controller of type evpn')]
          : []),
        ...(other === undefined ? [] : [fault(zone, ['vrf-vxlan'], `must not be that of zone ${other}`)]),
      ];
    }),
  ];
}
