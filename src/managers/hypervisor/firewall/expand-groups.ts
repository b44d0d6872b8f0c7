// Expands a list of rules into the order in which Proxmox evaluates them: a security group becomes its rules, a macro the protocols and ports that it
// stands for.

import type { FirewallRule } from '../../guest/declared.ts';
import { withoutMacro } from '../../guest/firewall-macros.ts';
import type { Rule } from './evaluate.ts';

/** @param rulesOf the rules of a group; empty for an unknown group */
export function withGroups<Own extends Rule>(
  rules: readonly Own[],
  rulesOf: (group: string) => readonly Rule[],
): Own[] {
  return rules.flatMap((rule) => {
    if (rule.type !== 'group') return withoutMacro(rule) as Own[];
    if (!rule.enabled) return [];
    return (
      rulesOf(rule.action)
        .flatMap(withoutMacro)
        // Each rule applies where the group is used: on that interface, and with that line as its position.
        .map((own) => ({ ...own, ...positionOf(rule), iface: rule.iface }) as Own)
    );
  });
}

function positionOf(rule: Rule & { readonly writtenAt?: FirewallRule['writtenAt'] }) {
  return rule.writtenAt === undefined ? {} : { writtenAt: rule.writtenAt };
}
