// Checks fabrics against their nodes: Proxmox validates all of them at every change and would refuse it half-way (proxmox-ve-rs,
// proxmox-ve-config/src/sdn/fabric/mod.rs, validate).

import { contains, hasHostBits, networkOf, parseAddress, parseNetwork, spelling } from '../../../config/address.ts';
import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import type { RuleContext } from '../../rule.ts';
import type { DeclaredObject } from '../declared.ts';
import { SDN } from './decide.ts';
import { fault } from './fault.ts';

const PREFIXES = [
  ['ip_prefix', 'ip'],
  ['ip6_prefix', 'ip6'],
] as const;

/** BAD_ADDRESS and INVALID_VALUE: the prefixes of fabrics do not overlap, and no two OSPF fabrics share an area. */
export function fabricsAreApart({ config: { datacenter } }: RuleContext): Diagnostic[] {
  const fabrics = datacenter?.get('fabric') ?? [];
  return fabrics.flatMap((fabric, index): Diagnostic[] => {
    const others = fabrics.slice(0, index);
    const prefixes = PREFIXES.flatMap(([prefix, address]): Diagnostic[] => {
      const declared = fabric.options[prefix];
      if (declared === undefined) return [];
      const network = String(declared);
      const isOfItsKind = network.includes(':') === (address === 'ip6');
      if (!isOfItsKind)
        return [fault(fabric, [prefix], `must be a network of IPv${address === 'ip6' ? 6 : 4} addresses`)];
      if (hasHostBits(network)) return [hostBits(fabric, prefix, network)];
      const other = others.find(
        (one) => one.options[prefix] !== undefined && overlap(network, String(one.options[prefix])),
      );
      return other === undefined ? [] : [fault(fabric, [prefix], `must not overlap with that of fabric ${other.name}`)];
    });
    const area = fabric.options['area'];
    const beside = others.find((one) => area !== undefined && areaOf(one.options['area']) === areaOf(area));
    return [
      ...prefixes,
      ...(beside === undefined ? [] : [fault(fabric, ['area'], `must not be that of fabric ${beside.name}`)]),
    ];
  });
}

/** INVALID_VALUE: a node uses the protocol of its fabric, has an address of its own in each prefix of it, and no interface is in two fabrics. */
export function nodesFitTheirFabrics({ config: { datacenter } }: RuleContext): Diagnostic[] {
  const fabrics = new Map((datacenter?.get('fabric') ?? []).map((fabric) => [fabric.name, fabric]));
  const addresses = new Map<string, string>();
  const interfaces = new Map<string, string>();
  return (datacenter?.get('fabricnode') ?? []).flatMap((one): Diagnostic[] => {
    const [name = '', node = ''] = one.name.split('/');
    const fabric = fabrics.get(name);
    if (fabric === undefined) return [];
    const { protocol } = fabric.options;
    if (one.options['protocol'] !== protocol)
      return [fault(one, ['protocol'], `must be ${protocol}, as that of fabric ${name}`)];
    return [
      ...PREFIXES.flatMap(([prefix, address]) => addressFault(one, fabric, prefix, address, addresses)),
      ...interfaceNames(one).flatMap((device, index): Diagnostic[] => {
        const key = `${node} ${device}`;
        const other = interfaces.get(key);
        interfaces.set(key, other ?? one.name);
        return other === undefined
          ? []
          : [fault(one, ['interfaces', index], `must not have ${device}, which ${other} has`)];
      }),
    ];
  });
}

function addressFault(
  one: DeclaredObject,
  fabric: DeclaredObject,
  prefix: string,
  address: string,
  known: Map<string, string>,
): Diagnostic[] {
  const [network, has] = [fabric.options[prefix], one.options[address]];
  if (network === undefined)
    return has === undefined
      ? []
      : [fault(one, [address], `must not stand here: fabric ${fabric.name} has no ${prefix}`)];
  if (has === undefined) return [fault(one, [], `must have ${address}, within ${network} of fabric ${fabric.name}`)];
  const [range, own] = [parseNetwork(String(network)), parseAddress(String(has))];
  // An invalid address is reported at its own line.
  if (range === undefined || own === undefined) return [];
  if (!contains(range, own))
    return [fault(one, [address], `must be an address of ${network}, the ${prefix} of fabric ${fabric.name}`)];
  const key = `${fabric.name} ${spelling(own)}`;
  const other = known.get(key);
  known.set(key, other ?? one.name);
  return other === undefined ? [] : [fault(one, [address], `must not be that of ${other}`)];
}

function interfaceNames({ options }: DeclaredObject): string[] {
  const list = options['interfaces'];
  return Array.isArray(list) ? list.map((one) => String((one as { readonly name?: unknown }).name)) : [];
}

function hostBits(fabric: DeclaredObject, prefix: string, network: string): Diagnostic {
  return {
    code: 'BAD_ADDRESS',
    at: placeIn(fabric.writtenAt, prefix),
    message: `${network} is an address inside of its network`,
    hint: `Write ${networkOf(network)}.`,
    target: SDN,
  };
}

function overlap(one: string, other: string): boolean {
  const [a, b] = [parseNetwork(one), parseNetwork(other)];
  return a !== undefined && b !== undefined && (contains(a, b.address) || contains(b, a.address));
}

/** The area as a number, however it is written. */
function areaOf(area: unknown): number {
  return String(area)
    .split('.')
    .reduce((sum, part) => sum * 256 + Number(part), 0);
}
