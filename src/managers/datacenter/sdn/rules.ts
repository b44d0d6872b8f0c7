// Checks objects of the software-defined network against each other: Proxmox would refuse these half-way.

import { hasHostBits, networkOf } from '../../../config/address.ts';
import type { Diagnostic } from '../../../config/diagnostic.ts';
import type { RuleContext } from '../../rule.ts';
import { SDN } from './decide.ts';
import { fault } from './fault.ts';

/** INVALID_VALUE: a vnet has a tag if and only if its zone uses tags, and tags are unique in a zone. */
export function tagsFitTheirZones({ config: { datacenter } }: RuleContext): Diagnostic[] {
  const types = new Map((datacenter?.get('zone') ?? []).map(({ name, options }) => [name, String(options['type'])]));
  const seen = new Map<string, string>();
  return (datacenter?.get('vnet') ?? []).flatMap((vnet): Diagnostic[] => {
    const { zone, tag } = vnet.options;
    const type = types.get(String(zone));
    if (type === undefined) return [];
    if (type === 'simple') {
      return tag === undefined
        ? []
        : [fault(vnet, ['tag'], 'must not stand at a vnet of a zone of type simple, which has no tags')];
    }
    if (tag === undefined) return [fault(vnet, [], `must have tag: its zone is of type ${type}`)];
    const isGlobal = type === 'vxlan' || type === 'evpn';
    if (!isGlobal && Number(tag) > 4094) return [fault(vnet, ['tag'], 'must be at most 4094, as every tag of a VLAN')];
    if (type === 'evpn' && vnet.options['vlanaware'] === true)
      return [fault(vnet, ['vlanaware'], 'must not stand at a vnet of a zone of type evpn')];
    const key = isGlobal ? `vxlan ${tag}` : `${zone} ${tag}`;
    const other = seen.get(key);
    seen.set(key, other ?? vnet.name);
    return other === undefined ? [] : [fault(vnet, ['tag'], `must not be that of vnet ${other}`)];
  });
}

/** BAD_ADDRESS and INVALID_VALUE: a subnet is a network address, and a VLAN-aware vnet has no subnet. */
export function subnetsFitTheirVnets({ config: { datacenter } }: RuleContext): Diagnostic[] {
  const aware = new Set(
    (datacenter?.get('vnet') ?? []).flatMap(({ name, options }) => (options['vlanaware'] === true ? [name] : [])),
  );
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
    return aware.has(vnet) ? [fault(subnet, [], `must not stand on vnet ${vnet}, which is vlanaware`)] : [];
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
