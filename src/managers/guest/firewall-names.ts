// What rules of firewalls refer to by name: aliases, IP sets and security groups of the datacenter, whoever keeps them.

import { type TargetId, targetId } from '../../model/ids.ts';
import type { FirewallNames } from '../../proxmox/firewall-rule.ts';
import type { Config } from '../config.ts';
import type { Datacenter } from '../datacenter/declared.ts';
import type { FirewallRule } from './declared.ts';

const NAMED = /^(\+?)(?:dc\/)?([A-Za-z][A-Za-z0-9_-]+)$/;

/** The objects of the datacenter that rules name: where they are declared, they come first. */
export function objectsNamedBy(rules: readonly FirewallRule[]): TargetId[] {
  const named = rules.flatMap(({ type, action, source, dest }) => [
    ...(type === 'group' ? [targetId('securitygroup', action)] : []),
    ...[source, dest].flatMap((word) => {
      const [, plus, name] = NAMED.exec(word ?? '') ?? [];
      return name === undefined ? [] : [targetId(plus === '+' ? 'ipset' : 'alias', name.toLowerCase())];
    }),
  ]);
  return [...new Set(named)];
}

/** Everything of the datacenter's firewall that is declared. */
export function firewallObjects(datacenter: Datacenter | undefined): TargetId[] {
  return ['alias', 'ipset', 'securitygroup'].flatMap((kind) =>
    (datacenter?.get(kind) ?? []).map(({ name }) => targetId(kind, name)),
  );
}

/** What rules may name. */
export interface KnownNames extends FirewallNames {
  readonly groups: ReadonlySet<string>;
}

/** What is declared, and what people keep. */
export function knownNames({ datacenter, hypervisor: { knownAliases, knownIpSets } }: Config): KnownNames {
  const declared = (datacenter?.get('alias') ?? []).map(
    ({ name, options }) => [name, { cidr: String(options['cidr']) }] as const,
  );
  return {
    aliases: new Map([...knownAliases.map((name) => [name.toLowerCase(), { cidr: '' }] as const), ...declared]),
    ipset: new Set([...knownIpSets, ...(datacenter?.get('ipset') ?? []).map(({ name }) => name)]),
    groups: new Set((datacenter?.get('securitygroup') ?? []).map(({ name }) => name)),
  };
}
