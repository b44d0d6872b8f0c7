// The aliases, IP sets and security groups of the datacenter that firewall rules refer to, whether Phoenix or people manage them.

import { type TargetId, targetId } from '../../model/ids.ts';
import type { FirewallNames } from '../../proxmox/firewall/rule.ts';
import { ipSetOfGuest, ipSetsOfVnet, mayBeOfSdn, OWN_IPAM } from '../../proxmox/sdn.ts';
import type { Config } from '../config.ts';
import type { Datacenter } from '../datacenter/declared.ts';
import type { FirewallRule } from './declared.ts';

const NAMED = /^(\+?)(?:dc\/)?([A-Za-z][A-Za-z0-9_-]+)$/;
const OF_SDN = /^\+(?:sdn\/)?([A-Za-z][A-Za-z0-9_-]+)$/;

/** Targets of the datacenter objects that rules name; where they are declared, they must be applied first. */
export function objectsNamedBy(rules: readonly FirewallRule[]): TargetId[] {
  const named = rules.flatMap(({ type, action, source, dest }) => [
    ...(type === 'group' ? [targetId('securitygroup', action)] : []),
    ...[source, dest].flatMap((word) => {
      const [, plus, name] = NAMED.exec(word ?? '') ?? [];
      const [, set] = OF_SDN.exec(word ?? '') ?? [];
      return [
        ...(name === undefined ? [] : [targetId(plus === '+' ? 'ipset' : 'alias', name.toLowerCase())]),
        ...(set !== undefined && mayBeOfSdn(set) ? [targetId('sdn', 'network')] : []),
      ];
    }),
  ]);
  return [...new Set(named)];
}

/** Targets of all declared objects of the datacenter's firewall. */
export function firewallObjects(datacenter: Datacenter | undefined): TargetId[] {
  return ['alias', 'ipset', 'securitygroup'].flatMap((kind) =>
    (datacenter?.get(kind) ?? []).map(({ name }) => targetId(kind, name)),
  );
}

/** The names that rules may refer to. */
export interface KnownNames extends FirewallNames {
  readonly groups: ReadonlySet<string>;
}

/** Declared names, and those of objects that people manage. */
export function knownNames(config: Config): KnownNames {
  const { knownAliases, knownIpSets } = config.hypervisor;
  const { datacenter } = config;
  const declared = (datacenter?.get('alias') ?? []).map(
    ({ name, options }) => [name, { cidr: String(options['cidr']) }] as const,
  );
  return {
    aliases: new Map([...knownAliases.map((name) => [name.toLowerCase(), { cidr: '' }] as const), ...declared]),
    ipset: new Set([...knownIpSets, ...(datacenter?.get('ipset') ?? []).map(({ name }) => name)]),
    sdn: new Set(setsOfSdn(config)),
    groups: new Set((datacenter?.get('securitygroup') ?? []).map(({ name }) => name)),
  };
}

/** Of a guest there is one only where an IPAM of Proxmox itself gives addresses. */
function setsOfSdn({ datacenter, lxc, vm }: Config): string[] {
  const hasOwnIpam = (datacenter?.get('zone') ?? []).some(({ options }) => options['ipam'] === OWN_IPAM);
  return [
    ...(datacenter?.get('vnet') ?? []).flatMap(({ name }) => ipSetsOfVnet(name)),
    ...(hasOwnIpam ? [...lxc, ...vm].map(({ id }) => ipSetOfGuest(id)) : []),
  ];
}
